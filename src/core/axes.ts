// A few orthonormal axes along which vectors vary most: principal axes, found from a sample.

import { seededRandom } from "../random.ts";
import type { Patches } from "./tasks/work.ts";

/** How many vectors the axes are found from. */
const SAMPLE = 512;
/** Rounds of subspace iteration. Few will do: axes that are not quite the principal ones only exclude less. */
const ROUNDS = 3;

/** The most axes by default. */
const MOST = 64;
/** The share of the variance that the axes may leave. */
const LEFT = 0.13;

/** Vectors of `channels` numbers: `[any, channels]`. */
export type Vectors = Pick<Patches, "data" | "channels">;

/** Orthonormal axes as the core reads them. */
export interface Axes {
  /** How many there are, an even number. */
  readonly axes: number;
  /** For each four axes `[channels, 4]`, with zeros in place of axes behind the last. */
  readonly basis: Float64Array;
  /** Whether they hold as much of the variance as was wanted. */
  readonly suffices: boolean;
}

/** As many axes as are needed to hold most of the variance about `centre`, but at most `most`, an even number. */
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

/** Where {@linkcode Axes.basis} has a channel of an axis. */
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
 * Other axes of the same subspace: the given ones, rotated at random. Patches then vary about as much along each of them,
 * and numbers of one size become finer integers.
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

/** How many of the axes, an even number, hold a share of the variance; all, where these do not suffice. */
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
  /** The most vectors. They lie at equal distances in the set. */
  readonly most: number;
  /** The first channel. @default 0 */
  readonly from?: number;
  /** How many channels. @default all */
  readonly width?: number;
}

/** A sample of the vectors: `[count, width]`. */
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

/** The scatter matrix of a sample about a centre, sums of products of two channels: `[width, width]`. */
export function scatterOf(sample: Float64Array, centre: ArrayLike<number>): Float64Array {
  const width = centre.length;
  const scatter = new Float64Array(width * width);
  // Four vectors at a time: each sum is read and written a quarter as often. Zeros stand in for those behind the last.
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
 * Makes the columns of `[channels, axes]` orthonormal, by Gram–Schmidt. A second pass removes what rounding left in the
 * first. A column that depends on those before becomes zero. All are made shorter by 1e-9, so that no projection is longer
 * than its vector, whatever rounding does.
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

/** Product of two columns. */
function dot(basis: Float64Array, a: number, b: number, channels: number, axes: number): number {
  let sum = 0;
  for (let channel = 0; channel < channels; channel++) sum += basis[channel * axes + a] * basis[channel * axes + b];
  return sum;
}
