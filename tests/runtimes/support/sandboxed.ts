// Deno without a single permission: the bytes of images and network come over standard input.

import { clusterImages, releaseNetworks } from "../../../mod.ts";

const given: { images: string[]; model: string } = await new Response(Deno.stdin.readable).json();
const images = given.images.map((image) => Uint8Array.fromBase64(image));
const network = { model: Uint8Array.fromBase64(given.model) };
const { groups, scores } = await clusterImages(images, { preset: "paper", k: 3, network });
await releaseNetworks();
console.log(JSON.stringify({ groups: Array.from(groups), scores: Array.from(scores) }));
