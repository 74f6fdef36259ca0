// Describes work: what to compute from which patches. It is cut into tasks that any thread can do in any order, with
// the same result.

/** Patch embeddings. */
export interface Patches {
  /** `[count, patches, channels]`; on shared memory if several threads work. */
  readonly data: Float32Array;
  /** How many images. */
  readonly count: number;
  /** How many patches an image has. */
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
 * What to compute for each pair of images, and the arrays that it goes to. These hold all images, with shape `[count,
 * …]` or `[count, count]`.
 */
export type PairOutput = StatisticsOutput | NeighboursOutput | MinimaOutput | DirectedOutput;

/** Statistics of each patch's minima over the other images. Each thread has its own arrays, which are joined later. */
export interface StatisticsOutput {
  readonly kind: "statistics";
  /**
   * 1.5 × 2^52 × the step to which distances are rounded. Sums of such distances are exact, so their order does not
   * matter.
   */
  readonly rounding: number;
  /** `[count, patches]` */
  readonly sum: Float64Array;
  /** `[count, patches]`, infinite at the start. */
  readonly smallest: Float32Array;
  /** `[count, patches]`, 0 at the start. */
  readonly largest: Float32Array;
}

/** One number for each patch, computed from its minima over the other images. */
export interface NeighboursOutput {
  readonly kind: "neighbours";
  /** Which quantile of the minima, from 0 to 1, or their mean. */
  readonly quantile: number | "mean";
  /**
   * If given, only the images after the first `against` ones are compared, and only with those first ones. Tasks then
   * count their blocks from there.
   *
   * @default each image is compared with all others
   */
  readonly against?: number;
  /** `[count, patches]` */
  readonly scores: Float32Array;
  /** Each patch less the mean of its nearest patches in the other images: `[count, patches, channels]`. */
  readonly residuals?: Float32Array;
  /**
   * Standard error of each score, treating the other images as a sample: `[count, patches]`. For a mean it is s / √n.
   * For a quantile it is half the distance between two order statistics: those one standard deviation of the binomial
   * distribution below and above the quantile's rank.
   */
  readonly standardErrors?: Float32Array;
}

/** All minima. */
export interface MinimaOutput {
  readonly kind: "minima";
  /** `[count, count, patches]`: the minima of the first image's patches in the second image. */
  readonly minima: Float32Array;
}

/** One number for each direction of a pair. */
export interface DirectedOutput {
  readonly kind: "mean" | "smallest" | "largest" | "hausdorff" | "all pairs";
  /** `[count, count]` */
  readonly directed: Float64Array;
}

/**
 * Compares images with each other. A task is a pair of blocks of images; for `neighbours`, one block and all other
 * images.
 */
export interface PairWork {
  readonly kind: "pairs";
  readonly images: Patches;
  readonly quantisation: Quantisation;
  /** Given if 8-bit integers are faster on this processor. */
  readonly quads?: QuadQuantisation;
  /** How many rows a strip has: see core-as/README.md. */
  readonly strip: number;
  /** How many of the last bits of a panel's number a row's key leaves out: see core-as/README.md. */
  readonly panelShift: number;
  /** How many of the last channels the patches of a quartet share, 0 for none: see core-as/README.md. */
  readonly shared: number;
  /**
   * The numbers of an image's patches, in the order in which outputs have them: `[patches]`. @default their own order
   */
  readonly order?: Int32Array;
  /** How many images a block has. */
  readonly block: number;
  /** Whether all images stay in each thread's memory. If not, only the images of a task do. */
  readonly keepAll: boolean;
  readonly output: PairOutput;
}

/** Makes short vectors of patches: see core-as/README.md. A task is a block of images. */
export interface ProjectionWork {
  readonly kind: "projection";
  readonly images: Patches;
  /** The point that the axes go through: `[channels]`. */
  readonly centre: Float32Array;
  /** See `Axes` in ../axes.ts. */
  readonly basis: Float64Array;
  /** How many images a block has. */
  readonly block: number;
  /** `[count, patches, axes + 1]` */
  readonly short: Patches;
}

/** Finds each patch's nearest reference. A task is a block of images. */
export interface ReferenceWork {
  readonly kind: "references";
  readonly images: Patches;
  readonly references: Patches;
  /** Short vectors of the images and of the references; or the images and references themselves. */
  readonly shortImages: Patches;
  readonly shortReferences: Patches;
  /** How the short vectors become integers. */
  readonly quantisation: ByteQuantisation;
  /** The same for 8-bit integers whose products are added in 32 bits. Given if these are faster on this processor. */
  readonly quads?: QuadQuantisation & { readonly centre: Float32Array };
  /** How many images a block has. */
  readonly block: number;
  /** Distances to the nearest reference: `[count, patches]`. */
  readonly nearest: Float32Array;
  /** The nearest reference's number among all patches of the references: `[count, patches]`. */
  readonly places: Int32Array;
}

/** Any work. */
export type Work = PairWork | ProjectionWork | ReferenceWork;

/** A part of some work: one block or two blocks of images, by number. */
export interface Task {
  readonly a: number;
  /** The second block of a pair; 0 in other work. */
  readonly b: number;
  /** How many images these blocks have. @default as many as the work says */
  readonly block?: number;
  /** How many pairs of images the task compares. In a projection: how many images it projects. */
  readonly pairs: number;
}

/** Counts of what was computed; core-as/README.md defines the terms. */
export interface WorkCounts {
  /** Pairs of images. */
  pairs: number;
  /** Distances that were measured, because the integers could not exclude the pair of patches. */
  measured: number;
  /** Pairs of patches that 8-bit integers could not exclude, so that fine integers were tried. */
  refined: number;
  /** Tiles of 3 × 12 patches that the search with early break computed. */
  hausdorffTiles: number;
  /** Tiles of three patches and a panel of 12 or 24 references. */
  referenceTiles: number;
}

/** Adds up the counts of one thread or more. */
export function sumOfCounts(counts: readonly WorkCounts[]): WorkCounts {
  const sum = { pairs: 0, measured: 0, refined: 0, hausdorffTiles: 0, referenceTiles: 0 };
  for (const one of counts) for (const key of Object.keys(sum) as (keyof WorkCounts)[]) sum[key] += one[key];
  return sum;
}

/** A worker's job. The worker takes tasks from a counter in shared memory, until none is left. */
export interface Job {
  /** The compiled core. */
  readonly module: WebAssembly.Module;
  readonly work: Work;
  readonly tasks: readonly Task[];
  /** One number: the number of the next task. */
  readonly next: Int32Array;
}

/** What a worker answers while it does a job. */
export type Answer =
  | { readonly kind: "begun" }
  | { readonly kind: "done"; readonly pairs: number }
  | { readonly kind: "counts"; readonly counts: WorkCounts }
  | { readonly kind: "failed"; readonly error: Error };

/** Does a task, and returns how many pairs of images it compared. */
export type RunTask = (task: Task) => number;
