// `cluster FOLDER --export FORMATS`: the groups in the forms of other programs, beside the report.

import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cocoFile } from "../export/coco.ts";
import { fiftyOneFiles } from "../export/fiftyone.ts";
import { npyBytes } from "../export/npy.ts";
import { weightBox } from "../export/weight_box.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { ImageFile } from "../dataset/folder.ts";
import type { Embeddings, PatchSet, PatchValues } from "../types.ts";
import { writeWhole } from "../report/output_folder.ts";
import { quoted } from "../report/client/text.js";
import type { GroupsFile } from "../report/result.ts";
import { copiesOf, copyInto, refuseExisting } from "./copy_images.ts";
import { readRaster } from "./read_image.ts";

/** Names of formats, with a line for each. */
export const EXPORTS = {
  "folders": "groups/NAME/: a copy of each image in the folder of its group",
  "links": "the same with symbolic links",
  "coco": "coco.json: categories are groups, a box around the patches of most weight",
  "fiftyone": "fiftyone/: labels.json and data.json of a FiftyOneImageClassificationDataset",
  "embeddings": "embeddings.npy for NumPy, and embeddings.csv: path and group of each row",
} as const;

/** A format's name. */
export type ExportName = keyof typeof EXPORTS;

/** What is exported. */
export interface GroupsToExport {
  readonly file: GroupsFile;
  readonly result: { readonly weights: PatchValues; readonly embeddings?: Embeddings };
  readonly images: readonly ImageFile[];
  /** The patch grid. */
  readonly grid: Pick<PatchSet, "rows" | "cols">;
  /** The images' folder. */
  readonly folder: string;
  readonly output: string;
}

/** Refuses before the long work what would be refused after it. */
export function checkExports(names: readonly ExportName[], output: string, vectors: boolean): void {
  if (names.includes("embeddings") && !vectors) {
    const reason = "--export embeddings needs one vector an image, which distances between sets of patches have not";
    throw new AnomalyClusterError("bad-argument", `${reason}: use --distance weighted-average or --pool`);
  }
  if (names.includes("folders") && names.includes("links")) {
    throw new AnomalyClusterError("bad-argument", "--export folders and links exclude each other: leave one out");
  }
  if ((names.includes("folders") || names.includes("links")) && holdsFiles(join(output, "groups"))) {
    throw new AnomalyClusterError(
      "cannot-write",
      `${join(output, "groups")} already holds images: remove it, or name another folder with --out`,
    );
  }
}

function holdsFiles(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
}

/** Writes the groups in these formats. */
export async function exportGroups(names: readonly ExportName[], groups: GroupsToExport): Promise<void> {
  for (const name of new Set(names)) await EXPORTERS[name](groups);
}

const EXPORTERS: Readonly<Record<ExportName, (groups: GroupsToExport) => void | Promise<void>>> = {
  folders: (groups) => sortIntoFolders(groups, false),
  links: (groups) => sortIntoFolders(groups, true),
  coco: async ({ file, result, images, grid: { rows, cols }, output }) => {
    const boxed = [];
    for (const [at, { file }] of images.entries()) {
      const { width, height } = await readRaster(file); // The network's copy may be of a fraction of the size.
      boxed.push({ width, height, box: weightBox(result.weights, at, rows, cols) });
    }
    writeWhole(output, "coco.json", `${JSON.stringify(cocoFile(file, boxed))}\n`);
  },
  fiftyone: ({ file, folder, output }) => {
    const { labels, data } = fiftyOneFiles(file, (path) => join(folder, path));
    const target = join(output, "fiftyone");
    mkdirSync(target, { recursive: true });
    writeWhole(target, "labels.json", `${JSON.stringify(labels)}\n`);
    writeWhole(target, "data.json", `${JSON.stringify(data)}\n`);
  },
  embeddings: ({ file, result, output }) => {
    writeWhole(output, "embeddings.npy", npyBytes(result.embeddings!));
    const rows = file.images.map(({ path, group }) => `${quoted(path)},${group}`);
    writeWhole(output, "embeddings.csv", ["path,group", ...rows, ""].join("\r\n"));
  },
};

async function sortIntoFolders({ file, folder, output }: GroupsToExport, link: boolean): Promise<void> {
  const target = join(output, "groups");
  const { copies } = copiesOf(file, folder, target);
  mkdirSync(target, { recursive: true });
  refuseExisting(copies, target);
  for (const copy of copies) await copyInto(target, copy, link);
}
