// Finds photos of a burst: they are not equal, but far nearer to each other than to any other photo.

import { linkage } from "../cluster/linkage.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { someImages } from "../embed/embedder.ts";
import { seededRandom } from "../random.ts";
import type { Embeddings, PatchSet } from "../types.ts";

/** The distance within a burst must be at most this share of the distance to the nearest other image. */
const NEARER_THAN_OTHERS = 0.6;
/**
 * The same share for images that were seen in several directions. These look more alike, because things that lie in
 * different directions then look the same.
 */
const NEARER_IN_VIEWS = 0.5;
/** The distance within a burst must also be at most this share of the usual distance between two images. */
const NEARER_THAN_USUAL = 0.5;
/** A larger set of such near images is a kind rather than a burst. */
const MOST = 5;
/**
 * An image is laid out in at most this many rows and columns: coarsely, because photos of a burst are shifted by some
 * pixels.
 */
const CELLS = 7;
/**
 * Each cell is projected to this many numbers: enough for distances that are right to some percent (Johnson and
 * Lindenstrauss 1984).
 */
const PROJECTED = 16;

/**
 * For each image, the first image of the burst that it belongs to; the image itself if it is in no burst. Undefined if
 * there are no bursts.
 *
 * Photos are compared place by place, sound parts and defects alike. So two photos with the same kind of defect are not
 * a burst. Bursts are found by single linkage. The thresholds separate photos that were turned by half a degree,
 * shifted by two pixels, made brighter by 3 % and saved anew from different photos of four sets.
 *
 * @param firsts for each image, the first image that is equal to it, as `clusterPatches` returns it. Equal images are
 * in the burst of their first one.
 * @param views in how many directions the images were seen.
 */
export function nearCopies(patches: PatchSet, firsts?: Int32Array, views = 1): Int32Array | undefined {
  const distinct = Array.from({ length: patches.count }, (_, i) => i).filter((i) => !firsts || firsts[i] === i);
  if (distinct.length < 4) return undefined; // Too few images to know which distances are usual.
  const distances = euclideanDistances(
    layouts(distinct.length === patches.count ? patches : someImages(patches, distinct)),
  );
  const bursts = nearSets(
    distances.data,
    linkage(distances, "single"),
    views > 1 ? NEARER_IN_VIEWS : NEARER_THAN_OTHERS,
  );
  if (bursts.length === 0) return undefined;
  const found = Int32Array.from({ length: patches.count }, (_, i) => i);
  for (const burst of bursts) for (const at of burst) found[distinct[at]] = distinct[burst[0]];
  return firsts ? found.map((_, i) => found[firsts[i]]) : found;
}

/** Finds sets of points that merge far below the height at which other points join them. Each set is ascending. */
function nearSets(
  distances: ArrayLike<number>,
  { count, pairs, heights, sizes }: ReturnType<typeof linkage>,
  nearer: number,
): number[][] {
  const usual = medianDistance(distances, count);
  const joined = new Float64Array(count - 1).fill(Infinity); // The height at which a merge's cluster joins others.
  for (let t = 0; t < count - 1; t++) {
    for (const part of [pairs[t * 2], pairs[t * 2 + 1]]) if (part >= count) joined[part - count] = heights[t];
  }
  const sets: number[][] = [];
  const collect = (cluster: number): number[] => {
    if (cluster < count) return [cluster];
    const t = cluster - count;
    return [...collect(pairs[t * 2]), ...collect(pairs[t * 2 + 1])];
  };
  const look = (t: number): void => {
    const isNear = heights[t] <= nearer * joined[t] && heights[t] <= NEARER_THAN_USUAL * usual;
    if (isNear && sizes[t] <= MOST && joined[t] < Infinity) sets.push(collect(count + t).sort((a, b) => a - b));
    else for (const part of [pairs[t * 2], pairs[t * 2 + 1]]) if (part >= count) look(part - count);
  };
  look(count - 2);
  return sets;
}

/** The median distance, estimated from the distances of each point to a few others. */
function medianDistance(distances: ArrayLike<number>, count: number): number {
  const some: number[] = [];
  for (let i = 0; i < count; i++) {
    for (let step = 1; step <= 8; step++) {
      const j = (i + Math.ceil(step * count / 9)) % count;
      if (j !== i) some.push(distances[i * count + j]);
    }
  }
  return some.sort((a, b) => a - b)[some.length >> 1];
}

/** Describes each image by one vector: the means of its cells, projected at random. */
function layouts({ data, count, rows, cols, channels }: PatchSet): Embeddings {
  const [high, wide] = [Math.min(rows, CELLS), Math.min(cols, CELLS)];
  const projection = signs(channels * PROJECTED);
  const length = high * wide * PROJECTED;
  const layout = new Float32Array(count * length);
  const [means, filled] = [new Float32Array(high * wide * channels), new Float32Array(high * wide)];
  for (let i = 0; i < count; i++) {
    means.fill(0);
    filled.fill(0);
    for (let place = 0; place < rows * cols; place++) {
      const cell = Math.floor(Math.floor(place / cols) * high / rows) * wide + Math.floor(place % cols * wide / cols);
      filled[cell]++;
      const from = (i * rows * cols + place) * channels;
      for (let channel = 0; channel < channels; channel++) means[cell * channels + channel] += data[from + channel];
    }
    for (let cell = 0; cell < high * wide; cell++) {
      for (let channel = 0; channel < channels; channel++) {
        const mean = means[cell * channels + channel] / filled[cell];
        for (let to = 0; to < PROJECTED; to++) {
          layout[i * length + cell * PROJECTED + to] += mean * projection[channel * PROJECTED + to];
        }
      }
    }
  }
  return { data: layout, count, channels: length };
}

/** Random signs, the same at each call. They project as well as normally distributed numbers (Achlioptas 2003). */
function signs(length: number): Int8Array {
  const random = seededRandom(1);
  return Int8Array.from({ length }, () => random() < 0.5 ? -1 : 1);
}
