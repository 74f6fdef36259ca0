// A page or a worker in a browser: images and the network are fetched from the server that it comes from.

import { group } from "./group.js";

const fetched = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

async function groupAll(count) {
  return await group(await Promise.all(Array.from({ length: count }, (_, i) => fetched(`/images/${i}`))));
}

if (typeof document === "undefined") onmessage = async ({ data }) => postMessage(await groupAll(data));
else globalThis.groupAll = groupAll;
