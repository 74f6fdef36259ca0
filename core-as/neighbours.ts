// What a patch's nearest patches in all other images come to: a quantile of their distances, their mean.

import { QuantisedImage } from "./structures";

/** Adds `bytes` of floats. */
// @ts-ignore: decorator
@inline
function addTo(into: usize, from: usize, bytes: usize): void {
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) v128.store(into + k, f32x4.add(v128.load(into + k), v128.load(from + k)));
  for (; k < bytes; k += 4) store<f32>(into + k, load<f32>(into + k) + load<f32>(from + k));
}

/**
 * Keeps one image's minima: patch m's distance at `distances` + m · `stride`, and, unless `sums` is 0, its nearest patch
 * of the other image, added to m's sum of `channels` floats, of which each patch has `own` to itself.
 */
export function keepNearest(
  squared: usize,
  places: usize,
  patches: i32,
  other: QuantisedImage,
  channels: i32,
  own: i32,
  distances: usize,
  stride: usize,
  sums: usize,
): void {
  const ownBytes = <usize> own << 2, sharedBytes = <usize> (channels - own) << 2;
  for (let m: usize = 0; m < <usize> patches; m++) {
    store<f32>(distances + m * stride, sqrt<f32>(load<f32>(squared + (m << 2))));
    if (!sums) continue;
    const n = <usize> load<i32>(places + (m << 2));
    const into = sums + m * (ownBytes + sharedBytes);
    addTo(into, other.patches + n * ownBytes, ownBytes);
    addTo(into + ownBytes, other.sharedPatches + (n >> 2) * sharedBytes, sharedBytes);
  }
}

/** Mean of `count` floats. */
export function meanOf(values: usize, count: i32): f32 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < <usize> count << 2; at += 4) sum += <f64> load<f32>(values + at);
  return <f32> (sum / <f64> count);
}

/** Standard deviation of `count` floats about their `mean`, as of a sample; of one float 0. */
export function deviationOf(values: usize, count: i32, mean: f32): f32 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < <usize> count << 2; at += 4) {
    const off = <f64> load<f32>(values + at) - <f64> mean;
    sum += off * off;
  }
  return <f32> sqrt<f64>(sum / <f64> max<i32>(1, count - 1));
}

/** The float of rank `rank`, from 0, among `count`: quickselect (Hoare 1961). Reorders them. */
export function ranked(values: usize, count: i32, rank: i32): f32 {
  let low = 0, high = count - 1;
  while (low < high) {
    const pivot = load<f32>(values + (<usize> (low + high >> 1) << 2));
    let i = low, j = high;
    while (i <= j) {
      while (load<f32>(values + (<usize> i << 2)) < pivot) i++;
      while (load<f32>(values + (<usize> j << 2)) > pivot) j--;
      if (i <= j) {
        const swap = load<f32>(values + (<usize> i << 2));
        store<f32>(values + (<usize> i << 2), load<f32>(values + (<usize> j << 2)));
        store<f32>(values + (<usize> j << 2), swap);
        i++;
        j--;
      }
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return load<f32>(values + (<usize> rank << 2));
}
