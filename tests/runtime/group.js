// Groups image files by the preset `paper`: the same in every runtime that has the npm package.

import { clusterImages, decodeImage, onnxEmbedder, PRESETS, ThreadPool } from "@anomalies/cluster";

/** Groups and scores of encoded images; `engine` is what onnxEmbedder needs beside the preset. */
export async function group(files, engine) {
  const { embedding, features, tau } = PRESETS.paper;
  const embedder = await onnxEmbedder({ ...engine, ...embedding });
  const images = [];
  for (const file of files) images.push(await decodeImage(file));
  const threads = new ThreadPool();
  const weight = { kind: "soft", tau };
  const { groups, scores } = await clusterImages(images, { embedder, features, weight, k: 3, threads });
  threads.close();
  await embedder.release();
  return { groups: Array.from(groups), scores: Array.from(scores) };
}
