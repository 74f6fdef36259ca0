// A box around what an image was grouped by, as coarse as its patches.

import type { PatchValues } from "../types.ts";

/** Share of the largest weight from which a patch belongs to the box. */
const LEAST = 0.5;

/** A box in shares of the image's width and height, from the top left. */
export interface WeightBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Share of the image's weight that lies in it: near its share of the area, the weights point at nothing. */
  readonly weight: number;
}

/** The box around the patch of the largest weight and the connected ones that weigh at least half as much. */
export function weightBox({ data, patches }: PatchValues, image: number, rows: number, cols: number): WeightBox {
  const weights = data.subarray(image * patches, (image + 1) * patches);
  const first = weights.reduce((best, weight, m) => weight > weights[best] ? m : best, 0);
  const [seen, open] = [new Set([first]), [first]];
  for (let m; (m = open.pop()) !== undefined;) {
    for (const next of neighbours(m, rows, cols)) {
      if (seen.has(next) || weights[next] < LEAST * weights[first]) continue;
      seen.add(next);
      open.push(next);
    }
  }
  const [ys, xs] = [[...seen].map((m) => Math.floor(m / cols)), [...seen].map((m) => m % cols)];
  const [top, bottom, left, right] = [Math.min(...ys), Math.max(...ys) + 1, Math.min(...xs), Math.max(...xs) + 1];
  let weight = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) weight += weights[y * cols + x];
  return { left: left / cols, top: top / rows, width: (right - left) / cols, height: (bottom - top) / rows, weight };
}

function neighbours(m: number, rows: number, cols: number): number[] {
  const [y, x] = [Math.floor(m / cols), m % cols];
  return [[y - 1, x], [y + 1, x], [y, x - 1], [y, x + 1]]
    .filter(([row, col]) => row >= 0 && row < rows && col >= 0 && col < cols)
    .map(([row, col]) => row * cols + col);
}
