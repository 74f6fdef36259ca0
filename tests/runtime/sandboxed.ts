// Deno without a single permission: the bytes of images and network come over standard input.

import { clusterImages, decodeImage, onnxEmbedder, PRESETS } from "../../mod.ts";

const given: { images: string[]; model: string } = await new Response(Deno.stdin.readable).json();
const { embedding, features, tau } = PRESETS.paper;
const embedder = await onnxEmbedder({ model: Uint8Array.fromBase64(given.model), ...embedding });
const images = await Promise.all(given.images.map((image) => decodeImage(Uint8Array.fromBase64(image))));
const { groups, scores } = await clusterImages(images, { embedder, features, weight: { kind: "soft", tau }, k: 3 });
await embedder.release();
console.log(JSON.stringify({ groups: Array.from(groups), scores: Array.from(scores) }));
