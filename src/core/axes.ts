// Finds the principal axes of a set of vectors from a sample: the few orthonormal axes along which the vectors vary
// most.

import { seededRandom } from "../random.ts";
import type { Patches } from "./tasks/work.ts";

/** How many vectors the sample has. */
const SAMPLE = 512;
/**
 * Rounds of subspace iteration. Three are enough: if the axes are not quite the principal ones, they only exclude fewer
 * patches.
 */
const ROUNDS = 3;

/** The largest number of axes, unless the caller gives another. */
const MOST = 64;
/** The share of the variance that may lie outside the axes. */
const LEFT = 0.13;

/** Vectors of `channels` numbers: `[any, channels]`. */
export type Vectors = Pick<Patches, "data" | "channels">;

/** Orthonormal axes in the layout that the core reads. */
export interface Axes {
  /** How many axes there are: an even number. */
  readonly axes: number;
  /** `[channels, 4]` for each group of four axes. Places after the last axis hold zeros. */
  readonly basis: Float64Array;
  /** Whether the axes hold as much of the variance as was asked for. */
  readonly suffices: boolean;
}

/**
 * Returns as many axes as are needed to hold most of the variance about `centre`: an even number, and at most `most`.
 */
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

/** The index in {@linkcode Axes.basis} of one channel of one axis. */
function placeInFours(axis: number, channel: number, channels: number): number {
  return (Math.floor(axis / 4) * channels + channel) * 4 + axis % 4;
}

/** The first `kept` columns of a basis `[channels, axes]`, in the order of {@linkcode Axes.basis}. */
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
 * Rotates the given axes at random within their subspace. Patches then vary by about the same amount along each axis.
 * The numbers are of similar size, so they can be quantised in finer steps.
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

/** How many of the axes are needed to hold `share` of the variance: an even number. All of them, if they hold less. */
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

/** How a sample is drawn. */
export interface SampleOptions {
  /** The largest number of vectors. They are taken at equal distances from the whole set. */
  readonly most: number;
  /** The first channel to take. @default 0 */
  readonly from?: number;
  /** How many channels to take. @default all */
  readonly width?: number;
}

/** Returns a sample of the vectors: `[count, width]`. */
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

/**
 * The scatter matrix of a sample about a centre: `[width, width]`, each entry the sum of the products of two channels.
 */
export function scatterOf(sample: Float64Array, centre: ArrayLike<number>): Float64Array {
  const width = centre.length;
  const scatter = new Float64Array(width * width);
  // Four vectors at a time, so that each sum is read and written a quarter as often. Zeros fill up the last four.
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

/** Product of `[channels, channels]` and `[channels, axes]`. */
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
 * Makes the columns of `[channels, axes]` orthonormal, by Gram–Schmidt. A second pass removes what rounding left after
 * the first. A column that depends on earlier ones becomes zero. Every column is shortened by 1e-9: whatever rounding
 * does, no projection is then longer than its vector.
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

/** Scalar product of two columns. */
function dot(basis: Float64Array, a: number, b: number, channels: number, axes: number): number {
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) sum += basis[channel * axes + a] * basis[channel * axes + b];
  return sum;
}
