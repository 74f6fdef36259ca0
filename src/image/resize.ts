import { resample, type ResampleFilter } from "../core/resample_kernel.ts";
import { ensure } from "../errors.ts";
import type { Raster } from "../types.ts";

/**
 * Resizes an image with antialiasing: by the triangle (bilinear) filter, which is widened for shrinking, as in Pillow's
 * `BILINEAR` and torchvision's `antialias=True`. The aspect ratio is not kept.
 *
 * @throws {AnomalyClusterError} `bad-argument` if a side is not a positive whole number.
 */
export function resize(image: Raster, width: number, height: number): Raster {
  for (const side of [width, height]) {
    ensure(Number.isInteger(side) && side > 0, `a side of ${side} pixels is not possible`);
  }
  if (image.width === width && image.height === height) return image;
  return resample(image, triangle(image.width, width), triangle(image.height, height));
}

/** For each output coordinate, the input coordinates within the filter's support, and their weights. */
function triangle(from: number, to: number): ResampleFilter {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const taps = Math.ceil(support) * 2 + 1;
  const [firsts, counts] = [new Int32Array(to), new Int32Array(to)];
  const weights = new Float32Array(to * taps);
  for (let x = 0; x < to; x++) {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(from, Math.floor(centre + support + 0.5));
    const raw = Array.from({ length: end - first }, (_, tap) => {
      return Math.max(0, 1 - Math.abs((first + tap + 0.5 - centre) / support));
    });
    const sum = raw.reduce((total, weight) => total + weight, 0);
    firsts[x] = first;
    counts[x] = raw.length;
    weights.set(raw.map((weight) => weight / sum), x * taps);
  }
  return { firsts, counts, weights, taps };
}
