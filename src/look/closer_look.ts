// Looks at large photos twice: first at the whole photo, then closely at the place that is least like the other photos.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { evenly } from "../evenly.js";
import type { Embedder } from "../embed/embedder.ts";
import { type PhotoSize, type PixelBox, scaledBox } from "../image/pixel_box.ts";
import { resize } from "../image/resize.ts";
import type { PatchSet, Raster } from "../types.ts";
import { cutOut, squareAround } from "./cut_out.ts";
import { type Detail, firstLookSize, isLarge, visibleDetail, windowSide } from "./detail.ts";
import { shrinkageOf } from "./decode_photo.ts";
import { folded, piecesOf } from "./fold_strip.ts";
import { joinLooks } from "./two_looks.ts";
import { asReferences, type FirstLook, mostUnlikePlace, type ReferenceLooks, unlikeness } from "./unlike_places.ts";

/**
 * How photos are looked at closely. It is fitted once and then applied to each photo by itself. Plain and serialisable.
 */
export interface CloserLook {
  /** Size of the smallest defect to look for, in the photos' own pixels. */
  readonly detail: number;
  /** First looks at some photos, the references, which all photos are compared with. */
  readonly references: ReferenceLooks;
}

/** Number of references. With twice as many the same places were found. */
const REFERENCES = 16;
/** Number of photos whose sizes decide whether photos are looked at closely. */
const MEASURED = 9;

/**
 * Gives the photos with the chosen indices, one at a time, as each may be large. Photos that cannot be read are left
 * out.
 */
export type PhotoReader = (chosen: readonly number[]) => AsyncIterable<Raster>;

/** Gives the sizes of the photos with the chosen indices in the same way. */
export type SizeReader = (chosen: readonly number[]) => AsyncIterable<PhotoSize>;

/** The size of the smallest defect to look for, and the size of a typical photo. */
export interface WantedDetail {
  readonly detail: number;
  readonly size: PhotoSize;
}

/**
 * Returns the size of defect to look for in `count` photos, decided by some of them. Nothing if it is enough to see the
 * photos whole.
 */
export async function wantedDetail(
  count: number,
  asked: Detail,
  sizesOf: SizeReader,
): Promise<WantedDetail | undefined> {
  if (asked === "off") return undefined;
  const sizes: PhotoSize[] = [];
  for await (const { width, height } of sizesOf(evenly(count, MEASURED))) sizes.push({ width, height });
  if (sizes.length < 2) return undefined;
  const size = sizes.sort((a, b) => a.width * a.height - b.width * b.height)[sizes.length >> 1];
  if (asked !== "auto") return { detail: asked, size };
  return isLarge(size) ? { detail: visibleDetail(size), size } : undefined;
}

/** Returns which of `count` photos are the references: the photos whose sizes decided, and some more. */
export function referencePhotos(count: number): number[] {
  return [...new Set([...evenly(count, MEASURED), ...evenly(count, REFERENCES)])].slice(0, REFERENCES);
}

/** Makes the first looks at the references among `count` photos. */
export async function fitLook(
  count: number,
  detail: number,
  photos: PhotoReader,
  embedder: Embedder,
): Promise<CloserLook> {
  const looks: FirstLook[] = [];
  for await (const photo of photos(referencePhotos(count))) looks.push(await firstLook(photo, detail, embedder));
  return { detail, references: asReferences(looks) };
}

/** Embeds the first look at a photo; `detail` is in the pixels of its file. */
export async function firstLook(photo: Raster, detail: number, embedder: Embedder): Promise<FirstLook> {
  const { width, height } = firstLookSize(photo, detail / shrinkageOf(photo));
  return await embedder.embed(resize(photo, width, height));
}

/**
 * Returns the window in which a photo is looked at closely, in its decoded pixels: around the place that is least like the
 * other photos.
 */
export async function findWindow(
  photo: Raster,
  look: CloserLook,
  embedder: Embedder,
  work: WorkOptions = {},
): Promise<PixelBox> {
  const first = await firstLook(photo, look.detail, embedder);
  const [x, y] = mostUnlikePlace(await unlikeness(first, look.references, work), first);
  return squareAround(
    x * photo.width,
    y * photo.height,
    Math.round(windowSide(look.detail) / shrinkageOf(photo)),
    photo,
  );
}

/** Returns what a window shows, as a square of `size` pixels a side. */
export function seenInWindow(photo: Raster, window: PixelBox, size: number): Raster {
  return resize(cutOut(photo, window), size, size);
}

/** The networks that embed the two looks. */
export interface LookingNetworks {
  /** Embeds first looks, which are images of any size. */
  readonly first: Embedder;
  /** Embeds second looks, which are squares: the window and the whole photo. */
  readonly second: Embedder;
}

/**
 * Returns the patches of both looks at a photo, and the window of the close look in the pixels of the photo's file. `whole`
 * is the whole photo as a square; a photo at least twice as long as wide is folded in its place.
 */
export async function lookTwice(
  photo: Raster,
  whole: Raster,
  look: CloserLook,
  { first, second }: LookingNetworks,
  work: WorkOptions = {},
): Promise<{ patches: PatchSet; window: PixelBox }> {
  const window = await findWindow(photo, look, first, work);
  const close = await second.embed(seenInWindow(photo, window, whole.width));
  const size = whole.width;
  const all = piecesOf(photo) === 1 ? whole : resize(folded(photo), size, size);
  const patches = joinLooks(close, await second.embed(all));
  return { patches, window: scaledBox(window, shrinkageOf(photo)) };
}
