// Presets: settings that belong together, by name.

import type { OnnxEmbedderOptions } from "./embed/onnx.ts";
import { DEFAULT_MODEL, PYRAMID_MODEL, TWO_NETWORKS_MODEL } from "./embed/included_networks.ts";
import type { References } from "./reference/choose_references.ts";
import type { Feature } from "./feature.ts";
import type { ScoreSource, Temperatures, Weighting } from "./weight/weighting.ts";

/** Names of presets. */
export type PresetName = "paper" | "quick" | "default" | "best";

/** A network, how it embeds images, and how they are grouped. */
export interface Preset {
  /** What a person gets with it and what it costs, in one line. */
  readonly summary: string;
  /** How it works, in one line. */
  readonly how: string;
  /** Address of the included network, for `readNetwork`. */
  readonly model: URL;
  /** Options for {@linkcode onnxEmbedder}, in addition to the model's bytes. */
  readonly embedding: Pick<OnnxEmbedderOptions, "name" | "levels" | "views">;
  /** How an image's embedding is made from its patches. */
  readonly features: readonly Feature[];
  /** What scores are computed from if there are no labelled normals. @default "mean" */
  readonly over?: ScoreSource;
  /** The τ of soft weights. */
  readonly tau: Temperatures;
  /** The images that all are compared with. */
  readonly references: References;
  /**
   * How long a run takes, as a multiple of the time of `paper`: on 583 magnetic tiles, with onnxruntime-web, on 2
   * cores.
   */
  readonly time: number;
}

const LEVELS = ["reduction4", "reduction3", "reduction5"];
const PYRAMID = { name: "efficientnet-lite0-pyramid", levels: LEVELS };
const TWO_NETWORKS = {
  name: "efficientnet-lite0-lite2",
  levels: [...LEVELS, ...LEVELS.map((level) => `lite2-${level}`)],
};

/**
 * A consensus of three features: the whitened patches of all depths, their residuals, and the residuals of the middle
 * depth alone, where defects stand out most. Each length is replaced by its square root, so that groups depend more on
 * what a defect looks like than on how strong it is.
 *
 * @param middle levels of the middle depth.
 */
function consensusOf(middle: readonly number[]): readonly Feature[] {
  return [
    { whiten: true, length: "root" },
    { whiten: true, content: "residual", length: "root" },
    { levels: middle, content: "residual", length: "root" },
  ];
}

/** A patch that also occurs in a twentieth of the other images is seldom a defect. */
const RARE: ScoreSource = { quantile: 0.05 };

/** What `quick`, `default` and `best` have in common. */
const COMMON: Omit<Preset, "summary" | "how"> = {
  model: PYRAMID_MODEL,
  embedding: PYRAMID,
  features: consensusOf([0]),
  over: RARE,
  tau: "auto",
  references: "auto",
  time: 1.3,
};

/** The presets. `deno task evaluate` prints how they compare on labelled images. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  paper: {
    summary: "the method as published (Sohn et al. 2023), to compare with: fastest, finds least",
    how: "one depth of EfficientNet-Lite0, one temperature for all images",
    model: DEFAULT_MODEL,
    embedding: { name: "efficientnet-lite0-reduction4" },
    features: [{}],
    tau: { standardDeviations: 0.3 },
    references: "all",
    time: 1,
  },
  quick: {
    ...COMMON,
    summary: "half the time of default; finds most of what default finds",
    how: "three depths of EfficientNet-Lite0, whitened; each photo is seen as it lies",
  },
  default: {
    ...COMMON,
    summary: "begin with this: finds more than quick, and the same kind however a defect lies",
    how: "as quick, but each photo is seen in four directions",
    embedding: { ...PYRAMID, views: 4 },
    time: 2.4,
  },
  best: {
    ...COMMON,
    summary: "two to three times as long as default; finds a little more",
    how: "as default, with a second network, EfficientNet-Lite2",
    model: TWO_NETWORKS_MODEL,
    embedding: { ...TWO_NETWORKS, views: 4 },
    features: consensusOf([0, 3]),
    time: 6,
  },
};

/** Names of all presets. */
export const PRESET_NAMES: readonly PresetName[] = Object.keys(PRESETS) as PresetName[];

/** The settings of a preset from patches to groups. */
export interface PresetSettings {
  /** How an image's embedding is made from its patches. */
  readonly features: readonly Feature[];
  /** How patches are weighted. */
  readonly weight: Extract<Weighting, { readonly kind: "soft" }>;
  /** The images that all are compared with. */
  readonly references: References;
}

/**
 * Returns the features, weights and references of a preset, for `clusterPatches`. With labelled normals, patches are
 * scored against these.
 */
export function presetSettings(name: PresetName, withNormals: boolean): PresetSettings {
  const { features, over = "mean", tau, references } = PRESETS[name];
  return {
    features,
    weight: { kind: "soft", tau, over: withNormals ? "normal" : over },
    references,
  };
}
