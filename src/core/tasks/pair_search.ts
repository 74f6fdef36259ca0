// What compares two images: the core's functions for a pair, and the room that they need.

import { PairMinima, PairSearch, PANEL, PANEL_STEP, TILE_BYTES } from "../generated/structures.ts";
import type { CoreMemory } from "./core_memory.ts";
import { type HeldImage, ImageLayout, ImageReader, ImageStore } from "./image_store.ts";
import type { PairWork } from "./work.ts";

/** Images that stay in a core's second cache while others pass. */
export const FEW = 2;

/**
 * What rounding in float32 adds to the errors of integers, in steps: each of `channels` products is rounded by at most
 * 2^-24 of 2^15.
 */
export function productRounding(channels: number): number {
  return 2 * 2 ** -9 * Math.sqrt(channels + 1) + 0.01;
}

/** Compares pairs of images of a work. */
export class PairComparison {
  /** The images of a task's two blocks; the same store where all images stay. */
  readonly left: ImageStore;
  readonly right: ImageStore;
  /** Where {@linkcode minima} leaves squared minima: f32, one for each patch of the left and of the right image. */
  readonly there: number;
  readonly back: number;
  /** And the number of the nearest patch, i32, for each patch of the left image. */
  readonly places: number;
  /** Room for `mark` of {@linkcode directed}. */
  readonly marks: number;
  /** Channels whose floats each patch has to itself. */
  readonly ownChannels: number;
  readonly #memory: CoreMemory;
  /** Addresses: a `PairSearch`, a `PairMinima`, and room for a row of tiles. */
  readonly #search: number;
  readonly #found: number;
  readonly #tiles: number;

  constructor(memory: CoreMemory, work: PairWork) {
    const { block, keepAll, output, quads, strip, panelShift, quantisation, images: { count, patches, channels } } =
      work;
    const layout = new ImageLayout(work);
    const { panels, quartetPanels, steps, sharedSteps } = layout;
    const places = () => memory.reserve(panels * PANEL * 4);
    this.#memory = memory;
    this.ownChannels = layout.own;
    [this.there, this.back, this.places, this.marks] = [places(), places(), places(), places()];
    this.#found = memory.structure(PairMinima, {
      squared: this.there,
      places: this.places,
      otherSquared: this.back,
      otherPlaces: places(),
    });
    this.#tiles = memory.reserve(panels * TILE_BYTES);
    const rowBytes = PANEL_STEP * Math.ceil(panels * PANEL * (quads ? 2 : 4) / PANEL_STEP);
    const table = memory.reserve(strip * rowBytes);
    if (quads) memory.shortIntegers(table, strip * rowBytes / 2).fill(-(2 ** 15));
    else memory.integers(table, strip * rowBytes / 4).fill(-(2 ** 31));
    const zeros = memory.reserve(48);
    memory.floats(zeros, 12).fill(0);
    const products = () => sharedSteps ? memory.reserve((quartetPanels * PANEL + 3) * quartetPanels * PANEL * 4) : 0;
    this.#search = memory.structure(PairSearch, {
      scale: quads?.scale ?? quantisation.scale,
      reach: quads?.reach ?? Infinity,
      rounding: productRounding(channels),
      patches,
      channels,
      ownChannels: layout.own,
      steps,
      sharedSteps,
      finerBits: quads?.finerBits ?? 0,
      isBytes: quads ? 1 : 0,
      strip,
      panelShift,
      zeros,
      products: products(),
      coarseProducts: products(),
      table,
      rowKeys: memory.reserve(strip * 16),
      columnKeys: memory.reserve(panels * 48),
      rowThresholds: memory.reserve(strip * 4),
      columnThresholds: memory.reserve(panels * 48),
      fineRowThresholds: quads ? memory.reserve(strip * 4) : 0,
      fineColumnThresholds: quads ? memory.reserve(panels * 48) : 0,
    });
    const isFarthestFirst = output.kind === "hausdorff" || output.kind === "largest";
    const reader = new ImageReader(memory, work, layout, isFarthestFirst);
    this.left = new ImageStore(reader, keepAll ? count : block);
    this.right = keepAll ? this.left : new ImageStore(reader, block);
  }

  /** Finds the minima of image i's patches in image j, and, unless `bothWays` is false, the other way. */
  minima(i: number, j: number, bothWays = true): void {
    const [a, b] = [this.left.at(i), this.right.at(j)];
    this.#memory.core.pairMinima(this.#search, a.address, b.address, bothWays, this.#found);
  }

  /**
   * The larger of `known` and the squared directed Hausdorff distance of two images. `done`, `mark`: see `directedHausdorff`
   * in core-as/hausdorff.ts.
   */
  directed(from: HeldImage, to: HeldImage, known: number, done: number, mark: number): number {
    return this.#memory.core.directedHausdorff(this.#search, from.address, to.address, known, this.#tiles, done, mark);
  }
}
