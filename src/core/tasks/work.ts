// What work is: what is computed of which patches, in tasks that any thread can do in any order with the same result.

/** Patch embeddings. */
export interface Patches {
  /** `[count, patches, channels]`; on shared memory where several threads work. */
  readonly data: Float32Array;
  /** Images. */
  readonly count: number;
  /** Patches of an image. */
  readonly patches: number;
  readonly channels: number;
}

/** How patches become 16-bit integers: see core-as/quantise.ts. */
export interface Quantisation {
  /** `[channels]` */
  readonly centre: Float32Array;
  /** Steps in one unit of the patches. */
  readonly scale: number;
}

/** How patches become 8-bit integers whose products are added in 16 bits: see core-as/structures.ts. */
export interface ByteQuantisation {
  /** `[channels]` */
  readonly centre: Float32Array;
  readonly scale: number;
  readonly shift: number;
  readonly groupPairs: number;
  readonly rowError: number;
  readonly columnError: number;
  readonly reach: number;
}

/** How patches become 8-bit integers whose products are added in 32 bits: see core-as/structures.ts. */
export interface QuadQuantisation {
  readonly scale: number;
  readonly error: number;
  readonly reach: number;
  readonly most: number;
  readonly finerBits: number;
}

/**
 * What is wanted of each pair of images, and where it goes. Arrays are for all images; `[count, …]` and `[count, count]`
 * are their shapes.
 */
export type PairOutput = StatisticsOutput | NeighboursOutput | MinimaOutput | DirectedOutput;

/** Statistics of each patch's minima over the other images. Each thread has arrays of its own, which are joined later. */
export interface StatisticsOutput {
  readonly kind: "statistics";
  /** 2^52 × the step that distances are rounded to: sums of such distances are exact, so they do not depend on order. */
  readonly rounding: number;
  /** `[count, patches]` */
  readonly sum: Float64Array;
  /** `[count, patches]`, at first infinite. */
  readonly smallest: Float32Array;
  /** `[count, patches]`, at first 0. */
  readonly largest: Float32Array;
}

/** One number for each patch from its minima over the other images. */
export interface NeighboursOutput {
  readonly kind: "neighbours";
  /** Which quantile of the minima, from 0 to 1, or their mean. */
  readonly quantile: number | "mean";
  /**
   * Only images after the first `against` ones are compared, and with these alone. Tasks then count blocks from there.
   *
   * @default each image with all others
   */
  readonly against?: number;
  /** `[count, patches]` */
  readonly scores: Float32Array;
  /** Each patch less the mean of its nearest patches in the other images: `[count, patches, channels]`. */
  readonly residuals?: Float32Array;
  /**
   * Standard error of each score, were the other images a sample: `[count, patches]`. Of a mean it is s / √n. Of a
   * quantile it is half the distance between two order statistics: those one standard deviation of the binomial
   * distribution below and above the quantile's rank.
   */
  readonly standardErrors?: Float32Array;
}

/** All minima. */
export interface MinimaOutput {
  readonly kind: "minima";
  /** `[count, count, patches]`: of patches of the first image, in the second. */
  readonly minima: Float32Array;
}

/** One number for each direction of a pair. */
export interface DirectedOutput {
  readonly kind: "mean" | "smallest" | "largest" | "hausdorff" | "all pairs";
  /** `[count, count]` */
  readonly directed: Float64Array;
}

/** Comparing images with each other. A task is a pair of blocks of images; for `neighbours`, a block and all others. */
export interface PairWork {
  readonly kind: "pairs";
  readonly images: Patches;
  readonly quantisation: Quantisation;
  /** Given where 8-bit integers are faster on this processor. */
  readonly quads?: QuadQuantisation;
  /** Rows of a strip: see core-as/README.md. */
  readonly strip: number;
  /** How many of a panel number's last bits a row's key lacks: see core-as/README.md. */
  readonly panelShift: number;
  /** How many of the last channels the patches of a quartet share, 0 for none: see core-as/README.md. */
  readonly shared: number;
  /** Numbers of an image's patches in the order that outputs have them in: `[patches]`. @default their own */
  readonly order?: Int32Array;
  /** Images of a block. */
  readonly block: number;
  /** Whether all images stay in each thread's memory; else only those of a task do. */
  readonly keepAll: boolean;
  readonly output: PairOutput;
}

/** Making short vectors of patches: see core-as/README.md. A task is a block of images. */
export interface ProjectionWork {
  readonly kind: "projection";
  readonly images: Patches;
  /** The point that the axes go through: `[channels]`. */
  readonly centre: Float32Array;
  /** See `Axes` in ../axes.ts. */
  readonly basis: Float64Array;
  /** Images of a block. */
  readonly block: number;
  /** `[count, patches, axes + 1]` */
  readonly short: Patches;
}

/** Finding each patch's nearest reference. A task is a block of images. */
export interface ReferenceWork {
  readonly kind: "references";
  readonly images: Patches;
  readonly references: Patches;
  /** Short vectors of both, or both themselves. */
  readonly shortImages: Patches;
  readonly shortReferences: Patches;
  /** Of the short vectors. */
  readonly quantisation: ByteQuantisation;
  /** The same, given where 8-bit integers with sums of 32 bits are faster on this processor. */
  readonly quads?: QuadQuantisation & { readonly centre: Float32Array };
  /** Images of a block. */
  readonly block: number;
  /** Distances, `[count, patches]`. */
  readonly nearest: Float32Array;
  /** The nearest reference's number among all patches of the references, `[count, patches]`. */
  readonly places: Int32Array;
}

/** Any work. */
export type Work = PairWork | ProjectionWork | ReferenceWork;

/** A part of a work: blocks of images by their numbers. */
export interface Task {
  readonly a: number;
  /** The second block of a pair; of other work 0. */
  readonly b: number;
  /** Images of these blocks. @default the work's */
  readonly block?: number;
  /** How many pairs of images it compares; of a projection, how many images it takes. */
  readonly pairs: number;
}

/** Counts of what was computed; core-as/README.md defines the terms. */
export interface WorkCounts {
  /** Pairs of images. */
  pairs: number;
  /** Distances that were measured: pairs of patches that the integers could not exclude. */
  measured: number;
  /** Pairs of patches that 8-bit integers could not exclude, and that fine integers were asked about. */
  refined: number;
  /** Tiles of 3 × 12 patches that the search with early break computed. */
  hausdorffTiles: number;
  /** Tiles of three patches and a panel of references, 12 or 24. */
  referenceTiles: number;
}

/** The sum of the counts of one thread or more. */
export function sumOfCounts(counts: readonly WorkCounts[]): WorkCounts {
  const sum = { pairs: 0, measured: 0, refined: 0, hausdorffTiles: 0, referenceTiles: 0 };
  for (const one of counts) for (const key of Object.keys(sum) as (keyof WorkCounts)[]) sum[key] += one[key];
  return sum;
}

/** What a worker is given to do: it takes tasks from a counter in shared memory until none is left. */
export interface Job {
  /** The compiled core. */
  readonly module: WebAssembly.Module;
  readonly work: Work;
  readonly tasks: readonly Task[];
  /** One number: the next task's. */
  readonly next: Int32Array;
}

/** What a worker says of a job. */
export type Answer =
  | { readonly kind: "begun" }
  | { readonly kind: "done"; readonly pairs: number }
  | { readonly kind: "counts"; readonly counts: WorkCounts }
  | { readonly kind: "failed"; readonly error: Error };

/** Does a task; returns how many pairs of images it compared. */
export type RunTask = (task: Task) => number;
