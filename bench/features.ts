// Real features of four widths for the benchmarks, from the pyramid of reductions 3, 4 and 5 at 224 px.

import { findImages } from "../src/dataset/folder.ts";
import {
  decodeImage,
  fitWhitening,
  joinPatches,
  onnxEmbedder,
  type PatchSet,
  PYRAMID_MODEL,
  type Raster,
  readNetwork,
  resize,
  whiten,
} from "../mod.ts";

/** Patch sets by name. */
export type Features = Record<"D = 40" | "D = 112" | "D = 344" | "D = 464", PatchSet>;

/** Returns the features of up to `count` images, spread evenly over the folder. */
export async function featuresOf(folder: string, count: number): Promise<Features> {
  const { images: found } = findImages(folder);
  const some = Math.min(count, found.length);
  const images: Raster[] = [];
  for (let at = 0; at < some; at++) {
    const { file } = found[Math.floor(at * found.length / some)];
    images.push(resize(await decodeImage(await Deno.readFile(file)), 224, 224));
  }
  const fine = await embedded(images, ["reduction3"]);
  const middle = await embedded(images, ["reduction4"]);
  const pyramid = await embedded(images, ["reduction4", "reduction3", "reduction5"]);
  return {
    "D = 40": fine,
    "D = 112": middle,
    "D = 344": await whiten(pyramid, fitWhitening(pyramid, { shrinkage: 0.1 })),
    "D = 464": concatenated(fine, pyramid),
  };
}

async function embedded(images: readonly Raster[], levels: string[]): Promise<PatchSet> {
  const threads = navigator.hardwareConcurrency;
  const embedder = await onnxEmbedder({ model: (await readNetwork(PYRAMID_MODEL)).model, levels, threads });
  const parts: PatchSet[] = [];
  for (const image of images) parts.push(await embedder.embed(image));
  await embedder.release();
  return joinPatches(parts);
}

/** Puts the four fine patches of each coarse patch side by side, instead of the mean of them that the pyramid has. */
function concatenated(fine: PatchSet, { data, count, rows, cols, channels, levels }: PatchSet): PatchSet {
  const [four, three, five] = levels!;
  const width = 4 * three + four + five;
  const result = new Float32Array(count * rows * cols * width);
  for (let place = 0; place < count * rows * cols; place++) {
    const [image, row, col] = [Math.floor(place / (rows * cols)), Math.floor(place / cols) % rows, place % cols];
    for (let quarter = 0; quarter < 4; quarter++) {
      const from = (image * fine.rows + 2 * row + (quarter >> 1)) * fine.cols + 2 * col + quarter % 2;
      const patch = fine.data.subarray(from * three, (from + 1) * three);
      result.set(patch, place * width + quarter * three);
    }
    const patch = data.subarray(place * channels, (place + 1) * channels);
    result.set(patch.subarray(0, four), place * width + 4 * three);
    result.set(patch.subarray(four + three), place * width + 4 * three + four);
  }
  // In memory that threads share, like the patches of embedders.
  return joinPatches([{ data: result, count, rows, cols, channels: width, levels: [4 * three, four, five] }]);
}
