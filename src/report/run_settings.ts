// The settings of a run, as groups.json and the report list them.

import type { Feature } from "../feature.ts";
import type { ClusterResult } from "../pipeline.ts";
import type { PresetName } from "../preset.ts";
import type { References } from "../reference/choose_references.ts";
import type { ScoreSource, Temperatures } from "../weight/weighting.ts";
import { digits, type GroupsFile } from "./result.ts";
import { countText, detailText, featureText, givenTemperatureText, referencesText, scoreText } from "./setting_text.ts";

/** The settings of a run, under the names of the program's options. */
export interface RunSettings {
  readonly k: number | "auto";
  readonly threshold?: number;
  readonly weight: string;
  readonly tau: Temperatures;
  readonly preset: PresetName;
  /** The features of a single look: not repeated for the close look and the whole photo. */
  readonly features: readonly Feature[];
  /** Side of the image for the network, in pixels. */
  readonly size: number;
  /** How photos were looked at closely, if they were. */
  readonly look?: { readonly detail: number };
  readonly over: ScoreSource;
  /** How many patches hard and hybrid weights keep. */
  readonly top?: number;
  readonly distance: string;
  readonly cluster: string;
  readonly seed: number;
  readonly engine?: string;
  readonly references: References;
}

/** Returns the settings that influenced the result, in the order in which they are listed. */
export function toldSettings(
  run: RunSettings,
  result: Pick<ClusterResult, "k" | "tau" | "spread" | "references" | "choice">,
): GroupsFile["settings"] {
  const { weight, references, look, engine } = run;
  const isSpread = !["hard", "mask", "uniform"].includes(weight);
  const isOfSome = references !== "all" && (references !== "auto" || result.references !== undefined);
  return {
    k: result.k,
    kChosen: countText(run, result.choice),
    weight,
    ...(result.tau !== undefined && { tau: digits(result.tau) }),
    ...(isSpread && { tauGiven: givenTemperatureText(run.tau, result.spread?.weighting) }),
    preset: run.preset,
    features: run.features.map(featureText).join("; "),
    size: run.size,
    ...(look && { detail: detailText(look) }),
    ...(["soft", "hard", "hybrid"].includes(weight) && { over: scoreText(run.over) }),
    ...(["hard", "hybrid"].includes(weight) && { top: run.top }),
    distance: run.distance,
    cluster: run.cluster,
    seed: run.seed,
    ...(engine !== undefined && { engine }),
    ...(isOfSome && { references: referencesText(references, result.references) }),
  };
}
