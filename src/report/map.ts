// A map of the images in the plane: near on the map are images with small distances.

import { UMAP } from "umap-js";
import { seededRandom } from "../random.ts";

/** Sides of the map that {@linkcode imageMap} fills. */
export const MAP_SIDE = 1000;

/** Neighbours from which the map is made: UMAP's usual number. */
const NEIGHBOURS = 15;

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
  const umap = new UMAP({ nNeighbors, minDist: 0.3, random: seededRandom(1) });
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

/** Scales points to fill the map, both axes alike. */
function spread(points: readonly number[][]): number[] {
  const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const factor = MAP_SIDE / Math.max(width, height, 1e-9);
  const margin = (size: number) => (MAP_SIDE - size * factor) / 2;
  return points.flatMap(([x, y]) => [
    Math.round((x - left) * factor + margin(width)),
    Math.round((y - top) * factor + margin(height)),
  ]);
}
