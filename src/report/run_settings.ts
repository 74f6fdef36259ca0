// What groups.json and the report tell of how a run was set.

import type { Feature } from "../feature.ts";
import type { ClusterResult } from "../pipeline.ts";
import type { PresetName } from "../preset.ts";
import type { References } from "../reference/choose_references.ts";
import type { ScoreSource, Temperatures } from "../weight/weighting.ts";
import { digits, type GroupsFile } from "./result.ts";
import { countText, detailText, featureText, givenTemperatureText, referencesText, scoreText } from "./setting_text.ts";

/** How a run was set; names are those of the program's options. */
export interface RunSettings {
  readonly k: number | "auto";
  readonly threshold?: number;
  readonly weight: string;
  readonly tau: Temperatures;
  readonly preset: PresetName;
  /** Of one look. */
  readonly features: readonly Feature[];
  /** In pixels. */
  readonly size: number;
  /** How photos were looked at closer. */
  readonly look?: { readonly detail: number };
  readonly over: ScoreSource;
  /** Patches that hard and hybrid weights keep. */
  readonly top?: number;
  readonly distance: string;
  readonly cluster: string;
  readonly seed: number;
  readonly engine?: string;
  readonly references: References;
}

/** Settings that had a part in the result, in the order in which they are told. */
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
