// Makes a two-dimensional map of the images: images at a small distance from each other lie near each other on it.

import { UMAP } from "umap-js";
import { seededRandom } from "../random.ts";

/** Side of the square that {@linkcode imageMap} fills. */
export const MAP_SIDE = 1000;

/** How many neighbours of each image the map is made from: UMAP's usual number. */
const NEIGHBOURS = 15;

/** These values keep marks from covering each other and groups from flying apart. */
const LOOSE = { minDist: 0.99, spread: 1, repulsionStrength: 0.2 } as const;

/**
 * Places the images by UMAP (McInnes et al. 2018), from the nearest images of each. An image must not be in its own
 * list. Every run gives the same map.
 *
 * @returns x and y of each image, alternating, as whole numbers from 0 to `MAP_SIDE`.
 */
export function imageMap(neighbours: readonly (readonly Neighbour[])[]): number[] {
  const count = neighbours.length;
  if (count < 4) return neighbours.flatMap((_, i) => [Math.round((i + 1) / (count + 1) * MAP_SIDE), MAP_SIDE / 2]);
  // UMAP counts an image as its own first neighbour, and needs fewer neighbours than there are images.
  const nNeighbors = Math.min(NEIGHBOURS, count - 1);
  const nearest = neighbours.map((list, i) => [{ image: i, distance: 0 }, ...list.slice(0, nNeighbors - 1)]);
  const umap = new UMAP({ nNeighbors, ...LOOSE, random: seededRandom(1) });
  umap.setPrecomputedKNN(
    nearest.map((list) => list.map(({ image }) => image)),
    nearest.map((list) => list.map(({ distance }) => distance)),
  );
  return spread(umap.fit(neighbours.map((_, i) => [i])));
}

/** Another image and its distance. */
export interface Neighbour {
  readonly image: number;
  readonly distance: number;
}

/**
 * Stretches the points over the whole map. Each coordinate is the mean of the value and its rank, so that groups keep
 * room inside even when they lie far apart.
 */
function spread(points: readonly number[][]): number[] {
  const [xs, ys] = [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    const ascending = Float64Array.from(values).sort();
    const [least, most] = [ascending[0], ascending[values.length - 1]];
    const rank = new Map(Array.from(ascending, (value, at) => [value, at / (values.length - 1)]));
    return values.map((value) => ((value - least) / (most - least || 1) + rank.get(value)!) / 2 * MAP_SIDE);
  });
  return xs.flatMap((x, i) => [Math.round(x), Math.round(ys[i])]);
}
