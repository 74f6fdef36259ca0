// What is made of a patch's minima over many images: a quantile, their mean; and the sum of the nearest patches.

import { QuantisedImage } from "./structures";

/** Adds floats to floats, `bytes` of them. */
// @ts-ignore: decorator
@inline
function addTo(into: usize, from: usize, bytes: usize): void {
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) v128.store(into + k, f32x4.add(v128.load(into + k), v128.load(from + k)));
  for (; k < bytes; k += 4) store<f32>(into + k, load<f32>(into + k) + load<f32>(from + k));
}

/**
 * Keeps the minima over one other image: the distance of patch m goes to `distances` + m · `stride`. Unless `sums` is 0,
 * m's nearest patch there is added to the sum of `channels` floats that m has at `sums`. Of the channels `own` are stored
 * for each patch, the others for each quartet.
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

/** The mean of `count` floats. */
export function meanOf(values: usize, count: i32): f32 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < <usize> count << 2; at += 4) sum += <f64> load<f32>(values + at);
  return <f32> (sum / <f64> count);
}

/** The standard deviation of `count` floats with this `mean`, as of a sample (divided by `count` − 1); of one float 0. */
export function deviationOf(values: usize, count: i32, mean: f32): f32 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < <usize> count << 2; at += 4) {
    const off = <f64> load<f32>(values + at) - <f64> mean;
    sum += off * off;
  }
  return <f32> sqrt<f64>(sum / <f64> max<i32>(1, count - 1));
}

/** The float of a rank, counted from 0, among `count`: quickselect (Hoare 1961). It changes their order. */
export function ranked(values: usize, count: i32, rank: i32): f32 {
  let low = 0, high = count - 1;
  while (low < high) {
    const pivot = load<f32>(values + (<usize> (low + high >> 1) << 2));
    let fromLow = low, fromHigh = high;
    while (fromLow <= fromHigh) {
      while (load<f32>(values + (<usize> fromLow << 2)) < pivot) fromLow++;
      while (load<f32>(values + (<usize> fromHigh << 2)) > pivot) fromHigh--;
      if (fromLow <= fromHigh) {
        const swap = load<f32>(values + (<usize> fromLow << 2));
        store<f32>(values + (<usize> fromLow << 2), load<f32>(values + (<usize> fromHigh << 2)));
        store<f32>(values + (<usize> fromHigh << 2), swap);
        fromLow++;
        fromHigh--;
      }
    }
    if (rank <= fromHigh) high = fromHigh;
    else if (rank >= fromLow) low = fromLow;
    else break;
  }
  return load<f32>(values + (<usize> rank << 2));
}
