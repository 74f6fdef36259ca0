// Values of options: parsed, or refused with a sentence that says what would do.

import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { parseTemperature, TEMPERATURE_FORM } from "../setting_text.ts";
import type { Temperature } from "../weight/soft.ts";
import type { ScoreSource, Temperatures } from "../weight/weighting.ts";

/** A whole number from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || text.trim() === "") {
      throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
    }
    return value;
  };
}

/** A number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

/** `auto` or a number of groups. */
export function groupCount(text: string): number | "auto" {
  if (text === "auto") return "auto";
  try {
    return wholeNumber(1)(text);
  } catch {
    throw new InvalidArgumentError("It must be auto or a whole number from 1 on.");
  }
}

/** A side in pixels; the network tells which multiples it takes. */
export function imageSize(text: string): number {
  const value = wholeNumber(1)(text);
  if (value > 2048) throw new InvalidArgumentError("It must be at most 2048.");
  return value;
}

/** `0.3sd` (standard deviations of the scores), `30%` (perplexity: share of the patches) or an absolute number. */
export function temperature(text: string): Temperature {
  const value = parseTemperature(text);
  if (value === undefined) throw new InvalidArgumentError(`It must be ${TEMPERATURE_FORM}.`);
  return value;
}

/** One temperature, or several with commas between them. */
export function temperatures(text: string): Temperatures {
  const all = text.split(",").map(temperature);
  return all.length === 1 ? all[0] : all;
}

/** What patches are scored by: a word, or a quantile as `5%`. */
export function scoreSource(...words: Exclude<ScoreSource, object>[]): (text: string) => ScoreSource {
  return (text) => {
    const [, number] = text.match(/^([0-9.]+)%$/) ?? [];
    if (number === undefined) return oneOf(...words)(text);
    const quantile = Number(number) / 100;
    if (!(quantile >= 0 && quantile <= 1)) throw new InvalidArgumentError("A quantile is from 0% to 100%.");
    return { quantile };
  };
}

/** One of a few words; a misspelt one is told the nearest. */
export function oneOf<T extends string>(...words: T[]): (text: string) => T {
  return (text) => {
    if ((words as string[]).includes(text)) return text as T;
    const nearest = words.reduce((a, b) => editDistance(text, b) < editDistance(text, a) ? b : a);
    throw new InvalidArgumentError(`Did you mean ${nearest}? It can be: ${words.join(", ")}.`);
  };
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** Words with commas between them, each one of a few. */
export function listOf<T extends string>(...words: T[]): (text: string) => T[] {
  const parse = oneOf(...words);
  return (text) => text.split(",").map((word) => parse(word.trim()));
}

/** A path as the user means it: from the folder in which the task was started. */
export function fromUser(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), path);
}
