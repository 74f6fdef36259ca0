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
  "uniform": "all patches count the same: average pooling",
  "soft": "the more, the farther it is from the other images: exponential in the mean distance (eq. 5)",
  "soft-min": "the same by the smallest distance; fails if images occur twice (eq. 10)",
  "soft-max": "the same by the largest distance; marks rare normal parts too (figure 12)",
  "labelled-normal": "the same by the distance to the images of --normals (eq. 6)",
  "hard": "the --top patches with the highest scores count the same, others not at all (eq. 8)",
  "hybrid": "as soft for the --top patches with the highest scores, others not at all (eq. 9)",
  "mask": "patches that the masks of --masks touch count the same, others not at all (table 7)",
};

export const SCORES: Described<Exclude<ScoreSource, object>> = {
  mean: "mean of the distances to the other images (eq. 5)",
  min: "smallest distance to another image (eq. 10)",
  max: "largest distance to another image (figure 12)",
  normal: "distance to the nearest patch of all images of --normals (eq. 6)",
};

export const DISTANCES: Described<"weighted-average" | SetDistance> = {
  "weighted-average": "between the weighted averages of the patches (eq. 4)",
  "max-hausdorff": "Hausdorff distance: the larger of both directions (eq. 2 and 3)",
  "max-hausdorff-average": "Hausdorff distance: the mean of both directions (appendix C)",
  "average-min-max": "mean distance to the nearest patch: the larger of both directions (appendix C)",
  "average-min-mean": "mean distance to the nearest patch: the mean of both directions (appendix C)",
  "min-min": "between the two patches that are nearest to each other (appendix C)",
  "average-average": "mean over all pairs of patches (appendix C)",
};

export const CONTENTS: Described<NonNullable<Feature["content"]>> = {
  patch: "the patches (eq. 4)",
  residual: "how patches differ from the nearest ones in the other images, or in --normals",
};

export const LENGTHS: Described<NonNullable<Feature["length"]>> = {
  kept: "left as it is (eq. 4): strong and weak defects of one kind lie apart",
  root: "its square root: strong and weak defects of one kind lie closer together",
  unit: "1: how strong a defect is does not count; use it only with --normals",
};

/** Names of poolings. */
export type PoolingName = "average" | "max" | "gem" | "spoc" | "bag-of-words";

export const POOLINGS: Described<PoolingName> = {
  "average": "mean of the patches (table 9)",
  "max": "largest value of each channel (table 9)",
  "gem": "generalised mean, p = 20 (table 9)",
  "spoc": "mean that favours the centre, by a Gaussian of σ = 1000 (table 9)",
  "bag-of-words": "how often each of 512 typical patches occurs (table 9)",
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
  "iic": "trains for minutes: what two views of an image tell of each other (Ji et al. 2019; table 8)",
  "gatcluster": "trains for minutes: Gaussian attention and four losses (Niu et al. 2020; table 8)",
  "scan": "trains: neighbours go into one group, then self-labelling (Van Gansbeke et al. 2020; table 8)",
};

export const CLUSTERERS: Described<ClustererName> = {
  "ward": "joins the groups whose spread grows least (Ward 1963)",
  "single": "joins the groups with the nearest members (table 8)",
  "complete": "joins the groups whose farthest members are nearest (table 8)",
  "average": "joins the groups that are nearest on average (table 8)",
  "kmeans": "k-means++ with 10 starts (Arthur and Vassilvitskii 2007)",
  "gmm": "Gaussian mixture, diagonal covariance (Dempster et al. 1977)",
  "gmm-full": "Gaussian mixture, full covariance of 20 principal components",
  "kmedoids": "k-medoids with eager swaps (FasterPAM: Schubert and Rousseeuw 2021)",
  "spectral": "spectral clustering (Ng et al. 2001), self-tuning (Zelnik-Manor and Perona 2004)",
  ...TRAINED,
};

export const PRESET_LINES = Object.fromEntries(
  Object.entries(PRESETS).map(([name, { summary }]) => [name, summary]),
) as Described<PresetName>;

const PRESET_WAYS = Object.fromEntries(
  Object.entries(PRESETS).map(([name, { how }]) => [name, how]),
) as Described<PresetName>;

/** The paragraphs on methods at the end of --help. */
export function methodsHelp(): string {
  const groups = {
    "--preset: what it gives and what it costs": PRESET_LINES,
    "--preset: how it works (docs/method.md)": PRESET_WAYS,
    "--weight: how much each patch counts": WEIGHTS,
    "--over: a patch's score, by its distances to the nearest patch of each other image": {
      ...SCORES,
      "5%": "this quantile of the distances: what a twentieth of the images has too is normal",
    },
    "--content: what is averaged": CONTENTS,
    "--length: what becomes of the length of an image's vector": LENGTHS,
    "--distance: how far apart two images are": DISTANCES,
    "--pool: other ways to average the patches": POOLINGS,
    "--cluster: how images are put into groups": CLUSTERERS,
  };
  const paragraphs = Object.entries(groups).map(([title, methods]) => {
    return [title, ...Object.entries(methods).map(([name, line]) => `  ${name.padEnd(22)} ${line}`)].join("\n");
  });
  return `\nMethods (equations, figures and tables: Sohn et al., Anomaly Clustering, WACV 2023; a patch is a square of the grid
that the network sees in an image)\n\n${paragraphs.join("\n\n")}\n`;
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
