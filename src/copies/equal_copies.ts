// Makes equal images count once: a photo that is in a folder twice is not evidence for anything.

import { largestFirst } from "../cluster/largest_first.ts";
import type { Linkage } from "../cluster/linkage.ts";
import { ensure } from "../errors.ts";
import type { DistanceMatrix, Embeddings, PatchSet, PatchValues } from "../types.ts";

/** Which of some images are equal. */
export interface Copies {
  /** For each image, the first image that is equal to it. This is the image itself, if no earlier one is equal. */
  readonly firsts: Int32Array;
  /** The images that have no earlier equal image, ascending. */
  readonly distinct: readonly number[];
  /** For each image, the place of its first equal image in `distinct`. */
  readonly places: Int32Array;
}

/** How many numbers of each row are compared first. Only rows that agree in these are compared in full. */
const SAMPLED = 16;

/**
 * Finds rows that are equal to the last bit. If `also` is given, its rows must be equal too. Returns undefined if all
 * rows differ.
 */
export function findCopies(rows: Rows, also?: Rows): Copies | undefined {
  const { count } = rows;
  const candidates = new Map<string, number[]>();
  const firsts = new Int32Array(count);
  const places = new Int32Array(count);
  const distinct: number[] = [];
  for (let i = 0; i < count; i++) {
    const key = sampleOf(rows, i);
    const alike = candidates.get(key) ?? [];
    const first = alike.find((j) => areEqual(rows, i, j) && (!also || areEqual(also, i, j)));
    firsts[i] = first ?? i;
    if (first !== undefined) places[i] = places[first];
    else {
      places[i] = distinct.push(i) - 1;
      candidates.set(key, [...alike, i]);
    }
  }
  return distinct.length === count ? undefined : { firsts, distinct, places };
}

/** `count` rows of equally many numbers. */
interface Rows {
  readonly data: Float32Array | Float64Array;
  readonly count: number;
}

function sampleOf({ data, count }: Rows, i: number): string {
  const length = data.length / count;
  const step = Math.max(1, Math.floor(length / SAMPLED));
  const numbers = [];
  for (let at = i * length; at < (i + 1) * length; at += step) numbers.push(data[at]);
  return numbers.join();
}

function areEqual({ data, count }: Rows, i: number, j: number): boolean {
  const length = data.length / count;
  for (let at = 0; at < length; at++) if (data[i * length + at] !== data[j * length + at]) return false;
  return true;
}

/** Throws `bad-argument` for more groups than there are distinct images. */
export function checkGroupCount(k: number | "auto" | undefined, { distinct, places }: Copies): void {
  ensure(
    typeof k !== "number" || k <= distinct.length,
    `${k} groups are not possible: only ${distinct.length} of ${places.length} images differ from each other`,
  );
}

/**
 * Groups and medoids of all images, from those of the distinct images. Groups are numbered by size, and sizes count
 * copies.
 */
export function groupsForAll(
  found: { readonly groups: Int32Array; readonly medoids: Int32Array },
  scores: ArrayLike<number>,
  copies: Copies,
): { groups: Int32Array; medoids: Int32Array } {
  const before = forAll(found.groups, copies);
  const groups = largestFirst(before, scores);
  const medoids = new Int32Array(found.medoids.length);
  before.forEach((group, i) => medoids[groups[i]] = copies.distinct[found.medoids[group]]);
  return { groups, medoids };
}

/** Repeats the values of the distinct images for their copies: one value for each image. */
export function forAll<Values extends Int32Array | Float64Array | Uint8Array>(
  values: Values,
  { places }: Copies,
): Values {
  const all = new (values.constructor as new (length: number) => Values)(places.length);
  places.forEach((place, i) => all[i] = values[place]);
  return all;
}

/** Repeats the rows of the distinct images for their copies: one row for each image. */
export function rowsForAll<Set extends PatchSet | PatchValues | Embeddings>(set: Set, { places }: Copies): Set {
  const length = set.data.length / set.count;
  const data = new (set.data.constructor as new (length: number) => Set["data"])(places.length * length);
  places.forEach((place, i) => data.set(set.data.subarray(place * length, (place + 1) * length), i * length));
  return { ...set, data, count: places.length };
}

/** Distances between all images, from those between the distinct images. Between copies they are 0. */
export function matrixForAll({ data, count }: DistanceMatrix, { places }: Copies): DistanceMatrix {
  const all = places.length;
  const wide = new (data.constructor as new (length: number) => typeof data)(all * all);
  places.forEach((row, i) => {
    for (let j = 0; j < all; j++) wide[i * all + j] = data[row * count + places[j]];
  });
  return { data: wide, count: all };
}

/** The tree of all images, from the tree of the distinct images. Copies merge first, at height 0. */
export function treeForAll(tree: Linkage, { firsts, distinct }: Copies): Linkage {
  const count = firsts.length;
  const pairs = new Int32Array((count - 1) * 2);
  const [heights, sizes] = [new Float64Array(count - 1), new Int32Array(count - 1)];
  const cluster = Int32Array.from({ length: count }, (_, i) => i); // The cluster that holds image i and its copies.
  const sizeOf = (number: number) => number < count ? 1 : sizes[number - count];
  let merges = 0;
  const merge = (a: number, b: number, height: number) => {
    [pairs[merges * 2], pairs[merges * 2 + 1]] = [Math.min(a, b), Math.max(a, b)];
    heights[merges] = height;
    sizes[merges] = sizeOf(a) + sizeOf(b);
    return count + merges++;
  };
  firsts.forEach((first, i) => {
    if (first !== i) cluster[first] = merge(cluster[first], i, 0);
  });
  const copied = merges;
  const named = (number: number) => {
    return number < tree.count ? cluster[distinct[number]] : count + copied + number - tree.count;
  };
  tree.heights.forEach((height, t) => merge(named(tree.pairs[t * 2]), named(tree.pairs[t * 2 + 1]), height));
  return { count, pairs, heights, sizes };
}
