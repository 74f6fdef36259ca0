// Patch minima of every pair of images on the WASM core, one pair at a time: the N²·M minima are never
// all in memory.

import type { PatchSet } from "../types.ts";
import { type Region, withRegion } from "./memory.ts";

const PANEL = 12;

/**
 * A minimum below this share of |x|² is found again by differences. The expansion's error is about
 * √D · 2⁻²⁴ · |x|², so what stays is right to about 1e-5 up to D of a few hundred.
 */
const CANCELLATION = 0.06;

/** Sum (for the mean), smallest and largest distance of each patch to the other images. */
export interface MinimaStatistics {
  /** `[count, patches]` */
  readonly sum: Float64Array;
  /** `[count, patches]` */
  readonly smallest: Float32Array;
  /** `[count, patches]` */
  readonly largest: Float32Array;
}

/** What is told of each pair i < j: distances, not squared; the views are overwritten by the next pair. */
export type PairVisitor = (i: number, j: number, iToJ: Float32Array, jToI: Float32Array) => void;

/** Mean of all patches: the origin after centring, which keeps digits that the expansion would lose. */
export function patchMean(patches: PatchSet): Float32Array {
  const sums = new Float64Array(patches.channels);
  for (let at = 0; at < patches.data.length; at += patches.channels) {
    for (let channel = 0; channel < patches.channels; channel++) sums[channel] += patches.data[at + channel];
  }
  return Float32Array.from(sums, (sum) => sum / (patches.data.length / patches.channels));
}

/** Images laid out in panels: addresses of each image's patches and half norms. */
interface Packed {
  readonly panels: number;
  readonly image: (index: number) => number;
  readonly half: (index: number) => number;
}

function pack(region: Region, patches: PatchSet, centre: Float32Array, places = patches.rows * patches.cols): Packed {
  const { channels, count } = patches;
  const perImage = patches.rows * patches.cols;
  const panels = Math.ceil(places / PANEL);
  const imageBytes = panels * PANEL * channels * 4;
  const halfBytes = panels * PANEL * 4;
  const images = region.allocate(count * imageBytes);
  const halves = region.allocate(count * halfBytes);
  const source = region.allocate(perImage * channels * 4);
  const origin = region.copyIn(centre);
  for (let i = 0; i < count; i++) {
    region.floats(source, perImage * channels).set(
      patches.data.subarray(i * perImage * channels, (i + 1) * perImage * channels),
    );
    region.core.packPatches(
      source,
      perImage,
      panels,
      channels,
      origin,
      images + i * imageBytes,
      halves + i * halfBytes,
    );
  }
  return { panels, image: (i) => images + i * imageBytes, half: (i) => halves + i * halfBytes };
}

/** A bound on every distance: twice the largest distance from the centre. */
function distanceBound(region: Region, packed: Packed, patches: PatchSet): number {
  let largest = 0;
  for (let i = 0; i < patches.count; i++) {
    for (const half of region.floats(packed.half(i), patches.rows * patches.cols)) largest = Math.max(largest, half);
  }
  return 2 * Math.sqrt(2 * largest);
}

/**
 * Visits the pairs of `patches` that `wanted` names (all i < j by default), and gathers each patch's
 * statistics over the pairs visited. `onPairs` hears how many pairs are done.
 */
export function minimaStatistics(patches: PatchSet, options: {
  wanted?: (i: number, j: number) => boolean;
  visit?: PairVisitor;
  onPairs?: (done: number, total: number) => void;
  signal?: AbortSignal;
} = {}): MinimaStatistics {
  return withRegion((region) => {
    const { count, channels } = patches;
    const perImage = patches.rows * patches.cols;
    const { core } = region;
    const packed = pack(region, patches, patchMean(patches));
    const { panels } = packed;
    const rows = region.allocate(panels * PANEL * 4);
    const columns = region.allocate(panels * PANEL * 4);
    const sum = region.allocate(count * perImage * 8);
    const smallest = region.allocate(count * perImage * 4);
    const largest = region.allocate(count * perImage * 4);
    region.doubles(sum, count * perImage).fill(0);
    region.floats(smallest, count * perImage).fill(Infinity);
    region.floats(largest, count * perImage).fill(0);
    // 2^52 steps reach up to the bound's power of two × 2^20 images: sums are exact in any order.
    const bound = distanceBound(region, packed, patches);
    const rounding = 2 ** (Math.ceil(Math.log2(bound || 1)) + 20) * 1.5;
    const rowView = region.floats(rows, perImage);
    const columnView = region.floats(columns, perImage);
    const total = count * (count - 1) / 2;
    let done = 0;
    for (let i = 0; i < count; i++) {
      options.signal?.throwIfAborted();
      for (let j = i + 1; j < count; j++) {
        done++;
        if (options.wanted && !options.wanted(i, j)) continue;
        const [a, aHalf, b, bHalf] = [packed.image(i), packed.half(i), packed.image(j), packed.half(j)];
        core.pairMinima(a, aHalf, b, bHalf, panels, channels, rows, columns);
        core.refineMinima(rows, a, aHalf, perImage, b, bHalf, panels, channels, CANCELLATION);
        core.refineMinima(columns, b, bHalf, perImage, a, aHalf, panels, channels, CANCELLATION);
        const [offsetI, offsetJ] = [i * perImage, j * perImage];
        core.reduceMinima(rows, perImage, rounding, sum + offsetI * 8, smallest + offsetI * 4, largest + offsetI * 4);
        core.reduceMinima(
          columns,
          perImage,
          rounding,
          sum + offsetJ * 8,
          smallest + offsetJ * 4,
          largest + offsetJ * 4,
        );
        options.visit?.(i, j, rowView, columnView);
      }
      options.onPairs?.(done, total);
    }
    return {
      sum: region.doubles(sum, count * perImage).slice(),
      smallest: region.floats(smallest, count * perImage).slice(),
      largest: region.floats(largest, count * perImage).slice(),
    };
  });
}

/**
 * Distance of each patch of `patches` to the nearest of all patches of `references`, whose images may
 * have another number of patches: `[count, patches]`.
 */
export function nearestReference(patches: PatchSet, references: PatchSet, options: {
  onImages?: (done: number, total: number) => void;
  signal?: AbortSignal;
} = {}): Float32Array {
  return withRegion((region) => {
    const { core } = region;
    const { count, channels } = patches;
    const perImage = patches.rows * patches.cols;
    // The panels of a pair are as many as those of the larger image.
    const padded = Math.max(perImage, references.rows * references.cols);
    const centre = patchMean(patches);
    const own = pack(region, patches, centre, padded);
    const other = pack(region, references, centre, padded);
    const rows = region.allocate(own.panels * PANEL * 4);
    const columns = region.allocate(own.panels * PANEL * 4);
    const rowView = region.floats(rows, perImage);
    const nearest = new Float32Array(count * perImage).fill(Infinity);
    for (let i = 0; i < count; i++) {
      options.signal?.throwIfAborted();
      for (let r = 0; r < references.count; r++) {
        const [a, aHalf, b, bHalf] = [own.image(i), own.half(i), other.image(r), other.half(r)];
        core.pairMinima(a, aHalf, b, bHalf, own.panels, channels, rows, columns);
        core.refineMinima(rows, a, aHalf, perImage, b, bHalf, own.panels, channels, CANCELLATION);
        for (let m = 0; m < perImage; m++) {
          nearest[i * perImage + m] = Math.min(nearest[i * perImage + m], rowView[m]);
        }
      }
      options.onImages?.(i + 1, count);
    }
    return nearest.map(Math.sqrt);
  });
}

/** Mean distance of all patches of one image to all of another, for every pair: `[count, count]`. */
export function meanDistances(patches: PatchSet, options: {
  onPairs?: (done: number, total: number) => void;
  signal?: AbortSignal;
} = {}): Float64Array {
  return withRegion((region) => {
    const { count, channels } = patches;
    const perImage = patches.rows * patches.cols;
    const { panels, image, half } = pack(region, patches, patchMean(patches));
    const means = new Float64Array(count * count);
    for (let i = 0, done = 0; i < count; i++) {
      options.signal?.throwIfAborted();
      for (let j = i + 1; j < count; j++, done++) {
        const sum = region.core.sumDistances(image(i), half(i), perImage, image(j), half(j), panels, channels);
        means[i * count + j] = means[j * count + i] = sum / (perImage * perImage);
      }
      options.onPairs?.(done, count * (count - 1) / 2);
    }
    return means;
  });
}
