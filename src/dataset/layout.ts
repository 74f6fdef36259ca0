// Recognises the folder layouts of data sets: which images are to be grouped, which are masks, which are sound.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AnomalyClusterError } from "../errors.ts";
import { countOf } from "../report/client/text.js";
import { findImages, type ImageFile } from "./folder.ts";
import { imageOfMask } from "./image_names.js";
import { readLabelTable } from "./label_table.ts";
import { LikeNames } from "./like_names.ts";

/** The content of a folder, sorted by its layout. Paths are relative to the folder. */
export interface LaidOutFolder {
  /** Name of the layout. */
  readonly layout: string;
  /** The images to group. Their labels are kinds of defect. */
  readonly images: readonly ImageFile[];
  /** Sound images that the layout keeps in folders of their own. */
  readonly normals: readonly ImageFile[];
  /** Ground-truth masks. */
  readonly masks: readonly ImageFile[];
  /** Folders of sound images, and of masks. */
  readonly folders: { readonly normals: readonly string[]; readonly masks: readonly string[] };
  /** A phrase for {@linkcode layoutNote} on how the images are grouped and labelled; absent for plain folders. */
  readonly recognised?: string;
  readonly warnings: readonly string[];
}

/**
 * Folders of the first kind always hold ground truth. Folders of the second kind hold masks if each file in them has
 * the name of an image.
 */
const GROUND_TRUTH = /^ground[ _-]?truths?$/i;
const MASKS = /^(gt|(defect|image|binary)?[ _-]?masks?([ _-]?images?)?|labels?|annotations?|segmentations?)$/i;
const PART = /^(train(ing)?|test(ing)?|test_(public|private)\w*|val(id(ation)?)?)$/i;
const TEST_PART = /^test/i;
const SOUND = /^(good|ok|normal|sound|nominal|defect[ _-]?free)$/i;

/**
 * Lists a folder's images by its layout, if that can be recognised with certainty: MVTec AD, VisA, parts named train
 * and test, or images and masks side by side. Otherwise lists all images, with their topmost sub-folders as labels.
 *
 * @param name what the user calls the folder
 * @throws {AnomalyClusterError} `bad-argument` as {@linkcode findImages}, and for a folder with data sets in its
 * sub-folders.
 */
export function findLaidOut(folder: string, name: string): LaidOutFolder {
  const { images: all, warnings } = findImages(folder);
  refuseFolderOfSets(all, name);
  const { images, masks, maskFolders } = withoutMasks(all);
  const found = { images, normals: [], masks, folders: { normals: [], masks: maskFolders }, warnings };
  return visa(folder, found, name) ?? parts(found) ?? imagesBesideMasks(found) ?? plain(found);
}

/**
 * One sentence on the recognised layout; empty for plain folders. It also says what was left out, and by which option
 * that could be used, unless that option is given.
 */
export function layoutNote(
  { layout, recognised, folders, masks, normals }: LaidOutFolder,
  name: string,
  given: { readonly masks?: string; readonly normals?: string } = {},
): string[] {
  if (recognised === undefined) return [];
  const offer = (option: "masks" | "normals", folder: string | undefined, effect: string) => {
    return folder === undefined || given[option] ? "" : `; --${option} ${within(name, folder)} ${effect}`;
  };
  const listed = (names: readonly string[]) => names.map((one) => `${one}/`).join(", ");
  const left = [
    // The option takes one folder, so it is not offered for masks in several.
    masks.length &&
    `${listed(folders.masks)} (${countOf(masks.length, "mask")}${
      offer("masks", folders.masks.length === 1 ? folders.masks[0] : undefined, "weights by them")
    })`,
    normals.length &&
    `${listed(folders.normals)} (${countOf(normals.length, "sound image")}${
      offer("normals", folders.normals[0], "compares with them")
    })`,
  ].filter(Boolean);
  const about = [`recognised layout: ${layout}`, recognised, left.length && `left out: ${left.join(" and ")}`];
  return [about.filter(Boolean).join("; ")];
}

/** Whether this is a usual name for folders of sound images. */
export function isSound(label: string): boolean {
  return SOUND.test(label);
}

type Found = Omit<LaidOutFolder, "layout" | "recognised">;

function plain(found: Found): LaidOutFolder {
  const recognised = found.masks.length ? "" : undefined;
  return { ...found, layout: found.masks.length ? "images and masks" : "class folders", recognised };
}

/**
 * Recognises MVTec AD's layout: `train/good`, `test/KIND` and perhaps `ground_truth/KIND`. Also recognises such parts
 * with kinds in each of them.
 */
function parts(found: Found): LaidOutFolder | undefined {
  const inFolders = found.images.filter(({ label }) => label !== undefined);
  if (!inFolders.every(({ path }) => PART.test(path.split("/")[0]))) return;
  if (!inFolders.some(({ path }) => depth(path) > 1)) return;
  const images = withKinds(found.images);
  const others = inFolders.filter(({ path }) => !TEST_PART.test(path));
  const sound = others.every((image) => isSound(kindOf(image)));
  const tested = inFolders.length - others.length;
  if (tested && sound && (others.length || found.masks.length)) {
    const kept = new Set(others.map(({ path }) => path));
    return {
      ...found,
      layout: "MVTec AD",
      recognised: "the images of test are grouped, the folders in it are their labels",
      images: images.filter(({ path }) => !kept.has(path)),
      normals: others,
      folders: { ...found.folders, normals: foldersOf(others, 2) },
    };
  }
  const names = [...new Set(inFolders.map(({ path }) => `${path.split("/")[0]}/`))].join(", ");
  return {
    ...found,
    layout: "parts of one set",
    recognised: `${names} are grouped together, the folders in them are the labels`,
    images,
  };
}

/** Recognises VisA's layout: `Data/Images/Anomaly`, `Data/Images/Normal`, `Data/Masks/Anomaly` and image_anno.csv. */
function visa(folder: string, found: Found, name: string): LaidOutFolder | undefined {
  const form = /^(data\/)?images\/(anomaly|normal)\/[^/]+$/i;
  if (!found.images.length || !found.images.every(({ path }) => form.test(path))) return;
  if (!found.images.some(({ path }) => /(^|\/)anomaly\//i.test(path))) return;
  const kinds = kindsInTable(folder, found.images);
  const source = kinds ? "image_anno.csv has their labels" : "the folders Anomaly and Normal are their labels";
  const [anomaly, normal] = [/(^|\/)anomaly\//i, /(^|\/)normal\//i].map((of) => {
    return foldersOf(found.images.filter(({ path }) => of.test(path)), -1).map((one) => within(name, one))[0];
  });
  const apart = normal && `; to compare with the sound ones: cluster ${anomaly} --normals ${normal}`;
  return {
    ...found,
    layout: "VisA",
    recognised: `all images are grouped, ${source}${apart ?? ""}`,
    images: found.images.map((image) => ({ ...image, label: kinds?.get(image.path) ?? image.path.split("/").at(-2)! })),
  };
}

/** Labels from VisA's table, whose paths begin one or two folders above. `undefined` unless it labels every image. */
function kindsInTable(folder: string, images: readonly ImageFile[]): Map<string, string> | undefined {
  try {
    const { rows } = readLabelTable(readFileSync(join(folder, "image_anno.csv")), "image_anno.csv");
    const names = new LikeNames(images.map(({ path }) => path));
    const kinds = new Map<string, string>();
    for (const { path, label } of rows) {
      const parts = path.split("/");
      const image = parts.map((_, at) => names.find(parts.slice(at).join("/"))).find((one) => one !== undefined);
      if (image !== undefined) kinds.set(image, label);
    }
    return images.every(({ path }) => kinds.has(path)) ? kinds : undefined;
  } catch {
    return undefined; // No table, or not one of labels: then the folders are the labels.
  }
}

/** Recognises `images/KIND` beside a folder of masks. */
function imagesBesideMasks(found: Found): LaidOutFolder | undefined {
  const { images, masks } = found;
  if (!masks.length || !images.every(({ path }) => /^(images?|imgs?)\/./i.test(path))) return;
  return {
    ...found,
    layout: "images and masks",
    recognised: `the folders in ${images[0].label}/ are the labels`,
    images: withKinds(images),
  };
}

/** Labels each image by the second folder of its path, if there is one. */
function withKinds(images: readonly ImageFile[]): ImageFile[] {
  return images.map(({ label: _, ...image }) => ({
    ...image,
    ...(depth(image.path) > 1 && { label: kindOf(image) }),
  }));
}

/** Separates masks from images. Masks lie in folders with a name for masks, and are named like images elsewhere. */
function withoutMasks(
  all: readonly ImageFile[],
): { images: ImageFile[]; masks: ImageFile[]; maskFolders: string[] } {
  const byFolder = new Map<string, ImageFile[]>();
  for (const image of all) {
    const folder = maskFolderOf(image.path) ?? "";
    const files = byFolder.get(folder) ?? [];
    files.push(image);
    byFolder.set(folder, files);
  }
  const images = byFolder.get("") ?? [];
  const names = new Set(images.map(({ path }) => nameOf(path)));
  const [masks, maskFolders]: [ImageFile[], string[]] = [[], []];
  for (const [folder, files] of byFolder) {
    if (folder === "") continue;
    const isSure = images.length > 0 && GROUND_TRUTH.test(folder.split("/").at(-1)!) ||
      files.every(({ path }) => names.has(nameOf(path)) || names.has(imageOfMask(nameOf(path))));
    if (isSure) {
      masks.push(...files);
      maskFolders.push(folder);
    } else images.push(...files);
  }
  return { images: images.sort((a, b) => a.path < b.path ? -1 : 1), masks, maskFolders };
}

/** The topmost folder of a path that has a name for masks. */
function maskFolderOf(path: string): string | undefined {
  const folders = path.split("/").slice(0, -1);
  const at = folders.findIndex((name) => GROUND_TRUTH.test(name) || MASKS.test(name));
  return at < 0 ? undefined : folders.slice(0, at + 1).join("/");
}

/**
 * Throws if data sets of known layouts lie in sub-folders. They show different products, so each must be grouped alone.
 */
function refuseFolderOfSets(images: readonly ImageFile[], name: string): void {
  const marks = new Map<string, Set<string>>();
  const form = /^(.+?)\/(train\/(?:good|ok)|test(?=\/[^/]+\/)|ground_truth|data\/images(?=\/(?:anomaly|normal)\/))\//i;
  for (const { path } of images) {
    const [, set, mark] = path.match(form) ?? [];
    if (set) marks.set(set, (marks.get(set) ?? new Set()).add(mark.toLowerCase()));
  }
  const isSet = (found: ReadonlySet<string>) => found.has("data/images") || found.has("test") && found.size > 1;
  const sets = [...marks].filter(([, found]) => isSet(found)).map(([set]) => set);
  if (sets.length === 0) return;
  const first = within(name, sets[0]);
  const message = sets.length > 1
    ? `${name} holds ${sets.length} data sets, each in the layout of MVTec AD or VisA: name one of them, as ${first}`
    : `${name} holds a data set in the layout of MVTec AD or VisA: name it, ${first}`;
  throw new AnomalyClusterError("bad-argument", message);
}

/** Path of a folder inside the one that the user calls `name`, quoted for a shell if needed. */
function within(name: string, folder: string): string {
  const path = `${name.replace(/[/\\]+$/, "")}/${folder}`;
  return /\s/.test(path) ? `"${path}"` : path;
}

/** The folders that images lie in, each once, cut to the first `parts` names of the path; −1 for whole paths. */
function foldersOf(images: readonly ImageFile[], parts: number): string[] {
  return [
    ...new Set(
      images.map(({ path }) => path.split("/").slice(0, -1).slice(0, parts < 0 ? undefined : parts).join("/")),
    ),
  ];
}

function kindOf({ path }: Pick<ImageFile, "path">): string {
  return path.split("/")[1];
}

/** Number of folders in a path. */
function depth(path: string): number {
  return path.split("/").length - 1;
}

function nameOf(path: string): string {
  return path.split("/").at(-1)!.normalize().toLowerCase().replace(/\.[^.]*$/, "");
}
