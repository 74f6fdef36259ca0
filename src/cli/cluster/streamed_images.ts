// What streamed images have in common, here and on the machines of a queue: fitting to references, collecting results.

import { findCopies } from "../../copies/equal_copies.ts";
import type { ImageFile } from "../../dataset/folder.ts";
import type { EmbeddedImages } from "../../fitted/embedded_images.ts";
import type { FittedEmbedding } from "../../fitted/embed_blocks.ts";
import type { FitOptions } from "../../fitted/fit_embedding.ts";
import { fitToAll, fitToEnough } from "../../fitted/fit_to_enough.ts";
import { coresetImages, type StreamedReferences } from "../../reference/choose_references.ts";
import { joinPatches, someImages } from "../../embed/embedder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { PixelBox } from "../../image/pixel_box.ts";
import { ofPopulation } from "../../feature.ts";
import { randomSample } from "../../random.ts";
import type { Embeddings, PatchSet, PatchValues } from "../../types.ts";
import { loadImages } from "../images/load_images.ts";
import type { ImageNetwork } from "../images/image_network.ts";
import { startStage } from "../system/progress.ts";

/** The results for streamed images, whose patches were not kept. */
export interface StreamedImages {
  /** The files that could be read. */
  readonly files: readonly ImageFile[];
  /** The vector of each image. */
  readonly embeddings: Embeddings;
  /** The largest patch score of each image. */
  readonly scores: Float64Array;
  /** Weights of the patches. */
  readonly weights: PatchValues;
  /** The part of each photo that its patches cover, where photos were looked at closely. */
  readonly windows?: readonly (PixelBox | undefined)[];
  /** The patch grid. */
  readonly grid: PatchGrid;
  /** How images became vectors. */
  readonly fit: FittedEmbedding;
  /** Number of references that all images were compared with. */
  readonly references: number;
  /** Mean standard error of the patch scores, as a share of the standard deviation of these scores. */
  readonly standardError?: number;
}

/** Shape of the patch embeddings of any image. */
export type PatchGrid = Omit<PatchSet, "data" | "count">;

/** How images are compared. */
export interface StreamOptions extends FitOptions {
  /** How many references, and how they are chosen. */
  readonly references: StreamedReferences;
  readonly seed: number;
}

/** Embeds files, here or on the machines of a queue. Files that cannot be read are named in `warnings`. */
export type ImageStream = (
  files: readonly ImageFile[],
  network: ImageNetwork,
  options: StreamOptions,
  warnings: string[],
) => Promise<StreamedImages>;

/** An embedding that was fitted to the references. */
export type FittedSample = Pick<StreamedImages, "fit" | "grid" | "references">;

/** A coreset of N images is chosen from so many times N images. */
const CANDIDATES = 4;

/**
 * So many images are drawn if the number of references is left open. Whitening and spread are chosen by all of them. Of
 * photos that are looked at twice, which take twice the memory, fewer are drawn: more than a consensus of spreads needs.
 */
const [DRAWN, DRAWN_TWICE] = [512, 160];

/** Embeds the references, and fits to them how images become vectors. */
export async function fitReferences(
  files: readonly ImageFile[],
  network: ImageNetwork,
  options: StreamOptions,
): Promise<FittedSample> {
  const drawn = await chosenReferences(files, network, options);
  const { rows, cols, channels, levels, count } = drawn;
  const stage = startStage("Fitting to references", count);
  const work = {
    ...options,
    onProgress: (done: number, total: number) => stage.update(Math.floor(done / total * count)),
  };
  const fitted = options.references === "auto"
    ? await fitToEnough(drawn, files.length, work)
    : await fitToAll(drawn, work);
  stage.end();
  return {
    ...fitted,
    grid: { rows, cols, channels, ...(levels && { levels }) },
  };
}

async function chosenReferences(
  files: readonly ImageFile[],
  network: ImageNetwork,
  { references, seed }: StreamOptions,
): Promise<PatchSet> {
  const isCoreset = typeof references === "object";
  const wanted = isCoreset
    ? references.coreset
    : references === "auto"
    ? network.closer ? DRAWN_TWICE : DRAWN
    : references;
  const asked = randomSample(files.length, isCoreset ? CANDIDATES * wanted : wanted, seed);
  // Warnings on files that cannot be read come later, when all files are read.
  const images = await loadImages(asked.map((at) => files[at]), network, [], "Embedding references");
  if (images.length < 2) {
    const message = `${images.length} of ${asked.length} references can be used: at least 2 are needed`;
    throw new AnomalyClusterError("too-few-images", message);
  }
  const patches = withoutCopies(joinPatches(images.map((image) => image.patches)));
  return isCoreset && patches.count > wanted ? someImages(patches, coresetImages(patches, wanted)) : patches;
}

/** Keeps equal images only once, if that leaves at least 2. */
function withoutCopies(patches: PatchSet): PatchSet {
  const distinct = findCopies(patches)?.distinct ?? [];
  return distinct.length < 2 ? patches : someImages(patches, distinct);
}

/** Collects the results of blocks of images, which may arrive in any order. */
export class CollectedImages {
  readonly #found: {
    readonly file: ImageFile;
    readonly window?: PixelBox;
    readonly block: EmbeddedImages;
    readonly row: number;
  }[] = [];

  /** Adds a block. `places` are the indices of its images among all files. */
  add(
    block: EmbeddedImages,
    files: readonly (ImageFile & { readonly window?: PixelBox })[],
    places: readonly number[],
  ): void {
    files.forEach(({ path, file, label, window }, row) => {
      const own = { path, file, ...(label !== undefined && { label }) };
      this.#found[places[row]] = { file: own, ...(window && { window }), block, row };
    });
  }

  /** The results for all images, in the order of the files. */
  all(fitted: FittedSample): StreamedImages {
    const found = this.#found.filter(Boolean);
    const [{ block: { channels, patches } }] = found;
    const count = found.length;
    const [vectors, weights] = [new Float32Array(count * channels), new Float32Array(count * patches)];
    const scores = new Float64Array(count);
    let [sum, squares, errors] = [0, 0, 0];
    found.forEach(({ block, row }, i) => {
      vectors.set(block.vectors.subarray(row * channels, (row + 1) * channels), i * channels);
      weights.set(block.weights.subarray(row * patches, (row + 1) * patches), i * patches);
      scores[i] = block.scores[row];
      // Sums are added image by image, so that they do not depend on the blocks.
      sum += block.sums[row * 3];
      squares += block.sums[row * 3 + 1];
      errors += block.sums[row * 3 + 2];
    });
    const places = count * patches;
    const spread = Math.sqrt(Math.max(0, squares / places - (sum / places) ** 2));
    const whole = { data: Float32Array.of(errors / places / (spread || 1)), count, patches: 1 };
    return {
      ...fitted,
      files: found.map(({ file }) => file),
      ...(found.some(({ window }) => window) && { windows: found.map(({ window }) => window) }),
      embeddings: { data: vectors, count, channels },
      scores,
      weights: { data: weights, count, patches },
      ...(errors > 0 && { standardError: ofPopulation(whole, fitted.references).data[0] }),
    };
  }
}
