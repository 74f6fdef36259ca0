// Images that are never in memory together: compared with references, grouped by their vectors.

import { groupRadii } from "../assign/radius.ts";
import { clusterEmbeddings, type EmbeddingGroups } from "../cluster/cluster_embeddings.ts";
import type { ImageFile } from "../dataset/folder.ts";
import { blockImages, describeBlocks, type Described, type Description, joinEmbeddings } from "../describe/describe.ts";
import { type DescriptionOptions, fitDescription } from "../describe/fit.ts";
import { greedyCentres, type References } from "../describe/references.ts";
import { joinPatches, someEmbeddings, someImages } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import { ofPopulation } from "../feature.ts";
import { randomSample } from "../random.ts";
import { reportData } from "../report/report_data.ts";
import { digits } from "../report/result.ts";
import { resultOf, shownImages } from "../report/shown_images.ts";
import type { Thumbnail } from "../report/thumbnail.ts";
import type { Embeddings, PatchSet, PatchValues } from "../types.ts";
import { type ChosenOptions, featuresOf, weightsOf } from "./cluster_settings.ts";
import { checkUsable, type FoundImages, type Grouped } from "./grouped.ts";
import { prepareImages } from "./image_pool.ts";
import { embedFiles, type ImageNetwork, type LoadedImage, loadImages } from "./load_images.ts";
import { startStage } from "./progress.ts";

/** What is known of images that were not kept. */
export interface StreamedImages {
  /** Those that could be read. */
  readonly files: readonly ImageFile[];
  /** Their vectors. */
  readonly embeddings: Embeddings;
  /** Of each the largest score of its patches. */
  readonly scores: Float64Array;
  /** Weights of the patches. */
  readonly weights: PatchValues;
  /** The patch grid. */
  readonly grid: Omit<PatchSet, "data" | "count">;
  /** How images became vectors. */
  readonly description: Description;
  /** How many of them all were compared with. */
  readonly references: number;
  /** Mean standard error of the patches' scores, as a share of these scores' standard deviation. */
  readonly standardError?: number;
}

/** How images are compared. */
export interface StreamOptions extends DescriptionOptions {
  /** How many references, and how they are chosen. */
  readonly references: Exclude<References, "all">;
  readonly seed: number;
}

/** A coreset is chosen from so many times its images. */
const CANDIDATES = 4;

/** Embeds the references, then all images, and describes each by these: memory grows by a vector an image. */
export async function streamImages(
  files: readonly ImageFile[],
  network: ImageNetwork,
  options: StreamOptions,
  warnings: string[],
): Promise<StreamedImages> {
  const references = await chosenReferences(files, network, options);
  const description = await fitDescription(references, references, options);
  const block = blockImages(references);
  const collected = new Collected();
  let waiting: LoadedImage[] = [];
  const flush = async () => {
    if (waiting.length === 0) return;
    const patches = joinPatches(waiting.map((image) => image.patches));
    for await (const described of describeBlocks(patches, description, options)) collected.add(described);
    collected.files.push(...waiting.map(({ path, file, label }) => ({ path, file, ...(label && { label }) })));
    waiting = [];
  };
  for await (const image of embedFiles(files, network, warnings, "Embedding and comparing")) {
    if (waiting.push(image) === block) await flush();
  }
  await flush();
  const { rows, cols, channels, levels } = references;
  const grid = { rows, cols, channels, ...(levels && { levels }) };
  return { ...collected.all(references.count), grid, description, references: references.count };
}

async function chosenReferences(
  files: readonly ImageFile[],
  network: ImageNetwork,
  { references, seed }: StreamOptions,
): Promise<PatchSet> {
  const isCoreset = typeof references === "object";
  const wanted = isCoreset ? references.coreset : references;
  const asked = randomSample(files.length, isCoreset ? CANDIDATES * wanted : wanted, seed);
  // What cannot be read is told when all are.
  const images = await loadImages(asked.map((at) => files[at]), network, [], "Embedding references");
  if (images.length < 2) {
    const reason = `of ${asked.length} images that others are compared with ${images.length} can be used`;
    throw new AnomalyClusterError("too-few-images", `${reason}: at least 2 are needed, name more by --references`);
  }
  const patches = joinPatches(images.map((image) => image.patches));
  return isCoreset && patches.count > wanted ? someImages(patches, greedyCentres(patches, wanted)) : patches;
}

/** What blocks of images leave behind. */
class Collected {
  readonly files: ImageFile[] = [];
  readonly #vectors: Embeddings[] = [];
  readonly #weights: PatchValues[] = [];
  readonly #scores: number[] = [];
  #errors = 0;
  #sum = 0;
  #squares = 0;
  #places = 0;

  add({ embeddings, scores, standardErrors, weights }: Described): void {
    this.#vectors.push(embeddings);
    this.#weights.push(weights);
    for (let i = 0; i < scores.count; i++) {
      const row = scores.data.subarray(i * scores.patches, (i + 1) * scores.patches);
      this.#scores.push(row.reduce((most, score) => Math.max(most, score), 0));
    }
    for (const score of scores.data) {
      this.#sum += score;
      this.#squares += score * score;
    }
    for (const error of standardErrors?.data ?? []) this.#errors += error;
    this.#places += scores.data.length;
  }

  all(references: number) {
    const [{ patches }] = this.#weights;
    const weights = new Float32Array(this.#scores.length * patches);
    let at = 0;
    for (const block of this.#weights) {
      weights.set(block.data, at);
      at += block.data.length;
    }
    const count = this.#scores.length;
    const spread = Math.sqrt(Math.max(0, this.#squares / this.#places - (this.#sum / this.#places) ** 2));
    const whole = { data: Float32Array.of(this.#errors / this.#places / (spread || 1)), count, patches: 1 };
    return {
      files: this.files,
      embeddings: joinEmbeddings(this.#vectors),
      scores: Float64Array.from(this.#scores),
      weights: { data: weights, count, patches },
      ...(this.#errors > 0 && { standardError: ofPopulation(whole, references).data[0] }),
    };
  }
}

/** Images from one folder, grouped without ever being in memory together. */
export async function groupStreamed(
  found: FoundImages,
  network: ImageNetwork,
  options: ChosenOptions & { readonly references: Exclude<References, "all"> },
  normals: PatchSet | undefined,
  warnings: string[],
): Promise<Grouped> {
  const { k, threshold, smallestGroup, seed, references } = options;
  const streamed = await streamImages(found.images, network, {
    weight: weightsOf(options),
    features: featuresOf(options),
    ...(normals && { normals }),
    references,
    seed,
  }, warnings);
  const { embeddings, scores, weights, grid, standardError } = streamed;
  checkUsable(streamed.files.length, found, k, warnings);
  const stage = startStage("Grouping", embeddings.count);
  const groups = await clusterEmbeddings(embeddings, {
    k,
    ...(threshold !== undefined && { threshold }),
    smallestGroup,
    seed,
    scores,
  });
  stage.end();
  const { tree, micro, ...kept } = groups;
  const result = { ...kept, scores, weights, embeddings, ...(!micro && { tree }) };
  const shown = shownImages(groups);
  const thumbnails = await thumbnailsOf(shown.map((at) => streamed.files[at]), network, warnings);
  return {
    images: streamed.files,
    result,
    grid,
    settings: {
      ...(standardError !== undefined && { standardError: `${digits(100 * standardError)} % of their deviation` }),
      ...(micro && { microClusters: `${micro.count}, with ${digits(100 * micro.within)} % of the variance inside` }),
    },
    model: modelOfStreamed(streamed, groups, seed),
    thumbnails,
    page: (title, file, source) => {
      const images = shown.map((at) => ({
        thumbnail: thumbnails.get(streamed.files[at].path) ?? NO_PICTURE,
        patches: grid,
      }));
      const some = { ...file, images: shown.map((at) => file.images[at]), tree: undefined };
      return reportData(title, some, resultOf(result, shown), images, source);
    },
  };
}

/** Shown where a file is gone by now. */
const NO_PICTURE: Thumbnail = { url: "data:,", width: 1, height: 1 };

async function thumbnailsOf(
  files: readonly ImageFile[],
  network: ImageNetwork,
  warnings: string[],
): Promise<Map<string, Thumbnail>> {
  const found = new Map<string, Thumbnail>();
  const stage = startStage("Thumbnails", files.length);
  let at = 0;
  for await (const image of prepareImages(files.map(({ file }) => file), network)) {
    const { path } = files[at++];
    if (image instanceof AnomalyClusterError) warnings.push(`${path}: ${image.message}, now that it is to be shown`);
    else found.set(path, image.thumbnail);
    stage.update(at);
  }
  stage.end();
  return found;
}

/** Most images that new ones are compared with. */
const MODEL_IMAGES = 5000;

/** What puts new images into the groups: by a sample of the grouped ones, their medoids included. */
function modelOfStreamed(
  { files, embeddings, description, grid }: StreamedImages,
  { groups, medoids, k }: EmbeddingGroups,
  seed: number,
): Grouped["model"] {
  const chosen = [...new Set([...medoids, ...randomSample(groups.length, MODEL_IMAGES, seed)])].sort((a, b) => a - b);
  const place = new Map(chosen.map((image, at) => [image, at]));
  const vectors = someEmbeddings(embeddings, chosen);
  const own = Int32Array.from(chosen, (image) => groups[image]);
  const model = {
    patches: grid,
    description,
    embeddings: { ...vectors, data: Float32Array.from(vectors.data) },
    groups: own,
    medoids: medoids.map((image) => place.get(image)!),
    radii: groupRadii(vectors, own, k),
  };
  return { model, images: chosen.map((at) => files[at].path) };
}
