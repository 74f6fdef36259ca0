// Resampling on the WASM core, along rows and then along columns.

import type { Raster } from "../types.ts";
import { type Region, withRegion } from "./memory.ts";

/** Which source coordinates each output coordinate is made of, and their weights. */
export interface ResampleFilter {
  /** For each output coordinate, the first source coordinate. */
  readonly firsts: Int32Array;
  /** For each output coordinate, how many source coordinates it uses. */
  readonly counts: Int32Array;
  /** `[outputs, taps]`: the weights of the source coordinates, then zeros. */
  readonly weights: Float32Array;
  /** The largest number of source coordinates that an output coordinate uses. */
  readonly taps: number;
}

/** Copies a filter into the core's memory, and returns it as arguments for the core's functions. */
function filterIn(region: Region, filter: ResampleFilter): [number, number, number, number] {
  return [region.copyIn(filter.firsts), region.copyIn(filter.counts), region.copyIn(filter.weights), filter.taps];
}

/** Applies `horizontal` to each row, then `vertical` to each column. */
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
