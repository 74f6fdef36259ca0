// Settings that go together, by name.

import { DEFAULT_MODEL, type OnnxEmbedderOptions, PYRAMID_MODEL } from "./embed/onnx.ts";
import type { WhiteningOptions } from "./embed/whiten.ts";
import type { Temperatures } from "./weight/weighting.ts";

/** Names of presets. */
export type PresetName = "paper" | "default" | "best";

/** A network, how it embeds images, and how they are grouped. */
export interface Preset {
  /** In a line. */
  readonly summary: string;
  /** The included ONNX file. */
  readonly model: URL;
  /** Options for {@linkcode onnxEmbedder}, next to the model's bytes. */
  readonly embedding: Pick<OnnxEmbedderOptions, "name" | "levels" | "views">;
  /** Whether patch embeddings are whitened, and how. */
  readonly whiten: boolean | WhiteningOptions;
  /** The τ of soft weights. */
  readonly tau: Temperatures;
}

const PYRAMID = { name: "efficientnet-lite0-pyramid", levels: ["reduction4", "reduction3", "reduction5"] };

/** The presets. How they compare on labelled images is printed by `deno task evaluate`. */
export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  paper: {
    summary: "Sohn et al. 2023: one depth of the network, one temperature for all images",
    model: DEFAULT_MODEL,
    embedding: { name: "efficientnet-lite0-reduction4" },
    whiten: false,
    tau: { standardDeviations: 0.3 },
  },
  default: {
    summary: "three depths, whitened; each image's weights spread over 30 % of its patches",
    model: PYRAMID_MODEL,
    embedding: PYRAMID,
    whiten: true,
    tau: { perplexity: 0.3 },
  },
  best: {
    summary: "the same seen in eight directions, and a consensus of 20, 30, 40 and 50 %; some 6 times as long",
    model: PYRAMID_MODEL,
    embedding: { ...PYRAMID, views: 8 },
    whiten: true,
    tau: [0.2, 0.3, 0.4, 0.5].map((perplexity) => ({ perplexity })),
  },
};
