// The methods that users can choose by name, each with one line for --help that also gives its source.

import type { DirectClusterer, TrainedClusterer } from "../../cluster/clusterer.ts";
import type { SetDistance } from "../../distance/image_distances.ts";
import type { Feature } from "../../feature.ts";
import { type PresetName, PRESETS } from "../../preset.ts";
import type { ScoreSource, Temperatures, Weighting } from "../../weight/weighting.ts";
import type { PatchValues } from "../../types.ts";

type Described<Name extends string> = Readonly<Record<Name, string>>;

/** Names of weights. */
export type WeightName =
  | "uniform"
  | "soft"
  | "soft-min"
  | "soft-max"
  | "labelled-normal"
  | "hard"
  | "hybrid"
  | "mask";

export const WEIGHTS: Described<WeightName> = {
  "uniform": "all patches alike: average pooling",
  "soft": "exponential in the mean distance to the nearest patches of the others (eq. 5)",
  "soft-min": "the same over the smallest distance; fails on duplicates (eq. 10)",
  "soft-max": "the same over the largest distance; highlights rare normal parts (figure 12)",
  "labelled-normal": "the same over the distance to labelled normal images, --normals (eq. 6)",
  "hard": "alike on the --top highest patches, else none (eq. 8)",
  "hybrid": "soft on the --top highest patches, else none (eq. 9)",
  "mask": "alike on the patches that ground-truth masks touch, --masks (table 7)",
};

export const SCORES: Described<Exclude<ScoreSource, object>> = {
  mean: "mean over the other images (eq. 5)",
  min: "smallest over the other images (eq. 10)",
  max: "largest over the other images (figure 12)",
  normal: "nearest patch of all labelled normal images (eq. 6)",
};

export const DISTANCES: Described<"weighted-average" | SetDistance> = {
  "weighted-average": "between weighted averages of patches (eq. 4)",
  "max-hausdorff": "maximum Hausdorff (eq. 2 and 3)",
  "max-hausdorff-average": "mean of both directed Hausdorff distances (appendix C)",
  "average-min-max": "larger of both mean nearest distances (appendix C)",
  "average-min-mean": "mean of both mean nearest distances (appendix C)",
  "min-min": "nearest two patches (appendix C)",
  "average-average": "mean over all pairs of patches (appendix C)",
};

export const CONTENTS: Described<NonNullable<Feature["content"]>> = {
  patch: "patches (eq. 4)",
  residual: "what patches differ by from their nearest in the other images, or among --normals",
};

export const LENGTHS: Described<NonNullable<Feature["length"]>> = {
  kept: "as it comes (eq. 4): strong and weak defects of a kind lie apart",
  root: "its square root",
  unit: "one: only the direction counts; without --normals sound images have none",
};

/** Names of poolings. */
export type PoolingName = "average" | "max" | "gem" | "spoc" | "bag-of-words";

export const POOLINGS: Described<PoolingName> = {
  "average": "mean of the patches (table 9)",
  "max": "largest value of each channel (table 9)",
  "gem": "generalised mean, p = 20 (table 9)",
  "spoc": "mean with a Gaussian around the centre, σ = 1000 (table 9)",
  "bag-of-words": "shares of 512 visual words (table 9)",
};

/** Names of trained clusterers. */
export type TrainedName = TrainedClusterer["kind"];

/** Names of clusterers. */
export type ClustererName = TrainedName | DirectName;

/** Names of clusterers that need no training. */
export type DirectName =
  | "ward"
  | "single"
  | "complete"
  | "average"
  | "kmeans"
  | "gmm"
  | "gmm-full"
  | "kmedoids"
  | "spectral";

export const TRAINED: Described<TrainedName> = {
  "iic": "trained, takes minutes: information that two views tell of each other (Ji et al. 2019; table 8)",
  "gatcluster": "trained, takes minutes: Gaussian attention and four losses (Niu et al. 2020; table 8)",
  "scan": "trained: neighbours fall into one group, then self-labelling (Van Gansbeke et al. 2020; table 8)",
};

export const CLUSTERERS: Described<ClustererName> = {
  "ward": "agglomerative, least growth of variance (Ward 1963)",
  "single": "agglomerative, nearest members (table 8)",
  "complete": "agglomerative, farthest members (table 8)",
  "average": "agglomerative, mean over members (table 8)",
  "kmeans": "k-means++ with 10 starts (Arthur and Vassilvitskii 2007)",
  "gmm": "Gaussian mixture, diagonal covariance (Dempster et al. 1977)",
  "gmm-full": "Gaussian mixture, full covariance of 20 principal components",
  "kmedoids": "eager swaps (FasterPAM: Schubert and Rousseeuw 2021)",
  "spectral": "self-tuning affinity (Zelnik-Manor and Perona 2004), normalised (Ng et al. 2001)",
  ...TRAINED,
};

export const PRESET_LINES = Object.fromEntries(
  Object.entries(PRESETS).map(([name, { summary }]) => [name, summary]),
) as Described<PresetName>;

/** The paragraphs on methods at the end of --help. */
export function methodsHelp(): string {
  const groups = {
    "--preset": PRESET_LINES,
    "--weight": WEIGHTS,
    "--over": { ...SCORES, "5%": "any quantile over the other images: what a few of them have too is normal" },
    "--content": CONTENTS,
    "--length": LENGTHS,
    "--distance": DISTANCES,
    "--pool": POOLINGS,
    "--cluster": CLUSTERERS,
  };
  const paragraphs = Object.entries(groups).map(([option, methods]) => {
    return [`${option}:`, ...Object.entries(methods).map(([name, line]) => `  ${name.padEnd(22)} ${line}`)].join("\n");
  });
  return `\nMethods (equations, figures and tables: Sohn et al., Anomaly Clustering, WACV 2023)\n\n${
    paragraphs.join("\n\n")
  }\n`;
}

/** The names in a table of methods. */
export function namesOf<Name extends string>(methods: Described<Name>): Name[] {
  return Object.keys(methods) as Name[];
}

/** The weighting that the program's options describe. */
export function weightingOf(name: WeightName, options: {
  readonly tau: Temperatures;
  readonly over: ScoreSource;
  readonly top: number;
  readonly masks?: PatchValues;
}): Weighting {
  const { tau, over, top } = options;
  switch (name) {
    case "uniform":
      return { kind: "uniform" };
    case "soft":
      return { kind: "soft", tau, over };
    case "soft-min":
      return { kind: "soft", tau, over: "min" };
    case "soft-max":
      return { kind: "soft", tau, over: "max" };
    case "labelled-normal":
      return { kind: "soft", tau, over: "normal" };
    case "hard":
      return { kind: "hard", k: top, over };
    case "hybrid":
      return { kind: "hybrid", k: top, tau, over };
    case "mask":
      return { kind: "mask", masks: options.masks! };
  }
}

/** Whether this is the name of a trained clusterer. */
export function isTrained(name: ClustererName): name is TrainedName {
  return name in TRAINED;
}

/** The clusterer that the program's options describe. */
export function clustererOf(name: DirectName, seed: number): DirectClusterer {
  switch (name) {
    case "gmm":
      return { kind: "gaussian-mixture", covariance: "diagonal", seed };
    case "gmm-full":
      return { kind: "gaussian-mixture", covariance: "full", seed };
    case "kmeans":
    case "kmedoids":
    case "spectral":
      return { kind: name, seed };
    default:
      return { kind: "linkage", method: name };
  }
}
