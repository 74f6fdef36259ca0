// A few orthonormal axes along which patches vary most.

import { seededRandom } from "../random.ts";
import type { Patches } from "./tasks/work.ts";

/** Patches that the axes are found from. */
const SAMPLE = 512;
/** Rounds of subspace iteration: the axes need not be exact, only orthonormal. */
const ROUNDS = 3;

/** Most axes. */
const MOST = 64;
/** Share of the variance that the axes leave. */
const LEFT = 0.13;

/** Any number of vectors of `channels` numbers. */
export type Vectors = Pick<Patches, "data" | "channels">;

/** Orthonormal axes as the core reads them: for each four of them `[channels, 4]` numbers, zero past the last. */
export interface Axes {
  /** An even number. */
  readonly axes: number;
  readonly basis: Float64Array;
  /** Whether most of the variance lies along them. */
  readonly suffices: boolean;
}

/** Enough axes to hold most of the variance, but at most `most`, an even number. */
export function principalAxes(set: Vectors, centre: Float32Array, most: number = MOST): Axes {
  const { channels } = set;
  const axes = Math.max(2, Math.min(most, channels - channels % 2));
  const covariance = scatterOf(samplePatches(set, { most: SAMPLE }), centre);
  const random = seededRandom(1);
  let basis = Float64Array.from({ length: channels * axes }, () => random() - 0.5);
  for (let round = 0; round < ROUNDS; round++) {
    basis = product(covariance, basis, channels, axes);
    orthonormalise(basis, channels, axes);
  }
  const { kept, suffices } = axesFor(1 - LEFT, covariance, basis, channels, axes);
  return { axes: kept, basis: fourColumns(basis, channels, axes, kept), suffices };
}

function placeInFours(axis: number, channel: number, channels: number): number {
  return (Math.floor(axis / 4) * channels + channel) * 4 + axis % 4;
}

/** The first `kept` of the `axes` columns of a basis as the core reads them: see {@linkcode Axes}. */
export function fourColumns(basis: Float64Array, channels: number, axes: number, kept: number): Float64Array {
  const inFours = new Float64Array(Math.ceil(kept / 4) * 4 * channels);
  for (let axis = 0; axis < kept; axis++) {
    for (let channel = 0; channel < channels; channel++) {
      inFours[placeInFours(axis, channel, channels)] = basis[channel * axes + axis];
    }
  }
  return inFours;
}

/**
 * The same axes turned among themselves at random, so that patches vary about as much along each: numbers of one size
 * become finer integers.
 */
export function evenAxes(basis: Float64Array, channels: number, axes: number): Float64Array {
  const random = seededRandom(2);
  const turn = Float64Array.from({ length: axes * axes }, () => random() - 0.5);
  orthonormalise(turn, axes, axes);
  const even = new Float64Array(basis.length);
  for (let at = 0; at < axes * channels; at++) {
    const [axis, channel] = [Math.floor(at / channels), at % channels];
    let sum = 0;
    for (let other = 0; other < axes; other++) {
      sum += basis[placeInFours(other, channel, channels)] * turn[other * axes + axis];
    }
    even[placeInFours(axis, channel, channels)] = sum;
  }
  return even;
}

/** How many of the axes, an even number, hold this share of the variance, or all do not. */
function axesFor(
  share: number,
  covariance: Float64Array,
  basis: Float64Array,
  channels: number,
  axes: number,
): { kept: number; suffices: boolean } {
  let wanted = 0;
  for (let channel = 0; channel < channels; channel++) wanted += share * covariance[channel * channels + channel];
  const stretched = product(covariance, basis, channels, axes);
  let kept = 0;
  for (; kept < axes && (wanted > 0 || kept % 2 === 1); kept++) {
    for (let channel = 0; channel < channels; channel++) {
      wanted -= basis[channel * axes + kept] * stretched[channel * axes + kept];
    }
  }
  return { kept: Math.max(2, kept), suffices: wanted <= 0 };
}

/** What a sample is drawn by: at most `most` patches, evenly, and of their channels `width` from `from` on. */
export interface SampleOptions {
  readonly most: number;
  /** @default 0 */
  readonly from?: number;
  /** @default all */
  readonly width?: number;
}

/** A sample of patches, one after the other: `[count, width]`. */
export function samplePatches({ data, channels }: Vectors, options: SampleOptions): Float64Array {
  const { most, from = 0, width = channels } = options;
  const total = data.length / channels;
  const count = Math.min(most, total);
  const sample = new Float64Array(count * width);
  for (let drawn = 0; drawn < count; drawn++) {
    const at = Math.floor(drawn * total / count) * channels + from;
    sample.set(data.subarray(at, at + width), drawn * width);
  }
  return sample;
}

/** Sums of products of a sample's channels about a centre: `[width, width]`. */
export function scatterOf(sample: Float64Array, centre: ArrayLike<number>): Float64Array {
  const width = centre.length;
  const scatter = new Float64Array(width * width);
  // Four patches at a time, so that each sum is read and written a quarter as often; zeros fill up the last ones.
  const [a, b, c, d] = [0, 1, 2, 3].map(() => new Float64Array(width));
  for (let at = 0; at < sample.length; at += 4 * width) {
    [a, b, c, d].forEach((patch, number) => {
      const from = at + number * width;
      for (let k = 0; k < width; k++) patch[k] = from < sample.length ? sample[from + k] - centre[k] : 0;
    });
    for (let row = 0; row < width; row++) {
      const [ofA, ofB, ofC, ofD] = [a[row], b[row], c[row], d[row]];
      for (let column = row; column < width; column++) {
        scatter[row * width + column] += ofA * a[column] + ofB * b[column] + (ofC * c[column] + ofD * d[column]);
      }
    }
  }
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < row; column++) scatter[row * width + column] = scatter[column * width + row];
  }
  return scatter;
}

function product(square: Float64Array, basis: Float64Array, channels: number, axes: number): Float64Array<ArrayBuffer> {
  const result = new Float64Array(channels * axes);
  for (let row = 0; row < channels; row++) {
    for (let inner = 0; inner < channels; inner++) {
      const factor = square[row * channels + inner];
      for (let axis = 0; axis < axes; axis++) result[row * axes + axis] += factor * basis[inner * axes + axis];
    }
  }
  return result;
}

/**
 * Gram–Schmidt, twice for digits; an axis without length becomes zero. Shrunk by 1e-9 in the end, so that
 * rounding never makes a projection longer than what is projected.
 */
function orthonormalise(basis: Float64Array, channels: number, axes: number): void {
  for (let axis = 0; axis < axes; axis++) {
    const before = Math.sqrt(dot(basis, axis, axis, channels, axes));
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < axis; other++) {
        const along = dot(basis, axis, other, channels, axes) * (1 + 2e-9);
        for (let channel = 0; channel < channels; channel++) {
          basis[channel * axes + axis] -= along * basis[channel * axes + other];
        }
      }
    }
    const length = Math.sqrt(dot(basis, axis, axis, channels, axes));
    const factor = length > 1e-9 * before ? (1 - 1e-9) / length : 0;
    for (let channel = 0; channel < channels; channel++) basis[channel * axes + axis] *= factor;
  }
}

function dot(basis: Float64Array, a: number, b: number, channels: number, axes: number): number {
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) sum += basis[channel * axes + a] * basis[channel * axes + b];
  return sum;
}
