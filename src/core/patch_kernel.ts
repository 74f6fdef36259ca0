// Makes plans: what to compute from patches, cut into tasks (tasks/work.ts). run_plan.ts runs the plans.

import type { PatchSet } from "../types.ts";
import { evenAxes, principalAxes } from "./axes.ts";
import { byteQuantisation, LARGEST_NORM, LARGEST_SCALE } from "./byte_quantisation.ts";
import { KEY_BITS, PANEL, TILE_ROWS } from "./generated/structures.ts";
import { coreExports } from "./instance.ts";
import { quadQuantisation } from "./quad_quantisation.ts";
import type { Plan, Steps } from "./run_plan.ts";
import { onSharedMemory, sharedBuffer } from "./shared_memory.ts";
import { patchMean, possibleSharing, type Survey, survey } from "./survey.ts";
import { taskRunner } from "./tasks/task_runner.ts";
import type {
  PairOutput,
  PairWork,
  Patches,
  Quantisation,
  ReferenceWork,
  StatisticsOutput,
  Task,
} from "./tasks/work.ts";
import { availableThreads } from "./thread_pool.ts";

/**
 * How many bytes two blocks of images may take in the core, and how many all images may take if they are all to stay
 * there.
 */
const BLOCK_BYTES = 2 ** 24;
const ALL_BYTES = 4e7;
/**
 * Where images stay in memory, this share of the tasks is large. The remaining tasks, at the end, are a quarter as
 * large.
 */
const SHARE_OF_LARGE = 0.6;
/** Bytes of a strip's table: about what fits into a core's second-level cache. */
const TABLE_BYTES = 2 ** 21;
/** The most panels of a strip. A column's key can tell apart 2^KEY_BITS groups of three rows. */
const MOST_OF_STRIP = 2 ** KEY_BITS * TILE_ROWS / PANEL;
/** With fewer images, finding out whether 8-bit integers are faster takes too long. */
const FEWEST_FOR_BYTES = 8;
/** The most channels for which the norm of 8-bit integers is never too large, whatever the integers are. */
const MOST_CHANNELS_OF_BYTES = 2 ** 13;
/**
 * The most images of a task with references. With so many, quantising the references is only a few percent of a task.
 */
const MOST_AGAINST_REFERENCES = 32;

/** The sum, the smallest and the largest of each patch's minima over the other images. */
export interface MinimaStatistics {
  /** `[count, patches]` */
  readonly sum: Float64Array;
  /** `[count, patches]` */
  readonly smallest: Float32Array;
  /** `[count, patches]` */
  readonly largest: Float32Array;
}

/** Plans the statistics of each patch's minima over the other images. The minima are never all in memory at once. */
export function statisticsPlan(set: PatchSet): Plan<MinimaStatistics> {
  const images = patchesOf(set);
  const look = survey(images, possibleSharing(set));
  const place = placesOf(look.sharing.order, images.patches);
  const length = images.count * images.patches;
  const shares: StatisticsOutput[] = [];
  return pairPlan(images, look, (quantisation) => {
    // Distances are rounded so that a sum over 2^20 images needs at most 52 bits. Sums are then exact, in any order.
    const bound = 2 * LARGEST_NORM / quantisation.scale;
    const share = {
      kind: "statistics" as const,
      rounding: 2 ** (Math.ceil(Math.log2(bound)) + 20) * 1.5,
      sum: new Float64Array(sharedBuffer(length * 8)),
      smallest: new Float32Array(sharedBuffer(length * 4)).fill(Infinity),
      largest: new Float32Array(sharedBuffer(length * 4)),
    };
    shares.push(share);
    return share;
  }, () => joinedShares(shares, place));
}

/** Joins the results of all threads. `place[m]` is the place of an image's patch m in the threads' arrays. */
function joinedShares(shares: readonly MinimaStatistics[], place: Int32Array): MinimaStatistics {
  const { length } = shares[0].sum;
  const sum = new Float64Array(length);
  const smallest = new Float32Array(length).fill(Infinity);
  const largest = new Float32Array(length);
  for (const share of shares) {
    for (let image = 0; image < length; image += place.length) {
      for (let m = 0; m < place.length; m++) {
        const [to, from] = [image + m, image + place[m]];
        sum[to] += share.sum[from];
        smallest[to] = Math.min(smallest[to], share.smallest[from]);
        largest[to] = Math.max(largest[to], share.largest[from]);
      }
    }
  }
  return { sum, smallest, largest };
}

/** A score for each patch, with residuals and standard errors if asked for. */
export interface Neighbours {
  /** `[count, patches]` */
  readonly scores: Float32Array;
  /** Each patch less the mean of its nearest patches in the other images: `[count, patches, channels]`. */
  readonly residuals?: Float32Array;
  /** Standard error of each score, treating the images as a sample: `[count, patches]`. */
  readonly standardErrors?: Float32Array;
}

/** What to compute from each patch's minima over the other images. */
export interface NeighbourOptions {
  /** What a score is: a quantile of the minima, from 0 to 1, or their mean. */
  readonly quantile: number | "mean";
  readonly withResiduals?: boolean;
  readonly withErrors?: boolean;
  /**
   * If given, only the images after the first `against` ones get scores, and they are compared only with those first
   * ones.
   *
   * @default every image gets scores, compared with all others
   */
  readonly against?: number;
}

/**
 * Plans a score for each patch: a quantile of its minima over the other images, or their mean; if asked for, residuals
 * and standard errors too. A quantile needs all minima of a patch at once. So each pair of images is compared twice,
 * once for either image, and only the minima of one block of images are in memory.
 */
export function neighboursPlan(
  set: PatchSet,
  { quantile, withResiduals, withErrors, against }: NeighbourOptions,
): Plan<Neighbours> {
  const images = patchesOf(set);
  const look = survey(images, possibleSharing(set));
  const place = placesOf(look.sharing.order, images.patches);
  const { count, patches, channels } = images;
  const scores = new Float32Array(sharedBuffer(count * patches * 4));
  const residuals = withResiduals ? new Float32Array(sharedBuffer(images.data.byteLength)) : undefined;
  const standardErrors = withErrors ? new Float32Array(sharedBuffer(scores.byteLength)) : undefined;
  const output: PairOutput = {
    kind: "neighbours",
    quantile,
    scores,
    ...(standardErrors && { standardErrors }),
    ...(residuals && { residuals }),
    ...(against !== undefined && { against }),
  };
  const [asked, others] = against === undefined ? [count, count - 1] : [count - against, against];
  const block = Math.max(
    1,
    Math.min(blockSize(images), Math.ceil(asked / 8), Math.floor(2 * BLOCK_BYTES / (patches * others * 4))),
  );
  const workOf = pairWork(images, look, block);
  const inOrder = (values: Float32Array, width: number) => {
    const ordered = new Float32Array(sharedBuffer(values.byteLength));
    for (let to = 0; to < count * patches; to++) {
      const from = to - to % patches + place[to % patches];
      ordered.set(values.subarray(from * width, (from + 1) * width), to * width);
    }
    return ordered;
  };
  return {
    tasks: blockTasks(asked, block, others),
    products: asked * patches * channels * patches * others,
    workForThread: (spread) => workOf(spread, () => output),
    result: () => ({
      scores: inOrder(scores, 1),
      ...(residuals && { residuals: inOrder(residuals, channels) }),
      ...(standardErrors && { standardErrors: inOrder(standardErrors, 1) }),
    }),
  };
}

/** The share of a Hausdorff distance's products that early break leaves, at most. The tests check it by counting. */
const LEFT_BY_EARLY_BREAK = 0.1;

/** Plans all minima: `[count, count, patches]`, zero where an image is compared with itself. */
export function minimaPlan(set: PatchSet): Plan<Float32Array> {
  const images = patchesOf(set);
  const minima = new Float32Array(sharedBuffer(images.count ** 2 * images.patches * 4));
  return pairPlan(images, survey(images), () => ({ kind: "minima", minima }), () => minima);
}

/**
 * Plans one number for each direction of each pair: `[count, count]`, computed from the minima or from all distances.
 */
export function directedPlan(
  set: PatchSet,
  kind: "mean" | "smallest" | "largest" | "hausdorff" | "all pairs",
): Plan<Float64Array> {
  const images = patchesOf(set);
  const directed = new Float64Array(sharedBuffer(images.count ** 2 * 8));
  const plan = pairPlan(images, survey(images), () => ({ kind, directed }), () => directed, SEARCHES[kind]);
  return kind === "hausdorff" ? { ...plan, products: plan.products * LEFT_BY_EARLY_BREAK } : plan;
}

/** The nearest reference of each patch. */
export interface NearestReferences {
  /** `[count, patches]` */
  readonly distances: Float32Array;
  /** The reference's number among all patches of the references: `[count, patches]`. */
  readonly places: Int32Array;
}

/**
 * Plans the distance from each patch to the nearest of all patches of the references. The references' images may have
 * another number of patches. Where a few axes hold most of the variance, short vectors are made first and the search
 * uses them.
 */
export function* referencePlans(set: PatchSet, referenceSet: PatchSet): Steps<NearestReferences> {
  const [images, references] = [patchesOf(set), patchesOf(referenceSet)];
  const [threads, referenceThreads] = [forThreads(images), forThreads(references)];
  const centre = patchMean(images);
  const { axes, basis, suffices } = principalAxes(references, centre);
  let [shortImages, shortReferences, origin] = [images, references, centre];
  if (suffices) {
    const even = evenAxes(basis, images.channels, axes);
    shortReferences = (yield projectionPlan(references, centre, even, axes)) as Patches;
    shortImages = (yield projectionPlan(images, centre, even, axes)) as Patches;
    // Short vectors are centred on about 0, so rounding them to float32 changes far less than one step.
    origin = new Float32Array(axes + 1);
  }
  const quantisation = byteQuantisation([shortReferences, shortImages], origin);
  const quads = quadsForReferences([shortReferences, shortImages]);
  const nearest = new Float32Array(sharedBuffer(images.count * images.patches * 4));
  const places = new Int32Array(sharedBuffer(nearest.byteLength));
  // Each task reads all references, so blocks are large. But each thread should get two tasks, and none should take
  // long.
  const evenly = Math.ceil(images.count / (2 * availableThreads()));
  const block = Math.max(1, Math.min(MOST_AGAINST_REFERENCES, fitting(images), evenly));
  yield {
    tasks: blockTasks(images.count, block, references.count),
    products: images.data.length * references.count * references.patches,
    workForThread: (spread) => {
      const [own, others] = [threads(spread), referenceThreads(spread)];
      const short = suffices ? { shortImages, shortReferences } : { shortImages: own, shortReferences: others };
      return {
        kind: "references",
        images: own,
        references: others,
        ...short,
        quantisation,
        ...(quads && { quads }),
        block,
        nearest,
        places,
      };
    },
    result: () => nearest,
  };
  return { distances: nearest, places };
}

/**
 * How short vectors become 8-bit integers whose products are added in 32 bits; undefined where that would be slower.
 */
function quadsForReferences(sets: readonly [Patches, Patches]): ReferenceWork["quads"] {
  if (!coreExports().multipliesBytes() || sets[0].channels > MOST_CHANNELS_OF_BYTES) return undefined;
  const centre = patchMean(sets[0]);
  return { centre, ...quadQuantisation(sets, { centre, bits: 1, shared: 0, both: false }) };
}

/**
 * Plans short vectors of all patches. Each has `axes` products with the axes of `basis` (axes.ts), and the norm of what
 * lies outside these axes.
 */
export function projectionPlan(
  images: Patches,
  centre: Float32Array,
  basis: Float64Array,
  axes: number,
): Plan<Patches> {
  const { count, patches } = images;
  const data = new Float32Array(sharedBuffer(count * patches * (axes + 1) * 4));
  const short = { data, count, patches, channels: axes + 1 };
  const block = blockSize(images);
  const threads = forThreads(images);
  return {
    tasks: blockTasks(count, block, 1),
    products: images.data.length * axes,
    prepares: true,
    workForThread: (spread) => ({ kind: "projection", images: threads(spread), centre, basis, block, short }),
    result: () => short,
  };
}

/** One task for each block of images. `pairsOfImage`: how many pairs one image counts for. */
function blockTasks(count: number, block: number, pairsOfImage: number): Task[] {
  return Array.from({ length: Math.ceil(count / block) }, (_, a) => {
    return { a, b: 0, pairs: Math.min(block, count - a * block) * pairsOfImage };
  });
}

/** Plans work on all pairs of images. Each task is a pair of blocks. */
function pairPlan<Result>(
  images: Patches,
  look: Survey,
  output: (quantisation: Quantisation) => PairOutput,
  result: () => Result,
  search: Search = "minima",
): Plan<Result> {
  const { count } = images;
  const most = Math.min(blockSize(images), 2 * Math.ceil(count / 16));
  const block = Math.max(1, most - most % 2);
  const workOf = pairWork(images, look, block, search);
  const blocks = Math.ceil(count / block);
  const all = Array.from({ length: blocks }, (_, a) => a).flatMap((a) => {
    return Array.from({ length: blocks - a }, (_, at): Task => {
      return { a, b: a + at, pairs: pairsOf(a, a + at, block, count) };
    });
  });
  // Small tasks at the end let all threads finish at about the same time. Where images do not stay in memory, small
  // tasks would cost too much.
  const large = keepsAll(images) && block > 1 ? Math.floor(all.length * SHARE_OF_LARGE) : all.length;
  const tasks = all.flatMap((task, at) => at < large ? [task] : quartered(task, block, count));
  return {
    tasks: tasks.filter(({ pairs }) => pairs > 0),
    products: images.data.length * images.patches * (count - 1) / 2,
    workForThread: (spread) => workOf(spread, output),
    result,
  };
}

/** How many pairs of images two blocks have. A block with itself counts each pair once. */
function pairsOf(a: number, b: number, block: number, count: number): number {
  const size = (of: number) => Math.max(0, Math.min(block, count - of * block));
  return a === b ? size(a) * (size(a) - 1) / 2 : size(a) * size(b);
}

/** Splits a task into four: one for each pair of halves of its blocks. */
function quartered({ a, b }: Task, block: number, count: number): Task[] {
  return [[2 * a, 2 * b], [2 * a, 2 * b + 1], [2 * a + 1, 2 * b], [2 * a + 1, 2 * b + 1]]
    .filter(([first, second]) => first <= second)
    .map(([first, second]) => {
      return { a: first, b: second, block: block / 2, pairs: pairsOf(first, second, block / 2, count) };
    });
}

/** What the integers are used for: finding minima, a search with early break, or nothing. */
type Search = "minima" | "hausdorff" | "none";

const SEARCHES = {
  mean: "minima",
  smallest: "minima",
  largest: "hausdorff",
  hausdorff: "hausdorff",
  "all pairs": "none",
} as const;

/**
 * Returns a function that makes the work of one more thread. All threads use the same quantisation, chosen for the
 * first.
 */
function pairWork(images: Patches, look: Survey, block: number, search: Search = "minima") {
  const { centre, radius, sharing } = look;
  const threads = forThreads(images);
  const panels = Math.ceil(images.patches / PANEL);
  const strip = PANEL *
    Math.max(1, Math.min(panels, MOST_OF_STRIP, Math.floor(TABLE_BYTES / (panels * PANEL ** 2 * 4))));
  const panelShift = Math.max(0, Math.ceil(Math.log2(panels)) - KEY_BITS);
  let common: Omit<PairWork, "images" | "output"> | undefined;
  return (spread: boolean, output: (quantisation: Quantisation) => PairOutput): PairWork => {
    if (!common) {
      const quantisation = { centre, scale: Math.min(LARGEST_SCALE, LARGEST_NORM / (radius || 1)) };
      common = { kind: "pairs", quantisation, strip, panelShift, ...sharing, block, keepAll: keepsAll(images) };
      if (search !== "none" && images.count >= FEWEST_FOR_BYTES && coreExports().multipliesBytes()) {
        const both = search === "hausdorff";
        const { shared } = sharing;
        const quads = quadQuantisation([images], { centre, radius, bits: both ? 0 : KEY_BITS, shared, both });
        if (both || sufficesFor(images, { ...common, quads })) common = { ...common, quads };
      }
    }
    return { ...common, images: threads(spread), output: output(common.quantisation) };
  };
}

/**
 * Whether 8-bit integers are faster. They are tried on three images, and must leave few pairs of patches to fine
 * integers.
 */
function sufficesFor({ data, count, patches, channels }: Patches, work: Omit<PairWork, "images" | "output">): boolean {
  const length = patches * channels;
  const some = new Float32Array(3 * length);
  for (const at of [0, 1, 2]) {
    const image = Math.floor(at * count / 3);
    some.set(data.subarray(image * length, (image + 1) * length), at * length);
  }
  const images = { data: some, count: 3, patches, channels };
  const output: PairOutput = { kind: "mean", directed: new Float64Array(9) };
  const runner = taskRunner(coreExports(), { ...work, images, block: 3, keepAll: true, output });
  runner.run({ a: 0, b: 0, pairs: 3 });
  // In nanoseconds: 8 bits save 0.008 per product; each pair of patches that they leave costs 10, and 0.05 per channel.
  const most = 0.008 * patches ** 2 * channels / (10 + 0.05 * channels);
  return runner.counts().refined <= 3 * most;
}

/** For each patch of an image, its place in `order`. */
function placesOf(order: Int32Array | undefined, patches: number): Int32Array {
  const place = Int32Array.from({ length: patches }, (_, m) => m);
  order?.forEach((m, at) => place[m] = at);
  return place;
}

/** Describes a patch set in the form that work uses. */
function patchesOf({ data, count, rows, cols, channels }: PatchSet): Patches {
  return { data, count, patches: rows * cols, channels };
}

/**
 * Returns a function that gives the patches to a thread. Where there are several threads, the patches are copied once
 * to shared memory.
 */
function forThreads(images: Patches): (spread: boolean) => Patches {
  let shared: Patches | undefined;
  return (spread) => spread ? shared ??= { ...images, data: onSharedMemory(images.data) } : images;
}

/**
 * How many images a block has: many, so that each is seldom quantised, but few enough for two blocks to fit into
 * memory.
 */
function blockSize(images: Patches): number {
  return Math.max(1, Math.min(32, Math.floor(fitting(images) / 2)));
}

/** How many images, as floats and 16-bit integers, fit into the memory that blocks may take. */
function fitting({ patches, channels }: Patches): number {
  return Math.floor(BLOCK_BYTES / (patches * channels * 6));
}

/** Whether all images stay in the core's memory. */
function keepsAll({ data }: Patches): boolean {
  return data.length * 6 <= ALL_BYTES;
}
