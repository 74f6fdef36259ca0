// Reads labelled images for evaluation, from class folders, the layouts of data sets, or a table of images and labels.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { AnomalyClusterError } from "../errors.ts";
import { countOf } from "../report/client/text.js";
import { FileFinder } from "./find_file.ts";
import { findImages, findMaskFiles, type ImageFile } from "./folder.ts";
import { readLabelTable } from "./label_table.ts";
import { findLaidOut, isSound } from "./layout.ts";
import { matchMasks } from "./masks.ts";

/** An image with its true class. */
export interface LabelledImage extends ImageFile {
  readonly label: string;
  /** Ground-truth mask, where there is one. */
  readonly mask?: string;
}

/** Images with labels, and labelled normal images separate from them. */
export interface LabelledDataset {
  /** The layout that was recognised, in words. */
  readonly layout: string;
  readonly images: readonly LabelledImage[];
  readonly normals: readonly ImageFile[];
  readonly warnings: readonly string[];
}

/**
 * In the magnetic tile set, every fifth image of MT_Free, in order of names, belongs to the sixth class. The others are
 * labelled normals.
 */
const FREE_STEP = 5;

/** File names of tables. */
const TABLE = /\.(csv|tsv|txt)$/i;

/**
 * Reads a labelled data set.
 *
 * @param path a folder, or a table (CSV) of images and labels. Paths in the table begin in the table's own folder.
 * @param options `normals` and `masks` are folders that replace those of the data set; `name` is what the user calls
 * the data set.
 * @throws {AnomalyClusterError} `bad-argument`, with the reason, if there are fewer than 2 classes or no labels.
 */
export function labelledDataset(
  path: string,
  options: { normals?: string; masks?: string; name?: string } = {},
): LabelledDataset {
  const { name = path } = options;
  const found = TABLE.test(path) ? fromTable(path, name) : fromFolder(path, name);
  const normals = options.normals ? findImages(options.normals).images : found.normals;
  const given = options.masks ? matchMasks(found.images, findMaskFiles(options.masks)) : undefined;
  const images = given
    ? found.images.map(({ mask: _, ...image }, at) => ({ ...image, ...(given.files[at] && { mask: given.files[at] }) }))
    : found.images;
  const classes = [...new Set(images.map(({ label }) => label))];
  if (classes.length < 2) {
    const held = classes.length ? `holds images of 1 class, ${classes[0]},` : "holds no image in a sub-folder,";
    const message = `${name} ${held} but evaluation needs at least 2 classes: sub-folders named after classes, ` +
      "the layout of MVTec AD, of VisA or of the magnetic tile set, or a CSV file of path,label";
    throw new AnomalyClusterError("bad-argument", message);
  }
  return { ...found, images, normals, warnings: [...found.warnings, ...unclearNote(given?.unclear ?? [])] };
}

/** A sentence on images whose masks may belong to other images; empty if there are no such images. */
export function unclearNote(unclear: readonly string[]): string[] {
  if (unclear.length === 0) return [];
  const images = countOf(unclear.length, "image");
  return [
    `masks of ${images} may as well be another's, ${unclear[0]} first, and are not used: name masks as the images`,
  ];
}

function fromFolder(folder: string, name: string): LabelledDataset {
  const { layout, images, normals, masks, warnings } = findLaidOut(folder, name);
  const labelled = images.flatMap((image) => image.label === undefined ? [] : [{ ...image, label: image.label }]);
  if (labelled.some(({ path }) => /^MT_\w+\/Imgs\//.test(path))) return magneticTiles(labelled, warnings);
  const { files, unclear } = matchMasks(labelled, masks);
  const masked = labelled.map((image, at) => ({
    ...image,
    ...(files[at] && !isSound(image.label) && { mask: files[at] }),
  }));
  return { layout, images: masked, normals, warnings: [...warnings, ...unclearNote(unclear)] };
}

function magneticTiles(images: readonly LabelledImage[], warnings: readonly string[]): LabelledDataset {
  const free = images.filter(({ label }) => label === "MT_Free");
  const normals = free.filter((_, at) => at % FREE_STEP !== 0);
  const chosen = images.filter((image) => !normals.includes(image));
  // The masks of this set are PNG files beside the JPEG images, with the same names.
  const masked = chosen.map((image) => ({ ...image, mask: image.file.replace(/\.jpe?g$/i, ".png") }));
  return { layout: "magnetic tiles, six classes", images: masked, normals, warnings };
}

/** The folders in which a table's paths may begin: its own, or one above, as in VisA. */
const ABOVE = ["", "..", "../.."];

function fromTable(path: string, name: string): LabelledDataset {
  const { rows, columns, warnings } = readLabelTable(bytesOf(path, name), name);
  const finder = new FileFinder();
  const folder = resolve(dirname(path));
  const starts = ABOVE.map((above) => resolve(folder, above));
  const start = starts.find((from) => rows.some((row) => finder.find(from, row.path))) ?? folder;
  const byFile = new Map<string, LabelledImage>();
  let otherCase = 0;
  for (const { path, label, mask } of rows) {
    const file = finder.find(start, path) ?? resolve(start, path);
    if (byFile.has(file)) continue;
    if (basename(file).normalize() !== path.normalize().split(/[/\\]/).at(-1)) otherCase++;
    const marks = mask && finder.find(start, mask);
    byFile.set(file, { path, file, label, ...(marks && { mask: marks }) });
  }
  const again = rows.length - byFile.size;
  return {
    layout: `CSV file ${basename(path)}${columns && ` (${columns})`}`,
    images: [...byFile.values()],
    normals: [],
    warnings: [
      ...warnings,
      ...(start === folder ? [] : [`${name}: its paths were taken to begin in ${relative(folder, start)}`]),
      ...(otherCase ? [`${name}: ${countOf(otherCase, "name")} found in other case than written`] : []),
      ...(again ? [`${name} names ${countOf(again, "image")} again: the first label counts`] : []),
    ],
  };
}

/** Throws `bad-argument` if none of the images that a table names exists. */
export function checkFiles({ images }: LabelledDataset, name: string): void {
  if (images.some(({ file }) => existsSync(file))) return;
  const message =
    `none of the ${countOf(images.length, "image")} that ${name} names is there, ${images[0].path} first: ` +
    "paths begin in the folder of the table";
  throw new AnomalyClusterError("bad-argument", message);
}

function bytesOf(path: string, name: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AnomalyClusterError("bad-argument", `${name} cannot be read`, { cause });
  }
}
