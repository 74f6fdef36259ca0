// Embeds images one after the other on this machine. For each image, only a vector and the weights stay in memory.

import { blockImages } from "../../fitted/embed_blocks.ts";
import { embedEachImage } from "../../fitted/embedded_images.ts";
import { embedOnce } from "../images/image_cache.ts";
import { embedFiles, type LoadedImage } from "../images/load_images.ts";
import { CollectedImages, fitReferences, type ImageStream } from "./streamed_images.ts";

/** Fits an embedding to the references, then embeds every image by it. */
export const streamImages: ImageStream = async (files, network, options, warnings) => {
  const { first, again } = embedOnce(network);
  const fitted = await fitReferences(files, first, options);
  const block = blockImages(fitted.grid);
  const collected = new CollectedImages();
  let done = 0;
  let waiting: LoadedImage[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const embedded = await embedEachImage(waiting.map(({ patches }) => patches), fitted.fit, options);
    collected.add(embedded, waiting, waiting.map((_, at) => done + at));
    done += waiting.length;
    waiting = [];
  };
  for await (const image of embedFiles(files, again, warnings, "Embedding and comparing")) {
    if (waiting.push(image) === block) await flush();
  }
  await flush();
  return collected.all(fitted);
};
