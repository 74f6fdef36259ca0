// Photos of a burst: not equal, but far nearer to each other than to anything else.

import { linkage } from "../cluster/linkage.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { someImages } from "../embed/embedder.ts";
import { seededRandom } from "../random.ts";
import type { Embeddings, PatchSet } from "../types.ts";

/** Images of a burst are nearer to each other than to the nearest other image by this factor at least. */
const NEARER_THAN_OTHERS = 0.6;
/** The same of images seen in several directions: these look more alike, as what lies otherwise looks the same. */
const NEARER_IN_VIEWS = 0.5;
/** And than two images usually are. */
const NEARER_THAN_USUAL = 0.5;
/** More images so near to each other are a kind rather than a burst. */
const MOST = 5;
/** An image is laid out as so many rows and columns at most: a burst's photos are shifted by some pixels. */
const CELLS = 7;
/** Numbers that a cell is projected to: enough for distances right to some percent (Johnson and Lindenstrauss 1984). */
const PROJECTED = 16;

/**
 * For each image the first one of the burst that it belongs to, itself where it is in none; undefined where there are no
 * bursts. Photos are compared place by place, their sound parts as much as their defects, so that two photos of one
 * kind of defect are none. Found by single linkage; the thresholds are from photos turned by half a degree, shifted by
 * two pixels, made brighter by 3 % and saved anew, against different photos of four sets.
 *
 * @param firsts for each image the first one that is equal to it, as `clusterPatches` tells: equal images are in the
 * burst of their first one.
 * @param views in how many directions the images were seen.
 */
export function nearCopies(patches: PatchSet, firsts?: Int32Array, views = 1): Int32Array | undefined {
  const distinct = Array.from({ length: patches.count }, (_, i) => i).filter((i) => !firsts || firsts[i] === i);
  if (distinct.length < 4) return undefined; // Nothing to tell from what is usual.
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

/** Sets of points that merge far below where others join them, each ascending. */
function nearSets(
  distances: ArrayLike<number>,
  { count, pairs, heights, sizes }: ReturnType<typeof linkage>,
  nearer: number,
): number[][] {
  const usual = medianDistance(distances, count);
  const joined = new Float64Array(count - 1).fill(Infinity); // Height at which a merge's cluster meets others.
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

/** The median of the distances of the points to some others. */
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

/** Each image as one vector: means of its cells, projected at random. */
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

/** Random signs, the same each time (Achlioptas 2003: they project as well as normal numbers). */
function signs(length: number): Int8Array {
  const random = seededRandom(1);
  return Int8Array.from({ length }, () => random() < 0.5 ? -1 : 1);
}
