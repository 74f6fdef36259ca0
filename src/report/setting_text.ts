// Turns settings into the texts that reports show.

import { countsAsClear, type GroupCountChoice } from "../cluster/choose_k.ts";
import type { References } from "../reference/choose_references.ts";
import type { Feature } from "../feature.ts";
import type { Temperature } from "../weight/soft.ts";
import type { ScoreSource, Temperatures, Weighting } from "../weight/weighting.ts";

/** Returns temperatures as text. */
export function temperatureText(tau: Temperatures): string {
  if (tau === "auto") return "auto: chosen from the images";
  if (Array.isArray(tau)) return `a consensus of ${tau.map(temperatureText).join(", ")}`;
  return oneTemperatureText(tau as Temperature);
}

/** Returns how τ was given and, if it was left open, what was chosen. */
export function givenTemperatureText(given: Temperatures, chosen: Weighting | undefined): string {
  if (given !== "auto" || !chosen || !("tau" in chosen)) return temperatureText(given);
  return `auto: ${temperatureText(chosen.tau!)}`;
}

function oneTemperatureText(tau: Temperature): string {
  if (typeof tau === "number") return `${tau}, absolute`;
  if ("perplexity" in tau) {
    const share = tau.share === undefined ? "" : `, ${Math.round(100 * tau.share)} % of the consensus`;
    return `perplexity of ${tau.perplexity * 100} % of the patches, for each image${share}`;
  }
  return `${tau.standardDeviations} standard deviations of the scores`;
}

/** Returns how the number of groups was found. */
export function countText(
  { k, threshold }: { readonly k: number | "auto"; readonly threshold?: number },
  choice?: GroupCountChoice,
): string {
  if (threshold !== undefined) return `by a threshold of ${threshold}`;
  return k === "auto" ? `automatically: ${clearestText(choice)}` : "given";
}

/** Returns the text for an automatic choice. It names other numbers of groups that are about as clear. */
export function clearestText(choice: GroupCountChoice | undefined): string {
  const counts = choice ? countsAsClear(choice.tried) : [];
  if (counts.length < 2) return "the clearest of 2 to 20";
  const [first, last] = [counts[0], counts[counts.length - 1]];
  if (last - first === counts.length - 1) return `any of ${first} to ${last} is about as clear`;
  const others = counts.filter((count) => count !== choice!.k);
  return `the clearest of 2 to 20, but ${listText(others)} ${others.length > 1 ? "are" : "is"} about as clear`;
}

/** Joins values as in "3, 4 and 6". */
function listText(values: readonly number[]): string {
  return values.length < 2 ? values.join() : `${values.slice(0, -1).join(", ")} and ${values[values.length - 1]}`;
}

/** Returns the kind of score of the patches as text. */
export function scoreText(over: ScoreSource): string {
  return typeof over === "object" ? `${over.quantile * 100} % quantile of the other images` : over;
}

/** Returns what the images were compared with. `compared` is the number of images that `"auto"` led to. */
export function referencesText(references: References, compared?: number): string {
  if (references === "auto") return `${compared} at random, as many as it takes`;
  if (references === "all") return "all other images";
  return typeof references === "number" ? `${references} at random` : `a coreset of ${references.coreset}`;
}

/** Returns how photos are looked at closely. */
export function detailText({ detail }: { readonly detail: number }): string {
  return `photos are looked at closer, for defects from ${detail} pixels on`;
}

/** Returns a feature as text. */
export function featureText({ levels, whiten, content = "patch", length = "kept", look }: Feature): string {
  const shrinkage = typeof whiten === "object" && whiten.shrinkage;
  return [
    content === "patch" ? "patches" : "residuals",
    levels ? `level ${levels.map((level) => level + 1).join("+")}` : "all levels",
    whiten ? `whitened${shrinkage ? `, shrinkage ${shrinkage}` : ""}` : "as they are",
    ...(look === "close" ? ["seen closely"] : []),
    ...(length === "kept" ? [] : [`length ${length === "unit" ? "one" : "square root"}`]),
  ].join(", ");
}
