// The types of values that pass through the pipeline: typed arrays with explicit shapes.

import { ensure } from "./errors.ts";

/** Pixels of one image: RGBA, row by row from the top left, 8 bits a channel, sRGB. */
export interface Raster {
  /** `width * height * 4` bytes. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** What the user should know about how the pixels were read, e.g. that a file has further pages. */
  readonly note?: string;
  /**
   * The largest sample, up to 65535. Only for files with 16 bits a channel that do not say how many of these bits are
   * used: see `DecodeOptions.white`.
   */
  readonly largest?: number;
  /** Size of the image in its file, upright, where it was shrunk while it was decoded. */
  readonly original?: { readonly width: number; readonly height: number };
}

/**
 * Patch embeddings of `count` images: z_m^i in the paper. Each image has M = rows · cols patches of D = channels
 * numbers.
 */
export interface PatchSet {
  /** `[count, rows * cols, channels]`, row-major. */
  readonly data: Float32Array;
  /** Number of images. */
  readonly count: number;
  /** Rows of the patch grid. */
  readonly rows: number;
  /** Columns of the patch grid. */
  readonly cols: number;
  /** Numbers in one patch embedding. */
  readonly channels: number;
  /**
   * How many channels each level of a pyramid has. The levels lie side by side in an embedding. @default one level of
   * all channels
   */
  readonly levels?: readonly number[];
}

/** A number for each patch of each image: a score s_m or a weight α_m. */
export interface PatchValues {
  /** `[count, patches]`, row-major. */
  readonly data: Float32Array;
  /** Number of images. */
  readonly count: number;
  /** How many patches an image has. */
  readonly patches: number;
}

/** One vector for each image. */
export interface Embeddings {
  /** `[count, channels]`, row-major. */
  readonly data: Float32Array | Float64Array;
  /** Number of images. */
  readonly count: number;
  /** How many numbers a vector has. */
  readonly channels: number;
}

/** Numbers of a distance matrix. */
export type Distances = Float64Array | Float32Array;

/** Distances between all pairs of images: symmetric, zero on the diagonal. */
export interface DistanceMatrix {
  /** `[count, count]`, row-major; float32 from 5,000 images on. */
  readonly data: Distances;
  /** Number of images. */
  readonly count: number;
}

/** The largest allowed number. Sums of squares of such numbers still fit into float32. */
export const LARGEST_NUMBER = 1e15;

/**
 * The same number as bits. Larger positive floats have larger bits; infinity and NaN have larger bits than any number.
 */
const LARGEST_BITS = new Int32Array(Float32Array.of(LARGEST_NUMBER).buffer)[0];

/** How many numbers are tested together, before the wrong one among them is searched for. */
const AT_ONCE = 1 << 12;

/**
 * Index of the first number that is not finite or is too large; the length if there is none. It tests the bits of many
 * numbers together.
 */
function firstWrong({ buffer, byteOffset, length }: Float32Array): number {
  const bits = new Int32Array(buffer, byteOffset, length);
  const without = 0x7fffffff; // Removes the sign.
  for (let from = 0; from < length; from += AT_ONCE) {
    const end = Math.min(length, from + AT_ONCE);
    let left = 0;
    for (let at = from; at < end; at++) left |= LARGEST_BITS - (bits[at] & without);
    if (left >= 0) continue;
    for (let at = from; at < end; at++) if ((bits[at] & without) > LARGEST_BITS) return at;
  }
  return length;
}

/** Throws `bad-argument` when the array is not as long as its shape says. */
export function checkShape(patches: PatchSet): void {
  const expected = patches.count * patches.rows * patches.cols * patches.channels;
  ensure(
    patches.data.length === expected && expected > 0,
    `patch embeddings: ${patches.count} images × ${patches.rows} × ${patches.cols} patches × ${patches.channels} channels need ${expected} numbers (at least 1), got ${patches.data.length}`,
  );
  const levels = patches.levels ?? [patches.channels];
  ensure(
    levels.reduce((sum, width) => sum + width, 0) === patches.channels,
    `patch embeddings: levels of ${levels.join(" + ")} channels do not make ${patches.channels}`,
  );
}

/** Throws `bad-argument` if any number is not finite or huge. `ofImage`: how many numbers an image has. */
export function checkNumbers(data: Float32Array, ofImage: number): void {
  const wrong = firstWrong(data);
  ensure(
    wrong === data.length,
    `patch embeddings: image ${Math.floor(wrong / ofImage)} holds a number that is ${
      Number.isFinite(data[wrong]) ? `above ${LARGEST_NUMBER}: scale them down` : "not finite"
    }`,
  );
}

/** Checks both the shape and the numbers of a patch set. Throws `bad-argument`. */
export function checkPatches(patches: PatchSet): void {
  checkShape(patches);
  checkNumbers(patches.data, patches.rows * patches.cols * patches.channels);
}
