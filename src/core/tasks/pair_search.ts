// Compares two images: calls the core's functions for a pair, and reserves the memory that they need.

import { PairMinima, PairSearch, PANEL, SLICE_BYTES, TILE_BYTES } from "../generated/structures.ts";
import type { CoreMemory } from "./core_memory.ts";
import { type HeldImage, imageLayout, type ImageStore, imageStores } from "./image_store.ts";
import type { PairWork } from "./work.ts";

/** How many images stay in a core's second-level cache while other images are read. */
export const FEW = 2;

/**
 * How much rounding in float32 adds to the errors of the integers, in steps. Each of `channels` products is rounded by
 * at most 2^-24 of 2^15.
 */
export function productRounding(channels: number): number {
  return 2 * 2 ** -9 * Math.sqrt(channels + 1) + 0.01;
}

/** Compares pairs of images of one piece of work. */
export interface PairComparison {
  /** The images of a task's two blocks. Where all images stay in memory, both are the same store. */
  readonly left: ImageStore;
  readonly right: ImageStore;
  /**
   * Where `minima` writes squared minima (f32), one for each patch: `there` for the left image, `back` for the right
   * one.
   */
  readonly there: number;
  readonly back: number;
  /** Where `minima` writes the numbers of the nearest patches (i32), one for each patch of the left image. */
  readonly places: number;
  /** Room for the marks of `directed`: 32 bits for each patch. */
  readonly marks: number;
  /** How many channels each patch stores in its own floats. The other channels are stored once for its quartet. */
  readonly own: number;
  /**
   * Finds the minima of image i's patches in image j, and also those of j's patches in i unless `bothWays` is false.
   */
  minima(i: number, j: number, bothWays?: boolean): void;
  /**
   * Returns the larger of `known` and the squared directed Hausdorff distance between two images. For `done` and `mark`
   * see `directedHausdorff` in core-as/hausdorff.ts.
   */
  directed(from: HeldImage, to: HeldImage, known: number, done: number, mark: number): number;
}

/** Reserves the memory that comparing needs. Throws a `RangeError` when the memory cannot grow. */
export function pairComparison(memory: CoreMemory, work: PairWork): PairComparison {
  const { block, keepAll, output, quads, strip, panelShift, quantisation, images: { count, patches, channels } } = work;
  const { core } = memory;
  const layout = imageLayout(work);
  const { own, panels, slices, quartetPanels, sharedSlices } = layout;
  const [there, back, places, otherPlaces, marks] = Array.from({ length: 5 }, () => memory.reserve(panels * PANEL * 4));
  const found = memory.structure(PairMinima, { squared: there, places, otherSquared: back, otherPlaces });
  const tiles = memory.reserve(panels * TILE_BYTES);
  const tableLine = SLICE_BYTES * Math.ceil(panels * PANEL * (quads ? 2 : 4) / SLICE_BYTES);
  const table = memory.reserve(strip * tableLine);
  if (quads) memory.shortIntegers(table, strip * tableLine / 2).fill(-(2 ** 15));
  else memory.integers(table, strip * tableLine / 4).fill(-(2 ** 31));
  const zeros = memory.reserve(SLICE_BYTES);
  memory.integers(zeros, PANEL).fill(0);
  const products = () => sharedSlices ? memory.reserve((quartetPanels * PANEL + 3) * quartetPanels * PANEL * 4) : 0;
  const search = memory.structure(PairSearch, {
    scale: quads?.scale ?? quantisation.scale,
    reach: quads?.reach ?? Infinity,
    rounding: productRounding(channels),
    patches,
    channels,
    ownChannels: own,
    slices,
    sharedSlices,
    finerBits: quads?.finerBits ?? 0,
    isBytes: quads ? 1 : 0,
    strip,
    panelShift,
    zeros,
    products: products(),
    coarseProducts: products(),
    table,
    rowKeys: memory.reserve(strip * 16),
    columnKeys: memory.reserve(panels * PANEL * 4),
    rowThresholds: memory.reserve(strip * 4),
    columnThresholds: memory.reserve(panels * PANEL * 4),
    fineRowThresholds: quads ? memory.reserve(strip * 4) : 0,
    fineColumnThresholds: quads ? memory.reserve(panels * PANEL * 4) : 0,
  });
  const storeOf = imageStores(memory, work, layout, output.kind === "hausdorff" || output.kind === "largest");
  const left = storeOf(keepAll ? count : block);
  const right = keepAll ? left : storeOf(block);
  return {
    left,
    right,
    there,
    back,
    places,
    marks,
    own,
    minima: (i, j, bothWays = true) => core.pairMinima(search, left(i).address, right(j).address, bothWays, found),
    directed: (from, to, known, done, mark) => {
      return core.directedHausdorff(search, from.address, to.address, known, tiles, done, mark);
    },
  };
}
