// Large photos are looked at twice: first all over, then closely at the place that is the least like the others.

import type { WorkOptions } from "../distance/patch_minima.ts";
import { evenly } from "../evenly.js";
import type { Embedder } from "../embed/embedder.ts";
import { type PhotoSize, type PixelBox, scaledBox } from "../image/pixel_box.ts";
import { resize } from "../image/resize.ts";
import type { PatchSet, Raster } from "../types.ts";
import { cutOut, squareAround } from "./cut_out.ts";
import { type Detail, firstLookSize, isLarge, visibleDetail, windowSide } from "./detail.ts";
import { scaleOf } from "./decode_photo.ts";
import { joinLooks } from "./two_looks.ts";
import { asReferences, type FirstLook, mostUnlikePlace, type ReferenceLooks, unlikeness } from "./unlike_places.ts";

/** How photos are looked at closer: fitted once, then each photo by itself. Plain and serialisable. */
export interface CloserLook {
  /** Smallest defect that is looked for, in the photos' own pixels. */
  readonly detail: number;
  /** First looks of some photos, which all are compared with. */
  readonly references: ReferenceLooks;
}

/** Photos that all are compared with: with twice as many the same places were found. */
const REFERENCES = 16;
/** Photos by whose sizes it is decided whether to look closer. */
const MEASURED = 9;

/** Gives photos by number, one after another, as each may be large; what cannot be read is left out. */
export type PhotoReader = (chosen: readonly number[]) => AsyncIterable<Raster>;

/** The same of their sizes. */
export type SizeReader = (chosen: readonly number[]) => AsyncIterable<PhotoSize>;

/** What is looked for in photos, and the size of one of them. */
export interface WantedDetail {
  readonly detail: number;
  readonly size: PhotoSize;
}

/** The detail that is looked for in `count` photos, by some of them; nothing where they are seen well enough whole. */
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

/** The photos that all are compared with, of so many: those by whose sizes it was decided, and further ones. */
export function referencePhotos(count: number): number[] {
  return [...new Set([...evenly(count, MEASURED), ...evenly(count, REFERENCES)])].slice(0, REFERENCES);
}

/** A look by the first looks of some of `count` photos. */
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
  const { width, height } = firstLookSize(photo, detail / scaleOf(photo));
  return await embedder.embed(resize(photo, width, height));
}

/** Where a photo is looked at closely, in its decoded pixels: around the place that is the least like the other photos. */
export async function findWindow(
  photo: Raster,
  look: CloserLook,
  embedder: Embedder,
  work: WorkOptions = {},
): Promise<PixelBox> {
  const first = await firstLook(photo, look.detail, embedder);
  const [x, y] = mostUnlikePlace(await unlikeness(first, look.references, work), first);
  return squareAround(x * photo.width, y * photo.height, Math.round(windowSide(look.detail) / scaleOf(photo)), photo);
}

/** What is seen in a window, as a square of `size` pixels a side. */
export function seenInWindow(photo: Raster, window: PixelBox, size: number): Raster {
  return resize(cutOut(photo, window), size, size);
}

/** What looks at photos. */
export interface LookingNetworks {
  /** Embeds first looks, images of their own size. */
  readonly first: Embedder;
  /** Embeds squares, of the window and of the whole photo. */
  readonly second: Embedder;
}

/**
 * The patches of both looks at a photo, `whole` being all of it as a square; and where the close one was, in the pixels of
 * the photo's file.
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
  const patches = joinLooks(close, await second.embed(whole));
  return { patches, window: scaledBox(window, scaleOf(photo)) };
}
