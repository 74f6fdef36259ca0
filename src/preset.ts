// Settings that go together, by name.

import { DEFAULT_MODEL, type OnnxEmbedderOptions, PYRAMID_MODEL } from "./embed/onnx.ts";
import type { Feature } from "./feature.ts";
import type { ScoreSource, Temperatures, Weighting } from "./weight/weighting.ts";

/** Names of presets. */
export type PresetName = "paper" | "default" | "best";

/** A network, how it embeds images, and how they are grouped. */
export interface Preset {
  /** In a line. */
  readonly summary: string;
  /** Where the included network lies, for `readNetwork`. */
  readonly model: URL;
  /** Options for {@linkcode onnxEmbedder}, next to the model's bytes. */
  readonly embedding: Pick<OnnxEmbedderOptions, "name" | "levels" | "views">;
  /** What of the patches makes an image's embedding. */
  readonly features: readonly Feature[];
  /** The same where there are labelled normals. @default features */
  readonly featuresWithNormals?: readonly Feature[];
  /** What patches are scored by where there are none. @default "mean" */
  readonly over?: ScoreSource;
  /** The τ of soft weights. */
  readonly tau: Temperatures;
}

const PYRAMID = { name: "efficientnet-lite0-pyramid", levels: ["reduction4", "reduction3", "reduction5"] };

/** The depth at which defects stand out most, as it is. */
const MIDDLE: Feature = { levels: [0] };
/** All depths, each whitened: of images in eight directions quiet channels tell kinds too. */
const ALL: Feature = { whiten: { shrinkage: 0.1 } };

/** The presets. How they compare on labelled images is printed by `deno task evaluate`. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  paper: {
    summary: "Sohn et al. 2023: one depth of the network, one temperature for all images",
    model: DEFAULT_MODEL,
    embedding: { name: "efficientnet-lite0-reduction4" },
    features: [{}],
    tau: { standardDeviations: 0.3 },
  },
  default: {
    summary: "three depths, whitened; how far weights spread is chosen from the images",
    model: PYRAMID_MODEL,
    embedding: PYRAMID,
    features: [{ whiten: true }],
    featuresWithNormals: [{ whiten: true }, { whiten: true, content: "residual", length: "root" }],
    tau: "auto",
  },
  best: {
    summary:
      "eight directions; a consensus of patches, residuals and the spreads that suit the images; takes several times as long",
    model: PYRAMID_MODEL,
    embedding: { ...PYRAMID, views: 8 },
    features: [{ ...MIDDLE, content: "residual" }, ALL],
    featuresWithNormals: [MIDDLE, ALL].flatMap((one): Feature[] => [
      { ...one, length: "root" },
      { ...one, content: "residual", length: "root" },
    ]),
    over: { quantile: 0.05 },
    tau: "auto",
  },
};

/** All of them. */
export const PRESET_NAMES: readonly PresetName[] = Object.keys(PRESETS) as PresetName[];

/** What a preset says of the way from patches to groups. */
export interface PresetSettings {
  /** What of the patches makes an image's embedding. */
  readonly features: readonly Feature[];
  /** How patches are weighted. */
  readonly weight: Extract<Weighting, { readonly kind: "soft" }>;
}

/** Features and weights of a preset, as `clusterPatches` takes them; with labelled normals patches are scored by these. */
export function presetSettings(name: PresetName, withNormals: boolean): PresetSettings {
  const { features, featuresWithNormals = features, over = "mean", tau } = PRESETS[name];
  return {
    features: withNormals ? featuresWithNormals : features,
    weight: { kind: "soft", tau, over: withNormals ? "normal" : over },
  };
}
