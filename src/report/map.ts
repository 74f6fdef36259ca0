// A map of the images in the plane: near on the map are images with small distances.

import { UMAP } from "umap-js";
import { seededRandom } from "../random.ts";

/** Sides of the map that {@linkcode imageMap} fills. */
export const MAP_SIDE = 1000;

/** Neighbours from which the map is made: UMAP's usual number. */
const NEIGHBOURS = 15;

/** Marks should hardly cover each other, and groups not fly apart. */
const LOOSE = { minDist: 0.99, spread: 1, repulsionStrength: 0.2 } as const;

/**
 * UMAP (McInnes et al. 2018) over each image's nearest images, itself not among them; the same map on every run.
 *
 * @returns x, y of each image in whole numbers from 0 to `MAP_SIDE`, alternating.
 */
export function imageMap(neighbours: readonly (readonly Neighbour[])[]): number[] {
  const count = neighbours.length;
  if (count < 4) return neighbours.flatMap((_, i) => [Math.round((i + 1) / (count + 1) * MAP_SIDE), MAP_SIDE / 2]);
  // The library counts an image as its own first neighbour, and wants fewer neighbours than images.
  const nNeighbors = Math.min(NEIGHBOURS, count - 1);
  const nearest = neighbours.map((list, i) => [{ image: i, distance: 0 }, ...list.slice(0, nNeighbors - 1)]);
  const umap = new UMAP({ nNeighbors, ...LOOSE, random: seededRandom(1) });
  umap.setPrecomputedKNN(
    nearest.map((list) => list.map(({ image }) => image)),
    nearest.map((list) => list.map(({ distance }) => distance)),
  );
  return spread(umap.fit(neighbours.map((_, i) => [i])));
}

/** Another image and how far it is. */
export interface Neighbour {
  readonly image: number;
  readonly distance: number;
}

/** Fills the map. An axis is half place and half rank, so that groups far apart still have room within. */
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
