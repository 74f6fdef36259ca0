// A page or a worker in a browser: images and the network are fetched from the server that it comes from.

import { DEFAULT_MODEL } from "@anomalies/cluster";
import { group } from "./group.js";

const fetched = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());

async function groupAll(count) {
  const files = await Promise.all(Array.from({ length: count }, (_, i) => fetched(`/images/${i}`)));
  return await group(files, { model: await fetched(DEFAULT_MODEL) });
}

if (typeof document === "undefined") onmessage = async ({ data }) => postMessage(await groupAll(data));
else globalThis.groupAll = groupAll;
