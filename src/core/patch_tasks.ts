// The work on pairs of images, in tasks that any thread can do in any order with the same result.

import type { CoreExports } from "./instance.ts";

/** Patch embeddings as the tasks read them. */
export interface Patches {
  /** `[count, patches, channels]`; on shared memory where several threads work. */
  readonly data: Float32Array;
  readonly count: number;
  readonly patches: number;
  readonly channels: number;
}

/** How patches become integers: see core-as/quantise.ts. */
export interface Quantisation {
  readonly centre: Float32Array;
  readonly scale: number;
}

/** How they become 8-bit integers whose products are added in 16 bits: see core-as/bytes.ts. */
export interface ByteQuantisation {
  readonly centre: Float32Array;
  readonly scale: number;
  readonly shift: number;
  readonly groupPairs: number;
  readonly rowError: number;
  readonly columnError: number;
  readonly reach: number;
}

/** How they become 8-bit integers whose products are added in 32 bits: see core-as/quads.ts. */
export interface QuadQuantisation {
  readonly scale: number;
  readonly error: number;
  readonly reach: number;
  readonly most: number;
  readonly finerBits: number;
}

/** What is wanted of each pair of images, and where it goes; `[count, …]` arrays cover all images. */
export type PairOutput =
  /** Sum (rounded to steps, so exact in any order), smallest and largest minimum of each patch, a thread's share. */
  | {
    readonly kind: "statistics";
    readonly rounding: number;
    readonly sum: Float64Array;
    readonly smallest: Float32Array;
    readonly largest: Float32Array;
  }
  /**
   * Of each patch one number from its minima over the other images, a quantile or their mean, and where wanted its
   * residual, `[count, patches, channels]`: what it differs by from the mean of its nearest patches; and where wanted the
   * standard error of its number as of a sample: of a mean s/√n, of a quantile half the span of the ranks that lie one
   * standard deviation of the binomial distribution beside it. With `against`
   * only images after the first `against` ones, and over these alone: tasks then count blocks from there.
   */
  | {
    readonly kind: "neighbours";
    readonly quantile: number | "mean";
    readonly against?: number;
    readonly scores: Float32Array;
    readonly residuals?: Float32Array;
    readonly standardErrors?: Float32Array;
  }
  /** All minima: `[count, count, patches]`. */
  | { readonly kind: "minima"; readonly minima: Float32Array }
  /** One number for each direction of a pair: `[count, count]`. */
  | { readonly kind: "mean" | "smallest" | "largest" | "hausdorff" | "all pairs"; readonly directed: Float64Array };

/** Comparing images with each other: tasks are pairs of blocks of images; for neighbours, a block and all others. */
export interface PairWork {
  readonly kind: "pairs";
  readonly images: Patches;
  readonly quantisation: Quantisation;
  /** By 8-bit integers, where the processor is fast at these. */
  readonly quads?: QuadQuantisation;
  /** Patches of an image that are compared with another at once: see core-as/pairs.ts. */
  readonly strip: number;
  /** Panels that a key cannot tell from each other are 2 to this power: see core-as/pairs.ts. */
  readonly panelShift: number;
  /** How many of the last channels are the same in each four patches that follow each other in `order`. */
  readonly shared: number;
  /** The patches of an image in the order that outputs have them in. @default their own */
  readonly order?: Int32Array;
  readonly block: number;
  /** Whether all images stay in each thread's memory; else only a task's do. */
  readonly keepAll: boolean;
  readonly output: PairOutput;
}

/** Shortening patches (see core-as/references.ts): tasks are blocks of images. */
export interface ProjectionWork {
  readonly kind: "projection";
  readonly images: Patches;
  /** That the axes go through. */
  readonly centre: Float32Array;
  /** See axes.ts. */
  readonly basis: Float64Array;
  readonly block: number;
  /** `[count, patches, axes + 1]` */
  readonly short: Patches;
}

/** Comparing images with references: tasks are blocks of images. */
export interface ReferenceWork {
  readonly kind: "references";
  readonly images: Patches;
  readonly references: Patches;
  /** Their short vectors, or themselves. */
  readonly shortImages: Patches;
  readonly shortReferences: Patches;
  /** Of the short vectors. */
  readonly quantisation: ByteQuantisation;
  /** The same where the processor adds products of 8-bit integers in 32 bits. */
  readonly quads?: QuadQuantisation & { readonly centre: Float32Array };
  readonly block: number;
  /** Distances, `[count, patches]`. */
  readonly nearest: Float32Array;
  /** Which of all patches of the references are at these distances. */
  readonly places: Int32Array;
}

/** Any work. */
export type Work = PairWork | ProjectionWork | ReferenceWork;

/** Blocks by their numbers; only pairs have a second one. */
export interface Task {
  readonly a: number;
  readonly b: number;
  /** Of how many images these blocks are, where fewer than the work's others. */
  readonly block?: number;
  /** Pairs of images in it; of a projection, images. */
  readonly pairs: number;
}

/** Counts of what was computed: see core-as. */
export interface WorkCounts {
  /** Pairs of images. */
  pairs: number;
  /** Distances measured after their integers proved nothing. */
  measured: number;
  /** Pairs of patches of which 8-bit integers proved nothing: finer ones may have. */
  refined: number;
  /** Tiles of 3 × 12 patches by the search with early break. */
  hausdorffTiles: number;
  /** Tiles of three patches and a panel of references, 12 or 24. */
  referenceTiles: number;
}

/** Does tasks of one work, on one instance of the core. */
export interface TaskRunner {
  run(task: Task): void;
  counts(): WorkCounts;
}

/**
 * Makes a runner. Its source text also runs in workers (see pool.ts): it must refer to nothing outside itself.
 *
 * @throws {RangeError} when the memory cannot grow.
 */
export function taskRunner(core: CoreExports, work: Work): TaskRunner {
  const PANEL = 12;
  const BYTE_PANEL = 24;
  /** Images that stay in a core's second cache while others pass. */
  const FEW = 2;
  /** Of references that are searched at once, to stay in a core's cache. */
  const CHUNK_BYTES = 2 ** 18;
  const start = Math.ceil((core.heapBase.value as number) / 16) * 16;
  let top = start;
  const reserve = (bytes: number): number => {
    const address = top;
    top = Math.ceil((address + bytes) / 16) * 16;
    if (top > 2 ** 32 - 65536) throw new RangeError("the ends of arrays would be 0 in 32 bits");
    const missing = Math.ceil((top - core.memory.buffer.byteLength) / 65536);
    if (missing > 0) core.memory.grow(missing);
    return address;
  };
  const floats = (address: number, length: number) => new Float32Array(core.memory.buffer, address, length);
  /** A structure of the core: doubles, then integers of 32 bits. */
  const record = (doubles: readonly number[], integers: readonly number[]): number => {
    const address = reserve(doubles.length * 8 + integers.length * 4);
    new Float64Array(core.memory.buffer, address, doubles.length).set(doubles);
    new Uint32Array(core.memory.buffer, address + doubles.length * 8, integers.length).set(integers);
    return address;
  };
  const before = {
    measured: core.measuredDistances.value + core.referenceDistances.value,
    refined: core.refinedPairs.value,
    hausdorff: core.hausdorffTiles.value,
    references: core.referenceTiles.value,
  };
  let pairsDone = 0;

  const { images } = work;
  const { channels } = images;
  const origin = work.kind === "projection" ? work.centre : work.quantisation.centre;
  const centre = reserve(origin.length * 4);
  floats(centre, origin.length).set(origin);

  /** What float32 adds to the errors: each of D products is rounded by 2^-24 of at most 2^15. */
  const ROUNDING = 2 * 2 ** -9 * Math.sqrt(channels + 1) + 0.01;

  function pairRunner(work: PairWork): (task: Task) => void {
    const { block, keepAll, output, shared, order, quads, strip, panelShift, quantisation: { scale } } = work;
    const { patches, count } = images;
    const packing = channels - shared;
    // Sums of squares are added up by sixteens, wherever they lie.
    const own = shared ? Math.min(channels, 16 * Math.ceil(packing / 16)) : channels;
    const panels = Math.ceil(patches / PANEL);
    // What four patches share is multiplied once for the four.
    const blocks = patches / 4;
    const blockPanels = Math.ceil(blocks / PANEL);
    const sharedHalves = reserve(blockPanels * PANEL * 4);
    const zeros = reserve(48);
    const stride = blockPanels * PANEL;
    floats(zeros, 12).fill(0);
    /** Bytes of a panel, and of one of what patches share, which is of 16 bits. */
    const panelBytes = PANEL * 4 * Math.ceil(packing / (quads ? 4 : 2));
    const sharedPanelBytes = PANEL * 4 * Math.ceil(shared / 2);
    const farthestFirst = output.kind === "hausdorff" || output.kind === "largest";
    /** Of the fine integers of all patches. */
    const fineBytes = quads ? patches * 16 * Math.ceil(packing / 8) : 0;
    const [there, back, places, otherPlaces] = [0, 1, 2, 3].map(() => reserve(panels * PANEL * 4));
    const found = record([], [there, places, back, otherPlaces]);
    const rowBytes = 48 * Math.ceil(panels * PANEL * (quads ? 2 : 4) / 48);
    const table = reserve(strip * rowBytes);
    if (quads) new Int16Array(core.memory.buffer, table, strip * rowBytes / 2).fill(-(2 ** 15));
    else new Int32Array(core.memory.buffer, table, strip * rowBytes / 4).fill(-(2 ** 31));
    const search = record([quads?.scale ?? scale, quads?.reach ?? Infinity, ROUNDING], [
      patches,
      channels,
      own,
      panelBytes / 48,
      sharedPanelBytes / 48,
      quads?.finerBits ?? 0,
      quads ? 1 : 0,
      strip,
      panelShift,
      zeros,
      shared ? reserve((stride + 3) * stride * 4) : 0,
      shared ? reserve((stride + 3) * stride * 4) : 0,
      table,
      reserve(strip * 16),
      reserve(panels * 48),
      reserve(strip * 4),
      reserve(panels * 48),
      quads ? reserve(strip * 4) : 0,
      quads ? reserve(panels * 48) : 0,
    ]);
    const quadSettings = quads && record([quads.scale, quads.error, quads.reach, quads.most, quads.finerBits], []);
    const room = reserve(channels * 8 + 96);
    const tiles = reserve(panels * 144);
    const marks = reserve(panels * PANEL * 4);
    const sums = reserve(2 * block * patches * 8);
    const extremes = reserve(2 * block * patches * 8);
    const others = output.kind === "neighbours" ? output.against ?? count - 1 : 0;
    const kept = output.kind === "neighbours" ? reserve(block * patches * others * 4) : 0;
    const nearestSums = output.kind === "neighbours" && output.residuals ? reserve(block * patches * channels * 4) : 0;

    /** One image in the core's memory: floats and integers. */
    interface Held {
      image: number;
      /** See core-as/pairs.ts. */
      readonly floatsAt: number;
      readonly sharedFloatsAt: number;
      /** Integers and halves of their norms, as the left image of a pair. */
      readonly rows: readonly number[];
      /** The integers of what four patches share. */
      readonly sharedAt: number;
      /** The image as one of a pair: see core-as/pairs.ts. */
      readonly paired: number;
    }
    /** Keeps images in the core's memory, `size` that follow each other at a time; an image is quantised when it comes. */
    function imageStore(size: number): (image: number) => Held {
      const places = Array.from({ length: size }, (): Held => {
        const floatsAt = reserve(patches * own * 4);
        const sharedFloatsAt = reserve(blocks * (channels - own) * 4);
        const packed = () => [reserve(panels * panelBytes), reserve(panels * PANEL * 4)];
        const rows = packed();
        // Of 16 bits the same integers serve both sides.
        const columns = quads ? packed() : rows;
        const sharedAt = reserve(blockPanels * sharedPanelBytes);
        // Where early breaks find the farthest, nothing is looked at again.
        const fineAt = farthestFirst ? [0, 0] : [reserve(fineBytes), reserve(panels * PANEL * 4)];
        const paired = record([0, 0], [floatsAt, sharedFloatsAt, ...rows, ...columns, sharedAt, ...fineAt]);
        return { image: -1, floatsAt, sharedFloatsAt, rows, sharedAt, paired };
      });
      return (image) => {
        const place = places[image % size];
        if (place.image === image) return place;
        const source = images.data.subarray(image * patches * channels, (image + 1) * patches * channels);
        const whole = own < channels ? wholeAt : place.floatsAt;
        floats(inOrder ? unsorted : whole, patches * channels).set(source);
        if (inOrder) {
          new Int32Array(core.memory.buffer, orderAt, patches).set(order ?? (orders[image] ??= farthestOrder()));
          core.copyInOrder(unsorted, orderAt, patches, channels, whole);
        }
        quantise(place, whole);
        if (own < channels) core.copyParts(whole, patches, channels, own, place.floatsAt, place.sharedFloatsAt);
        place.image = image;
        return place;
      };
    }

    const orders: Float64Array[] = [];
    const inOrder = farthestFirst || order !== undefined;
    const [unsorted, orderAt] = inOrder ? [reserve(patches * channels * 4), reserve(patches * 4)] : [0, 0];
    const wholeAt = own < channels ? reserve(patches * channels * 4) : 0;
    /** The patches at `unsorted` by number, the farthest from the centre first: early breaks come sooner. */
    function farthestOrder(): Float64Array {
      core.distancesTo(centre, unsorted, patches, channels, there);
      // Numbers sort several times as fast as pairs of them: a distance's rank, its patch behind it.
      const nearness = (distance: number) => Math.max(0, Math.round(2 ** 30 * (1 - distance * scale / 2 ** 15)));
      const keys = Float64Array.from(floats(there, patches), (distance, m) => nearness(distance) * 2 ** 20 + m);
      return keys.sort().map((key) => key % 2 ** 20);
    }

    function quantise({ rows: [packed, halves], sharedAt, paired }: Held, floatsAt: number): void {
      let sharedError = 0;
      if (shared) {
        // Every fourth patch, from its shared channels on.
        const from = [floatsAt + packing * 4, blocks, 4 * channels * 4, blockPanels, shared, shared] as const;
        const finer = quads ? quads.scale * 2 ** quads.finerBits : scale;
        sharedError = core.quantisePatches(...from, centre + packing * 4, finer, sharedAt, sharedHalves);
      }
      if (quads) {
        const settings = [centre, quadSettings!, sharedHalves, sharedError, room] as const;
        return core.quantiseQuads(paired, floatsAt, patches, channels, packing, ...settings);
      }
      const from = [floatsAt, patches, channels * 4, panels, channels, packing] as const;
      const error = core.quantisePatches(...from, centre, scale, packed, halves);
      new Float64Array(core.memory.buffer, paired, 1)[0] = error;
    }

    const left = imageStore(keepAll ? count : block);
    const right = keepAll ? left : imageStore(block);

    /** Squared minima of a pair, at `there` and, both ways, `back`. */
    function minima(i: number, j: number, bothWays = true): void {
      const [a, b] = [left(i), right(j)];
      core.pairMinima(search, a.paired, b.paired, bothWays, found);
    }

    /** Block `a` against all other images, or the first ones. */
    function neighbours(a: number, output: Extract<PairOutput, { kind: "neighbours" }>): void {
      const { quantile, against, scores, residuals, standardErrors } = output;
      const from = (against ?? 0) + a * block;
      const end = Math.min(count, from + block);
      const seen = new Int32Array(end - from);
      if (residuals) floats(nearestSums, block * patches * channels).fill(0);
      for (let fromB = 0; fromB < (against ?? count); fromB += FEW) {
        const endB = Math.min(against ?? count, fromB + FEW);
        for (let i = from; i < end; i++) {
          for (let j = fromB; j < endB; j++) {
            if (i === j) continue;
            pairsDone++;
            minima(i, j, false);
            // Among the first ones an image may meet itself.
            if (against !== undefined && floats(there, patches).every((squared) => squared === 0)) continue;
            const distances = kept + ((i - from) * patches * others + seen[i - from]++) * 4;
            const sums = residuals ? nearestSums + (i - from) * patches * channels * 4 : 0;
            core.keepNearest(there, places, patches, right(j).paired, channels, own, distances, others * 4, sums);
          }
        }
      }
      const sums = residuals && floats(nearestSums, (end - from) * patches * channels);
      for (let at = 0; at < (end - from) * patches; at++) {
        const number = seen[Math.floor(at / patches)];
        if (number === 0) continue;
        const distances = kept + at * others * 4;
        const rank = quantile === "mean" ? 0 : Math.min(number - 1, Math.floor(quantile * number));
        const score = quantile === "mean" ? core.meanOf(distances, number) : core.ranked(distances, number, rank);
        scores[from * patches + at] = score;
        if (standardErrors) {
          standardErrors[from * patches + at] = quantile === "mean"
            ? core.deviationOf(distances, number, score) / Math.sqrt(number)
            : spanAround(distances, number, rank, Math.sqrt(number * quantile * (1 - quantile))) / 2;
        }
        const own = from * patches + at - at % patches + (order?.[at % patches] ?? at % patches);
        for (let k = 0; residuals && k < channels; k++) {
          const mean = sums![at * channels + k] / number;
          residuals[(from * patches + at) * channels + k] = images.data[own * channels + k] - mean;
        }
      }
    }

    /** What lies between the values `reach` ranks, at least one, below and above a rank. */
    function spanAround(values: number, number: number, rank: number, reach: number): number {
      const ranks = Math.max(1, Math.round(reach));
      const high = core.ranked(values, number, Math.min(number - 1, rank + ranks));
      return high - core.ranked(values, number, Math.max(0, rank - ranks));
    }

    /** The larger of `known` and the squared directed distance of two images. `done` and `mark`: see core-as/hausdorff.ts. */
    function directed(from: Held, to: Held, known: number, done: number, mark: number): number {
      return core.directedHausdorff(search, from.paired, to.paired, known, tiles, done, mark);
    }

    function reduced(kind: "mean" | "smallest", squared: Float32Array): number {
      let result = kind === "mean" ? 0 : Infinity;
      for (const value of squared) result = kind === "mean" ? result + Math.sqrt(value) : Math.min(result, value);
      return kind === "mean" ? result / squared.length : Math.sqrt(result);
    }

    /** Adds the statistics of a block gathered in the core to the thread's own. */
    function gather(from: number, size: number, place: number): void {
      if (output.kind !== "statistics") return;
      const length = size * patches;
      const offset = from * patches;
      const sum = new Float64Array(core.memory.buffer, sums + place * block * patches * 8, length);
      const smallest = floats(extremes + place * block * patches * 8, length);
      const largest = floats(extremes + place * block * patches * 8 + block * patches * 4, length);
      for (let at = 0; at < length; at++) {
        output.sum[offset + at] += sum[at];
        output.smallest[offset + at] = Math.min(output.smallest[offset + at], smallest[at]);
        output.largest[offset + at] = Math.max(output.largest[offset + at], largest[at]);
      }
    }

    /** Compares images i and j, numbers `at` and `to` of their blocks. */
    function compare(i: number, j: number, at: number, to: number): void {
      pairsDone++;
      switch (output.kind) {
        case "statistics":
          minima(i, j);
          for (const [squared, place, image] of [[there, 0, at], [back, 1, to]] as const) {
            const sum = sums + (place * block + image) * patches * 8;
            const smallest = extremes + (place * 2 * block + image) * patches * 4;
            core.reduceMinima(squared, patches, output.rounding, sum, smallest, smallest + block * patches * 4);
          }
          break;
        case "minima":
          minima(i, j);
          output.minima.set(floats(there, patches).map(Math.sqrt), (i * count + j) * patches);
          output.minima.set(floats(back, patches).map(Math.sqrt), (j * count + i) * patches);
          break;
        case "mean":
        case "smallest":
          minima(i, j);
          output.directed[i * count + j] = reduced(output.kind, floats(there, patches));
          output.directed[j * count + i] = reduced(output.kind, floats(back, patches));
          break;
        case "largest":
          output.directed[i * count + j] = Math.sqrt(directed(left(i), right(j), 0, 0, 0));
          output.directed[j * count + i] = Math.sqrt(directed(right(j), left(i), 0, 0, 0));
          break;
        case "hausdorff": {
          const one = directed(left(i), right(j), 0, 0, marks);
          const both = Math.sqrt(directed(right(j), left(i), one, marks, 0));
          output.directed[i * count + j] = output.directed[j * count + i] = both;
          break;
        }
        case "all pairs": {
          const sum = core.sumDistances(left(i).floatsAt, patches, right(j).floatsAt, patches, channels);
          output.directed[i * count + j] = output.directed[j * count + i] = sum / (patches * patches);
          break;
        }
      }
    }

    return (task) => {
      if (output.kind === "neighbours") return neighbours(task.a, output);
      const size = task.block ?? block;
      const [fromA, fromB] = [task.a * size, task.b * size];
      const [endA, endB] = [Math.min(count, fromA + size), Math.min(count, fromB + size)];
      if (output.kind === "statistics") {
        new Float64Array(core.memory.buffer, sums, 2 * block * patches).fill(0);
        for (const place of [0, 1]) {
          floats(extremes + place * block * patches * 8, block * patches).fill(Infinity);
          floats(extremes + place * block * patches * 8 + block * patches * 4, block * patches).fill(0);
        }
      }
      for (let from = fromB; from < endB; from += FEW) {
        for (let i = fromA; i < endA; i++) {
          for (let j = Math.max(from, i + 1); j < Math.min(from + FEW, endB); j++) compare(i, j, i - fromA, j - fromB);
        }
      }
      gather(fromA, endA - fromA, 0);
      gather(fromB, endB - fromB, 1);
    };
  }

  function projectionRunner({ basis, block, short }: ProjectionWork): (task: Task) => void {
    const { patches, count } = images;
    const axes = short.channels - 1;
    const source = reserve(patches * channels * 4);
    const basisAt = reserve(basis.byteLength);
    new Float64Array(core.memory.buffer, basisAt, basis.length).set(basis);
    const output = reserve(patches * short.channels * 4 + 16 + channels * 32);
    return (task) => {
      for (let image = task.a * block; image < Math.min(count, (task.a + 1) * block); image++) {
        const from = image * patches * channels;
        floats(source, patches * channels).set(images.data.subarray(from, from + patches * channels));
        core.projectPatches(source, patches, channels, centre, basisAt, axes, output);
        short.data.set(floats(output, patches * short.channels), image * patches * short.channels);
      }
    };
  }

  function referenceRunner(work: ReferenceWork): (task: Task) => void {
    const { references, shortImages, shortReferences, block, nearest, places, quads } = work;
    const { patches, count } = images;
    const short = shortImages.channels;
    // Images make no difference among references: their patches are searched in chunks that fill panels.
    const total = references.count * references.patches;
    const chunk = BYTE_PANEL * Math.ceil(Math.min(total, Math.max(1, CHUNK_BYTES / (channels * 4))) / BYTE_PANEL);
    const shortened = reserve(Math.max(patches, chunk) * short * 4);
    const best = reserve(block * patches * 4);
    const found = reserve(block * patches * 4);

    /** Patches in the core's memory, as one side of a search. */
    interface Side {
      readonly floatsAt: number;
      /** Quantises `size` patches, from number `first` of their set on, whose short vectors are at an address. */
      quantise(first: number, size: number, shortAt: number): void;
      readonly at: number;
    }
    /** What finds the nearest references, by integers of some kind. */
    interface Search {
      side(asRows: boolean, size: number): Side;
      /** Forgets what was found. */
      start(size: number): void;
      /** Looks for references nearer to image `i` of a task's. */
      run(i: number, own: Side, other: Side): void;
    }

    function bySums16(): Search {
      const { scale, shift, groupPairs, rowError, columnError, reach } = work.quantisation;
      const settings = record([scale, shift, groupPairs, rowError, columnError, reach], []);
      const integers = reserve(short + 32);
      const wanted = reserve((block * patches + 2) * 2);
      const pairs = Math.ceil(short / 2);
      return {
        side(asRows, size) {
          const panel = asRows ? 3 : BYTE_PANEL;
          const room = Math.ceil(size / panel) * panel;
          const floatsAt = reserve(size * channels * 4);
          const packed = reserve(room * pairs * 2);
          const starts = asRows ? reserve(room * Math.ceil(pairs / groupPairs) * 2) : 0;
          const at = record([], [floatsAt, packed, starts, reserve(room * 2), reserve(room * 2), 0, 0]);
          const quantise = (first: number, size: number, shortAt: number) => {
            new Int32Array(core.memory.buffer, at + 20, 2).set([size, first]);
            core.quantiseBytes(shortAt, short, centre, settings, at, integers);
          };
          return { floatsAt, at, quantise };
        },
        start: (size) => new Int16Array(core.memory.buffer, wanted, size * patches).fill(-(2 ** 15)),
        run(i, own, other) {
          const to = [best + i * patches * 4, wanted + i * patches * 2, found + i * patches * 4] as const;
          core.nearerReferences(own.at, other.at, channels, short, settings, ...to);
        },
      };
    }

    function bySums32({ scale, error, reach, most, finerBits, centre }: NonNullable<typeof quads>): Search {
      const settings = record([scale, error, reach, most, finerBits], []);
      const panelBytes = PANEL * 4 * Math.ceil(short / 4);
      const search = record([scale, reach, ROUNDING], [channels, panelBytes / 48]);
      const centreAt = reserve(short * 4);
      floats(centreAt, short).set(centre);
      const room = reserve(short * 8 + 96);
      // Rows are taken by threes.
      const thresholds = reserve((block * patches + 2) * 4);
      const nearestOf = Array.from({ length: block }, (_, i) => {
        return record([], [best, found, thresholds].map((from) => from + i * patches * 4));
      });
      return {
        side(asRows, size) {
          const panels = Math.ceil(size / PANEL);
          const floatsAt = reserve(size * channels * 4);
          const packed = [reserve(panels * panelBytes), reserve(panels * PANEL * 4)];
          const image = record([0, 0], [0, 0, ...(asRows ? packed : [0, 0]), ...(asRows ? [0, 0] : packed), 0, 0, 0]);
          const at = record([], [floatsAt, image, 0, 0]);
          const quantise = (first: number, size: number, shortAt: number) => {
            new Int32Array(core.memory.buffer, at + 8, 2).set([size, first]);
            core.quantiseQuads(image, shortAt, size, short, short, centreAt, settings, 0, 0, room);
          };
          return { floatsAt, at, quantise };
        },
        start: (size) => new Int32Array(core.memory.buffer, thresholds, size * patches).fill(-(2 ** 31)),
        run: (i, own, other) => core.nearerByQuads(search, own.at, other.at, nearestOf[i]),
      };
    }

    /** Fills a side with patches from number `first` on. */
    function fill({ floatsAt, quantise }: Side, set: Patches, shortSet: Patches, first: number, size: number) {
      const part = ({ data, channels }: Patches) => data.subarray(first * channels, (first + size) * channels);
      floats(floatsAt, size * channels).set(part(set));
      const itself = shortSet === set;
      if (!itself) floats(shortened, size * short).set(part(shortSet));
      quantise(first, size, itself ? floatsAt : shortened);
    }
    const search = quads ? bySums32(quads) : bySums16();
    const own = Array.from({ length: block }, () => search.side(true, patches));
    const other = search.side(false, chunk);
    return (task) => {
      const from = task.a * block;
      const size = Math.min(count, from + block) - from;
      for (let i = 0; i < size; i++) fill(own[i], images, shortImages, (from + i) * patches, patches);
      floats(best, size * patches).fill(Infinity);
      search.start(size);
      for (let first = 0; first < total; first += chunk) {
        fill(other, references, shortReferences, first, Math.min(chunk, total - first));
        for (let i = 0; i < size; i++) search.run(i, own[i], other);
      }
      pairsDone += size * references.count;
      const squared = floats(best, size * patches);
      for (let at = 0; at < squared.length; at++) nearest[from * patches + at] = Math.sqrt(squared[at]);
      places.set(new Int32Array(core.memory.buffer, found, size * patches), from * patches);
    };
  }

  function runnerOf(): (task: Task) => void {
    switch (work.kind) {
      case "pairs":
        return pairRunner(work);
      case "projection":
        return projectionRunner(work);
      case "references":
        return referenceRunner(work);
    }
  }

  return {
    run: runnerOf(),
    counts: () => ({
      pairs: pairsDone,
      measured: core.measuredDistances.value + core.referenceDistances.value - before.measured,
      refined: core.refinedPairs.value - before.refined,
      hausdorffTiles: core.hausdorffTiles.value - before.hausdorff,
      referenceTiles: core.referenceTiles.value - before.references,
    }),
  };
}
