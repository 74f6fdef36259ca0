// Groups images that are never in memory together: they are compared with references and grouped by their vectors.

import { groupRadii } from "../../assign/radius.ts";
import { clusterEmbeddings, type EmbeddingGroups } from "../../cluster/cluster_embeddings.ts";
import type { ImageFile } from "../../dataset/folder.ts";
import type { StreamedReferences } from "../../reference/choose_references.ts";
import { someEmbeddings } from "../../embed/embedder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { randomSample } from "../../random.ts";
import { reportData } from "../../report/report_data.ts";
import { digits } from "../../report/result.ts";
import { resultOf, shownImages } from "../../report/shown_images.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import { givenTemperatureText, referencesText } from "../../report/setting_text.ts";
import type { PatchSet } from "../../types.ts";
import { isLeftOpen } from "../../weight/weighting.ts";
import { looksOf } from "../images/image_network.ts";
import { type ChosenOptions, featuresOf, weightsOf } from "./cluster_settings.ts";
import { checkFound, type FoundImages, type Grouped } from "./grouped.ts";
import { prepareImages } from "../images/image_pool.ts";
import type { ImageNetwork } from "../images/image_network.ts";
import { startStage } from "../system/progress.ts";
import type { ImageStream, StreamedImages } from "./streamed_images.ts";

/** Groups the images of a folder without having them in memory together. `stream` embeds them. */
export async function groupStreamed(
  found: FoundImages,
  network: ImageNetwork,
  options: ChosenOptions & { readonly references: StreamedReferences },
  normals: PatchSet | undefined,
  warnings: string[],
  stream: ImageStream,
): Promise<Grouped> {
  const { k, threshold, smallestGroup, seed, references } = options;
  const streamed = await stream(found.images, network, {
    weight: weightsOf(options),
    features: featuresOf(options, looksOf(network)),
    ...(normals && { normals }),
    references,
    seed,
  }, warnings);
  const { embeddings, scores, weights, grid, standardError, windows } = streamed;
  checkFound(streamed.files.length, found, k, warnings);
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
    ...(windows && { windows }),
    settings: {
      ...(isLeftOpen(weightsOf(options)) && {
        tauGiven: givenTemperatureText("auto", streamed.fit.parts[0].weight),
      }),
      ...(references === "auto" && !normals && { references: referencesText(references, streamed.references) }),
      ...(standardError !== undefined && { standardError: `${digits(100 * standardError)} % of their deviation` }),
      ...(micro && { microClusters: `${micro.count}, with ${digits(100 * micro.within)} % of the variance inside` }),
    },
    model: modelOfStreamed(streamed, groups, seed),
    thumbnails,
    shown,
    page: (title, file, source, pictures) => {
      const images = shown.map((at) => ({
        thumbnail: thumbnails.get(streamed.files[at].path) ?? NO_PICTURE,
        patches: grid,
        ...(windows?.[at] && { window: windows[at] }),
        picture: pictures[at],
      }));
      const some = { ...file, images: shown.map((at) => file.images[at]), tree: undefined };
      return reportData(title, some, resultOf(result, shown), images, source);
    },
  };
}

/** Shown if the file can no longer be read. */
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

/** The model keeps at most so many images, besides medoids. New images are compared with each of them. */
const MODEL_IMAGES = 5000;

/** A model that puts new images into the groups. It holds a random sample of the grouped images, and all medoids. */
function modelOfStreamed(
  { files, embeddings, fit, grid }: StreamedImages,
  { groups, medoids, k }: EmbeddingGroups,
  seed: number,
): Grouped["model"] {
  const chosen = [...new Set([...medoids, ...randomSample(groups.length, MODEL_IMAGES, seed)])].sort((a, b) => a - b);
  const place = new Map(chosen.map((image, at) => [image, at]));
  const vectors = someEmbeddings(embeddings, chosen);
  const own = Int32Array.from(chosen, (image) => groups[image]);
  const model = {
    patches: grid,
    fit,
    embeddings: { ...vectors, data: Float32Array.from(vectors.data) },
    groups: own,
    medoids: medoids.map((image) => place.get(image)!),
    radii: groupRadii(vectors, own, k),
  };
  return { model, images: chosen.map((at) => files[at].path) };
}
