// Labelled images for evaluation: plain class folders, the layouts of MVTec AD and of the magnetic tile set, or
// a CSV file of path,label.

import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AnomalyClusterError } from "../errors.ts";
import { readCsv, withoutGuard } from "./csv.ts";
import { findImages, type ImageFile } from "./folder.ts";
import { matchMasks } from "./masks.ts";

/** An image with its true class. */
export interface LabelledImage extends ImageFile {
  readonly label: string;
  /** Ground-truth mask, where there is one. */
  readonly mask?: string;
}

/** Images with labels, and labelled normal ones apart from them. */
export interface LabelledDataset {
  /** What the folder was taken for. */
  readonly layout: string;
  readonly images: readonly LabelledImage[];
  readonly normals: readonly ImageFile[];
  readonly warnings: readonly string[];
}

/** Every fifth image of the magnetic tile set's MT_Free, by name, is the sixth class; the others are normals. */
const FREE_STEP = 5;

/**
 * Reads a labelled data set.
 *
 * @param path a folder, or a CSV file of path,label with paths from its own folder.
 * @throws {AnomalyClusterError} `bad-argument` when nothing there has labels.
 */
export function labelledDataset(path: string, options: { normals?: string; masks?: string } = {}): LabelledDataset {
  const found = /\.csv$/i.test(path) ? fromCsv(path) : fromFolder(path);
  const normals = options.normals ? findImages(options.normals).images : found.normals;
  const masks = options.masks ? matchMasks(found.images, options.masks) : found.images.map(({ mask }) => mask);
  const images = found.images.map((image, at) => ({ ...image, ...(masks[at] && { mask: masks[at] }) }));
  const classes = new Set(images.map(({ label }) => label));
  if (classes.size < 2) {
    const message = `${path} holds images of ${classes.size} classes, but evaluation needs at least 2: sub-folders ` +
      "named after classes, the layout of MVTec AD or of the magnetic tile set, or a CSV file of path,label";
    throw new AnomalyClusterError("bad-argument", message);
  }
  return { ...found, images, normals };
}

function fromFolder(folder: string): LabelledDataset {
  const { images, warnings } = findImages(folder);
  const labelled = images.flatMap((image) => image.label === undefined ? [] : [{ ...image, label: image.label }]);
  if (labelled.some(({ path }) => /^MT_\w+\/Imgs\//.test(path))) return magneticTiles(labelled, warnings);
  if (labelled.some(({ path }) => path.startsWith("test/"))) return mvtec(folder, labelled, warnings);
  return { layout: "class folders", images: labelled, normals: [], warnings };
}

function magneticTiles(images: readonly LabelledImage[], warnings: readonly string[]): LabelledDataset {
  const free = images.filter(({ label }) => label === "MT_Free");
  const normals = free.filter((_, at) => at % FREE_STEP !== 0);
  const chosen = images.filter((image) => !normals.includes(image));
  // Its masks are PNG files beside the JPEG images, of the same names.
  const masked = chosen.map((image) => ({ ...image, mask: image.file.replace(/\.jpe?g$/i, ".png") }));
  return { layout: "magnetic tiles, six classes", images: masked, normals, warnings };
}

function mvtec(folder: string, images: readonly LabelledImage[], warnings: readonly string[]): LabelledDataset {
  const tested = images.filter(({ path }) => /^test\/[^/]+\//.test(path));
  const labelled = tested.map((image) => ({ ...image, label: image.path.split("/")[1] }));
  const masks = exists(join(folder, "ground_truth")) ? maskFiles(labelled, join(folder, "ground_truth")) : [];
  return {
    layout: "MVTec AD",
    images: labelled.map((image, at) => ({ ...image, ...(masks[at] && { mask: masks[at] }) })),
    normals: images.filter(({ path }) => path.startsWith("train/good/")),
    warnings,
  };
}

/** MVTec AD's `test/TYPE/NAME.png` has its mask in `ground_truth/TYPE/NAME_mask.png`; `good` has none. */
function maskFiles(images: readonly LabelledImage[], folder: string): (string | undefined)[] {
  const inTruth = images.map((image) => ({ ...image, path: image.path.replace(/^test\//, "") }));
  return matchMasks(inTruth, folder).map((file, at) => images[at].label === "good" ? undefined : file);
}

function exists(folder: string): boolean {
  try {
    return statSync(folder).isDirectory();
  } catch {
    return false;
  }
}

function fromCsv(path: string): LabelledDataset {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new AnomalyClusterError("bad-argument", `${path} cannot be read`, { cause });
  }
  const images = readCsv(text).flatMap(([file, label], at) => {
    if (!file || label === undefined || at === 0 && file.toLowerCase() === "path") return [];
    const name = withoutGuard(file);
    return [{ path: name, file: resolve(dirname(path), name), label: withoutGuard(label) }];
  });
  return { layout: `CSV file ${basename(path)}`, images, normals: [], warnings: [] };
}
