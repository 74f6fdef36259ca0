// Images in the core's memory: each comes as floats and is quantised when it is first needed.

import { PANEL, QuadQuantisation, QuantisedImage } from "../generated/structures.ts";
import type { CoreMemory } from "./core_memory.ts";
import type { PairWork } from "./work.ts";

/** Room for one image, and the image that it holds. */
export interface HeldImage {
  /** Its number; -1 before the first. */
  image: number;
  /** Address of its `QuantisedImage`. */
  readonly address: number;
  /** What that has. */
  readonly fields: Readonly<Record<keyof typeof QuantisedImage["words"], number>>;
}

/** Bytes of one panel's step. */
const STEP = PANEL * 4;

/** What the images of a work look like in memory. */
export class ImageLayout {
  /** Channels that go into panels of their own for each patch. */
  readonly packing: number;
  /** Channels whose floats each patch has to itself. Sums of squares go by sixteens, wherever their channels lie. */
  readonly own: number;
  readonly panels: number;
  readonly quartets: number;
  readonly quartetPanels: number;
  /** Steps of a panel, and of a panel of what quartets share: a step is four 8-bit or two 16-bit channels. */
  readonly steps: number;
  readonly sharedSteps: number;

  constructor({ images: { patches, channels }, shared, quads }: PairWork) {
    this.packing = channels - shared;
    this.own = shared ? Math.min(channels, 16 * Math.ceil(this.packing / 16)) : channels;
    this.panels = Math.ceil(patches / PANEL);
    this.quartets = patches / 4;
    this.quartetPanels = Math.ceil(this.quartets / PANEL);
    this.steps = Math.ceil(this.packing / (quads ? 4 : 2));
    this.sharedSteps = Math.ceil(shared / 2);
  }
}

/** Reads images of a work into the core's memory. */
export class ImageReader {
  readonly #memory: CoreMemory;
  readonly #work: PairWork;
  readonly #layout: ImageLayout;
  readonly #isFarthestFirst: boolean;
  readonly #centre: number;
  /** The address of a `QuadQuantisation`; 0 without. */
  readonly #quads: number;
  /** Room for half norms of what quartets share, and for one patch while it is quantised. */
  readonly #sharedHalves: number;
  readonly #room: number;
  /** Room for a whole image, where its floats do not all stay together; else 0. */
  readonly #whole: number;
  /** Room for an image in its own order, for the numbers of its patches in another, and for their distances; or 0. */
  readonly #unsorted: number = 0;
  readonly #order: number = 0;
  readonly #distances: number = 0;
  /** The orders that were found, by image. */
  readonly #found: Int32Array[] = [];

  /** `isFarthestFirst`: each image's patches come in order of their distance from the centre, the farthest first. */
  constructor(memory: CoreMemory, work: PairWork, layout: ImageLayout, isFarthestFirst: boolean) {
    const { images: { patches, channels }, quads, order } = work;
    this.#memory = memory;
    this.#work = work;
    this.#layout = layout;
    this.#isFarthestFirst = isFarthestFirst;
    this.#centre = memory.copyIn(work.quantisation.centre);
    this.#quads = quads ? memory.structure(QuadQuantisation, quads) : 0;
    this.#sharedHalves = memory.reserve(layout.quartetPanels * STEP);
    this.#room = memory.reserve(channels * 8 + 96);
    this.#whole = layout.own < channels ? memory.reserve(patches * channels * 4) : 0;
    if (!isFarthestFirst && !order) return;
    this.#unsorted = memory.reserve(patches * channels * 4);
    this.#order = memory.reserve(patches * 4);
    this.#distances = memory.reserve(patches * 4);
  }

  /** Room for one image. */
  reserve(): HeldImage {
    const [memory, work] = [this.#memory, this.#work];
    const { images: { patches, channels }, quads } = work;
    const { packing, own, panels, quartets, quartetPanels, steps, sharedSteps } = this.#layout;
    const integers = () => [memory.reserve(panels * steps * STEP), memory.reserve(panels * STEP)];
    const floats = [memory.reserve(patches * own * 4), memory.reserve(quartets * (channels - own) * 4)];
    const rows = integers();
    // Rows and columns of 16-bit integers are the same.
    const columns = quads ? integers() : rows;
    const shared = memory.reserve(quartetPanels * sharedSteps * STEP);
    // The search with early break makes no use of fine integers.
    const isFine = quads !== undefined && !this.#isFarthestFirst;
    const fine = isFine
      ? [memory.reserve(patches * 16 * Math.ceil(packing / 8)), memory.reserve(panels * STEP)]
      : [0, 0];
    const fields = {
      patches: floats[0],
      sharedPatches: floats[1],
      rows: rows[0],
      rowHalves: rows[1],
      columns: columns[0],
      columnHalves: columns[1],
      shared,
      fine: fine[0],
      fineHalves: fine[1],
    };
    return { image: -1, address: memory.structure(QuantisedImage, { error: 0, fineError: 0, ...fields }), fields };
  }

  /** Reads an image into its room. */
  read(image: number, held: HeldImage): void {
    const [memory, { core }] = [this.#memory, this.#memory];
    const { images: { data, patches, channels } } = this.#work;
    const { own } = this.#layout;
    const { fields } = held;
    const length = patches * channels;
    const whole = this.#whole || fields.patches;
    memory.floats(this.#unsorted || whole, length).set(data.subarray(image * length, (image + 1) * length));
    if (this.#unsorted) {
      memory.integers(this.#order, patches).set(this.#orderOf(image));
      core.copyInOrder(this.#unsorted, this.#order, patches, channels, whole);
    }
    this.#quantise(held, whole);
    if (own < channels) core.copyParts(whole, patches, channels, own, fields.patches, fields.sharedPatches);
    held.image = image;
  }

  #orderOf(image: number): Int32Array {
    return this.#work.order ?? (this.#found[image] ??= this.#farthestFirst());
  }

  /** Order of the patches at `#unsorted`: a search with early break then breaks sooner. */
  #farthestFirst(): Int32Array {
    const { images: { patches, channels }, quantisation: { scale } } = this.#work;
    this.#memory.core.distancesTo(this.#centre, this.#unsorted, patches, channels, this.#distances);
    // One number for each patch, its distance before its own number: these sort several times as fast as pairs.
    const nearness = (distance: number) => Math.max(0, Math.round(2 ** 30 * (1 - distance * scale / 2 ** 15)));
    const distances = this.#memory.floats(this.#distances, patches);
    const keys = Float64Array.from(distances, (distance, m) => nearness(distance) * 2 ** 20 + m);
    return Int32Array.from(keys.sort(), (key) => key % 2 ** 20);
  }

  /** Quantises the image at `floats`. */
  #quantise({ address, fields }: HeldImage, floats: number): void {
    const { core } = this.#memory;
    const { images: { patches, channels }, quantisation: { scale }, quads, shared } = this.#work;
    const { packing, panels, quartets, quartetPanels } = this.#layout;
    const centre = this.#centre;
    let sharedError = 0;
    if (shared) {
      sharedError = core.quantisePatches(
        floats + packing * 4,
        quartets,
        4 * channels * 4,
        quartetPanels,
        shared,
        shared,
        centre + packing * 4,
        quads ? quads.scale * 2 ** quads.finerBits : scale,
        fields.shared,
        this.#sharedHalves,
      );
    }
    if (quads) {
      const settings = [centre, this.#quads, this.#sharedHalves, sharedError, this.#room] as const;
      return core.quantiseQuads(address, floats, patches, channels, packing, ...settings);
    }
    const from = [floats, patches, channels * 4, panels, channels, packing] as const;
    const error = core.quantisePatches(...from, centre, scale, fields.rows, fields.rowHalves);
    this.#memory.update(QuantisedImage, address, { error });
  }
}

/** Keeps some images: any `size` whose numbers follow each other. */
export class ImageStore {
  readonly #reader: ImageReader;
  readonly #held: readonly HeldImage[];

  constructor(reader: ImageReader, size: number) {
    this.#reader = reader;
    this.#held = Array.from({ length: size }, () => reader.reserve());
  }

  /** The image of a number, read where it is not there yet. */
  at(image: number): HeldImage {
    const held = this.#held[image % this.#held.length];
    if (held.image !== image) this.#reader.read(image, held);
    return held;
  }
}
