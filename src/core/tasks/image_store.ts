// Images in the core's memory. Each is copied in as floats and quantised when it is first needed.

import { PANEL, QuadQuantisation, QuantisedImage, SLICE_BYTES } from "../generated/structures.ts";
import type { CoreMemory } from "./core_memory.ts";
import type { PairWork } from "./work.ts";

/** How the images of one piece of work lie in the core's memory. */
export interface ImageLayout {
  /** How many channels of each patch go into panels. */
  readonly packing: number;
  /** How many channels each patch stores in its own floats. The other channels are stored once for its quartet. */
  readonly own: number;
  /** How many panels an image has, and how many slices a panel has. A slice holds four 8-bit or two 16-bit channels. */
  readonly panels: number;
  readonly slices: number;
  /** How many quartets an image has, and the panels and slices of their shared channels, which are 16-bit integers. */
  readonly quartets: number;
  readonly quartetPanels: number;
  readonly sharedSlices: number;
}

/** Computes the layout of the images of a piece of work. */
export function imageLayout({ images: { patches, channels }, shared, quads }: PairWork): ImageLayout {
  const packing = channels - shared;
  const quartets = patches / 4;
  return {
    packing,
    // The core adds squares in groups of sixteen channels. So a group must never be split between two places.
    own: shared ? Math.min(channels, 16 * Math.ceil(packing / 16)) : channels,
    panels: Math.ceil(patches / PANEL),
    slices: Math.ceil(packing / (quads ? 4 : 2)),
    quartets,
    quartetPanels: Math.ceil(quartets / PANEL),
    sharedSlices: Math.ceil(shared / 2),
  };
}

/** An image in the core's memory. */
export interface HeldImage {
  /** Address of its `QuantisedImage`. */
  readonly address: number;
  /** Address of its patches' floats. */
  readonly floats: number;
}

/** Returns an image by its number. Any `size` images with consecutive numbers are in memory at the same time. */
export type ImageStore = (image: number) => HeldImage;

/**
 * Reserves the memory that reading images needs. Returns a function that makes a store of a given size. With
 * `isFarthestFirst`, the patches of an image are sorted by their distance from the centre, the farthest first.
 */
export function imageStores(
  memory: CoreMemory,
  { images: { data, patches, channels }, quantisation, quads, shared, order }: PairWork,
  { packing, own, panels, slices, quartets, quartetPanels, sharedSlices }: ImageLayout,
  isFarthestFirst: boolean,
): (size: number) => ImageStore {
  const { core } = memory;
  const length = patches * channels;
  const isSorted = isFarthestFirst || order !== undefined;
  const centre = memory.copyIn(quantisation.centre);
  const quadSettings = quads && memory.structure(QuadQuantisation, quads);
  const sharedHalves = memory.reserve(quartetPanels * PANEL * 4);
  const room = memory.reserve(channels * 8 + 96);
  /** Room for an image before it is sorted, for the sorted numbers of its patches, and for their distances. */
  const [unsorted, orderAt, distances] = [length, patches, patches].map((size) =>
    isSorted ? memory.reserve(size * 4) : 0
  );
  /** Room for a whole image, where its floats are then split between two places. */
  const unparted = own < channels ? memory.reserve(length * 4) : 0;
  /** The orders found so far, one for each image. */
  const found: Float64Array[] = [];

  /** The order of the patches at `unsorted`, farthest first. A search with early break ends sooner in this order. */
  function farthestFirst(): Float64Array {
    core.distancesTo(centre, 1, unsorted, patches, channels, distances);
    // Each patch becomes one number: first its nearness, then its own number. Such numbers sort several times as fast
    // as pairs.
    const nearness = (distance: number) => {
      return Math.max(0, Math.round(2 ** 30 * (1 - distance * quantisation.scale / 2 ** 15)));
    };
    const keys = Float64Array.from(
      memory.floats(distances, patches),
      (distance, m) => nearness(distance) * 2 ** 20 + m,
    );
    return keys.sort().map((key) => key % 2 ** 20);
  }

  /** Reserves room for one image. Returns its addresses, and a function that reads an image into it by number. */
  function reserveImage() {
    const integers = (panels: number, slices: number) => memory.reserve(panels * slices * SLICE_BYTES);
    const halves = () => memory.reserve(panels * PANEL * 4);
    const floats = memory.reserve(patches * own * 4);
    const sharedPatches = memory.reserve(quartets * (channels - own) * 4);
    const [rows, rowHalves] = [integers(panels, slices), halves()];
    const sharedIntegers = integers(quartetPanels, sharedSlices);
    // The search with early break does not use fine integers.
    const isFine = quads && !isFarthestFirst;
    const address = memory.structure(QuantisedImage, {
      error: 0,
      fineError: 0,
      patches: floats,
      sharedPatches,
      rows,
      rowHalves,
      // With 16 bits, rows and columns are the same.
      columns: quads ? integers(panels, slices) : rows,
      columnHalves: quads ? halves() : rowHalves,
      shared: sharedIntegers,
      fine: isFine ? memory.reserve(patches * 16 * Math.ceil(packing / 8)) : 0,
      fineHalves: isFine ? halves() : 0,
    });

    function quantise(from: number): void {
      let sharedError = 0;
      if (shared) {
        // Every fourth patch, from its shared channels on.
        const source = [from + packing * 4, quartets, 4 * channels * 4, quartetPanels, shared, shared] as const;
        const scale = quads ? quads.scale * 2 ** quads.finerBits : quantisation.scale;
        sharedError = core.quantisePatches(...source, centre + packing * 4, scale, sharedIntegers, sharedHalves);
      }
      if (quadSettings) {
        const settings = [centre, quadSettings, sharedHalves, sharedError, room] as const;
        return core.quantiseQuads(address, from, patches, channels, packing, ...settings);
      }
      const source = [from, patches, channels * 4, panels, channels, packing] as const;
      const error = core.quantisePatches(...source, centre, quantisation.scale, rows, rowHalves);
      memory.update(QuantisedImage, address, { error });
    }

    function read(image: number): void {
      const whole = unparted || floats;
      memory.floats(unsorted || whole, length).set(data.subarray(image * length, (image + 1) * length));
      if (isSorted) {
        memory.integers(orderAt, patches).set(order ?? (found[image] ??= farthestFirst()));
        core.copyInOrder(unsorted, orderAt, patches, channels, whole);
      }
      quantise(whole);
      if (unparted) core.copyParts(whole, patches, channels, own, floats, sharedPatches);
    }

    return { address, floats, read };
  }

  return (size) => {
    const places = Array.from({ length: size }, reserveImage);
    const held = new Int32Array(size).fill(-1);
    return (image) => {
      const at = image % size;
      if (held[at] !== image) places[at].read(image);
      held[at] = image;
      return places[at];
    };
  };
}
