// For `cluster FOLDER --export FORMATS`: writes the groups in formats of other programs, beside the report.

import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { extname, join } from "node:path";
import { type PixelBox, wholePixels } from "../../image/pixel_box.ts";
import { weightIn, weightRegion } from "../../defect/weight_region.ts";
import { type BoxedImage, cocoFile } from "../../export/coco.ts";
import { fiftyOneCall, fiftyOneFiles } from "../../export/fiftyone.ts";
import { npyBytes } from "../../export/npy.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { ImageFile } from "../../dataset/folder.ts";
import type { Embeddings, PatchSet, PatchValues } from "../../types.ts";
import { partialName, whyNot, writeWhole } from "../../report/output_folder.ts";
import { csvText, quoted } from "../../report/client/text.js";
import type { GroupsFile } from "../../report/result.ts";
import { copiesOf, copyInto } from "../images/copy_images.ts";
import { readRaster } from "../images/read_image.ts";

/** Names of formats, with a description of each. */
export const EXPORTS = {
  "folders": "groups/NAME/: a copy of each image in the folder of its group",
  "links": "the same with symbolic links",
  "coco": "coco.json: categories are groups, a box around each image's defect",
  "fiftyone": "fiftyone/: labels, and links to the images, of a FiftyOneImageClassificationDataset",
  "embeddings": "embeddings.npy for NumPy, and embeddings.csv: path and group of each row",
} as const;

/** Name of a format. */
export type ExportName = keyof typeof EXPORTS;

/** The groups to export, and where. */
export interface GroupsToExport {
  readonly file: GroupsFile;
  readonly result: { readonly weights: PatchValues; readonly embeddings?: Embeddings };
  readonly images: readonly ImageFile[];
  /** The patch grid. */
  readonly grid: Pick<PatchSet, "rows" | "cols">;
  /** The part of each image that its patches cover, in its own pixels. @default all of it */
  readonly windows?: readonly (PixelBox | undefined)[];
  /** The images' folder. */
  readonly folder: string;
  readonly output: string;
}

/** Throws before the long work if an export could not succeed after it. */
export function checkExports(names: readonly ExportName[], output: string, vectors: boolean): void {
  if (names.includes("embeddings") && !vectors) {
    const reason = "--export embeddings needs one vector an image, which distances between sets of patches have not";
    throw new AnomalyClusterError("bad-argument", `${reason}: use --distance weighted-average or --pool`);
  }
  if (names.includes("folders") && names.includes("links")) {
    throw new AnomalyClusterError("bad-argument", "--export folders and links exclude each other: leave one out");
  }
  if (names.includes("folders") || names.includes("links")) refuseFilled(join(output, "groups"));
}

/** Throws if a folder holds files, because a person may have sorted images in it by hand. */
function refuseFilled(folder: string): void {
  if (!holdsFiles(folder)) return;
  const message = `${folder} already holds images: remove it, or name another folder with --out`;
  throw new AnomalyClusterError("cannot-write", message);
}

function holdsFiles(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}

/** Results of exporting. */
export interface Exported {
  /** For some formats, a line that shows how to load the files in the other program. */
  readonly calls: readonly string[];
  /** A sentence for each format that failed. */
  readonly failures: readonly string[];
}

/** Writes the groups in these formats. If one fails, the others are still written. */
export async function exportGroups(names: readonly ExportName[], groups: GroupsToExport): Promise<Exported> {
  const [calls, failures]: [string[], string[]] = [[], []];
  for (const name of new Set(names)) {
    try {
      const call = await EXPORTERS[name](groups);
      if (call) calls.push(`${name}: ${call}`);
    } catch (error) {
      failures.push(`--export ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { calls, failures };
}

/** The function that writes each format. It may return the call that loads its files. */
const EXPORTERS: Readonly<Record<ExportName, (groups: GroupsToExport) => Promise<string | void> | string | void>> = {
  folders: (groups) => sortIntoFolders(groups, false),
  links: (groups) => sortIntoFolders(groups, true),
  coco: async (groups) => {
    const { file, images, output } = groups;
    const boxed: BoxedImage[] = [];
    for (const [at, image] of images.entries()) boxed.push(boxOf(file, at) ?? await coarseBoxOf(groups, image, at));
    writeWhole(output, "coco.json", `${JSON.stringify(cocoFile(file, boxed))}\n`);
  },
  fiftyone: async ({ file, folder, output }) => {
    const { labels, data } = fiftyOneFiles(file, (path) => join(folder, path));
    const target = join(output, "fiftyone");
    mkdirSync(target, { recursive: true });
    writeWhole(target, "labels.json", `${JSON.stringify(labels)}\n`);
    writeWhole(target, "data.json", `${JSON.stringify(data)}\n`);
    return fiftyOneCall(target, await linkImages(target, data));
  },
  embeddings: ({ file, result, output }) => {
    writeWhole(output, "embeddings.npy", npyBytes(result.embeddings!));
    const rows = file.images.map(({ path, group }) => `${quoted(path)},${group}`);
    writeWhole(output, "embeddings.csv", csvText(["path,group", ...rows]));
  },
};

/** The box of an image's defect; `undefined` if the defect was not measured. */
function boxOf({ images }: GroupsFile, at: number): BoxedImage | undefined {
  const { defect } = images[at];
  return defect && { width: defect.photoWidth, height: defect.photoHeight, box: defect, weight: defect.weight };
}

/** The box of an image's weight. It is for images whose defects were not measured, because there are many images. */
async function coarseBoxOf(
  { result: { weights }, grid, windows }: GroupsToExport,
  image: ImageFile,
  at: number,
): Promise<BoxedImage> {
  const { width, height } = await sizeOf(image); // The image that the network saw may have been shrunk.
  const own = weights.data.subarray(at * weights.patches, (at + 1) * weights.patches);
  const region = weightRegion(own, grid, { width, height }, windows?.[at]);
  const box = wholePixels(region.box, { width, height });
  return { width, height, box, weight: weightIn(box, own, grid, region.window) };
}

/** Makes links to images in data/, each named by its key. Returns false if the file system does not support links. */
async function linkImages(folder: string, data: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    await replaceFolder(folder, "data", async (partial) => {
      for (const [key, from] of Object.entries(data)) {
        await copyInto(partial, { from, to: join(partial, `${key}${extname(from)}`) }, true);
      }
    });
    return true;
  } catch {
    rmSync(join(folder, "data"), { recursive: true, force: true });
    return false;
  }
}

async function sizeOf({ path, file }: ImageFile): Promise<{ width: number; height: number }> {
  try {
    return await readRaster(file);
  } catch (cause) {
    const reason = cause instanceof AnomalyClusterError ? cause.message : "it cannot be read";
    throw new AnomalyClusterError("cannot-write", `${path}: ${reason}, now that its size is needed`, { cause });
  }
}

function sortIntoFolders({ file, folder, output }: GroupsToExport, link: boolean): Promise<void> {
  return replaceFolder(output, "groups", async (target) => {
    for (const copy of copiesOf(file, folder, target).copies) await copyInto(target, copy, link);
    refuseFilled(join(output, "groups"));
  });
}

/** Replaces a folder. It is filled under another name first, so that no half-filled folder is ever left. */
async function replaceFolder(output: string, name: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const [target, partial] = [join(output, name), join(output, partialName(name))];
  try {
    mkdirSync(partial, { recursive: true });
    await fill(partial);
    moveOver(target, partial);
  } catch (cause) {
    if (cause instanceof AnomalyClusterError) throw cause;
    throw new AnomalyClusterError("cannot-write", `${target} cannot be written${whyNot(cause)}`, { cause });
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Puts a folder in the place of another. Tries again when a second run has put its own there in between. */
function moveOver(target: string, folder: string): void {
  for (let tries = 1;; tries++) {
    rmSync(target, { recursive: true, force: true });
    try {
      return renameSync(folder, target);
    } catch (cause) {
      if (tries === 5) throw cause;
    }
  }
}
