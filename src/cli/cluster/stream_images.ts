// Images described on this machine: memory grows by a vector an image.

import { blockImages } from "../../describe/describe.ts";
import { describeImages } from "../../describe/described_images.ts";
import { embedFiles, type LoadedImage } from "../images/load_images.ts";
import { CollectedImages, fitReferences, type ImageStream } from "./streamed_images.ts";

/** Embeds the references, then all images, and describes each by these. */
export const streamImages: ImageStream = async (files, network, options, warnings) => {
  const fitted = await fitReferences(files, network, options);
  const block = blockImages(fitted.grid);
  const collected = new CollectedImages();
  let done = 0;
  let waiting: LoadedImage[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const described = await describeImages(waiting.map(({ patches }) => patches), fitted.description, options);
    collected.add(described, waiting, waiting.map((_, at) => done + at));
    done += waiting.length;
    waiting = [];
  };
  for await (const image of embedFiles(files, network, warnings, "Embedding and comparing")) {
    if (waiting.push(image) === block) await flush();
  }
  await flush();
  return collected.all(fitted);
};
