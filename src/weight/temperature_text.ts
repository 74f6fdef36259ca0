// Reads temperatures as people write them.

import type { Temperature } from "./soft.ts";

/** Describes the texts that {@linkcode parseTemperature} accepts. */
export const TEMPERATURE_FORM =
  "above 0: a number, one with sd for standard deviations, as 0.3sd, or a share of the patches, as 30%";

/**
 * Reads `0.3sd` (standard deviations of the scores), `30%` (perplexity: share of the patches) or an absolute number.
 */
export function parseTemperature(text: string): Temperature | undefined {
  const [, number, unit] = text.match(/^([0-9.]+(?:e[+-]?\d+)?)(sd|%)?$/i) ?? [];
  const value = Number(number);
  if (!(value > 0) || unit === "%" && value >= 100) return undefined;
  if (unit === "%") return { perplexity: value / 100 };
  return unit ? { standardDeviations: value } : value;
}
