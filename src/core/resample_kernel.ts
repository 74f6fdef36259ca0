// Separable resampling on the WASM core.

import type { Raster } from "../types.ts";
import { type Region, withRegion } from "./memory.ts";

/** For each output coordinate: the first source coordinate, how many, and `taps` weights (unused ones 0). */
export interface ResampleFilter {
  readonly firsts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float32Array;
  readonly taps: number;
}

function filterIn(region: Region, filter: ResampleFilter): [number, number, number, number] {
  return [region.copyIn(filter.firsts), region.copyIn(filter.counts), region.copyIn(filter.weights), filter.taps];
}

/** Applies `horizontal`, then `vertical`. */
export function resample(image: Raster, horizontal: ResampleFilter, vertical: ResampleFilter): Raster {
  const width = horizontal.firsts.length;
  const height = vertical.firsts.length;
  return withRegion((region) => {
    const source = region.copyIn(image.data);
    const between = region.allocate(width * image.height * 16);
    const output = region.allocate(width * height * 4);
    region.core.resampleRows(source, image.width, image.height, between, width, ...filterIn(region, horizontal));
    region.core.resampleColumns(between, width, output, height, ...filterIn(region, vertical));
    return { data: region.bytes(output, width * height * 4).slice(), width, height };
  });
}
