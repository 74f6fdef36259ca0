// Parses the values of options, and refuses wrong ones with a sentence that says what is allowed.

import { resolve } from "node:path";
import process from "node:process";
import { InvalidArgumentError } from "commander";
import type { Detail } from "../../look/detail.ts";
import type { References } from "../../reference/choose_references.ts";
import { parseTemperature, TEMPERATURE_FORM } from "../../weight/temperature_text.ts";
import type { Temperature } from "../../weight/soft.ts";
import type { ScoreSource, Temperatures } from "../../weight/weighting.ts";

/** The part of JSON Schema that describes options. */
export interface JsonSchema {
  readonly type?: "string" | "number" | "integer" | "boolean" | "array";
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly anyOf?: readonly JsonSchema[];
}

/** Parses the text of an option. `schema` says which values a config file may have for it. */
export type Parser<T> = ((text: string) => T) & { readonly schema: JsonSchema };

function parser<T>(schema: JsonSchema, parse: (text: string) => T): Parser<T> {
  return Object.assign((text: string) => parse(text), { schema });
}

/** A whole number, `least` or more. */
export function wholeNumber(least: number): Parser<number> {
  return parser({ type: "integer", minimum: least }, (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || text.trim() === "") {
      throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
    }
    return value;
  });
}

const NUMBER_ABOVE_0: JsonSchema = { type: "number", exclusiveMinimum: 0 };

/** A number above 0. */
export const positive: Parser<number> = parser(NUMBER_ABOVE_0, (text) => {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
});

/** `auto`, `off` or the smallest defect in pixels. */
export const detail: Parser<Detail> = parser(
  { anyOf: [{ enum: ["auto", "off"] }, { type: "number", minimum: 2 }] },
  (text) => {
    if (text === "auto" || text === "off") return text;
    const pixels = Number(text.replace(/\s*(px|pixels?)$/i, ""));
    if (!(pixels >= 2 && pixels < Infinity)) {
      throw new InvalidArgumentError("It must be auto, off, or the smallest defect that matters in pixels, from 2 on.");
    }
    return pixels;
  },
);

/** `auto` or a number of groups. */
export const groupCount: Parser<number | "auto"> = parser(
  { anyOf: [{ enum: ["auto"] }, wholeNumber(1).schema] },
  (text) => {
    if (text === "auto") return "auto";
    try {
      return wholeNumber(1)(text);
    } catch {
      throw new InvalidArgumentError("It must be auto or a whole number from 1 on.");
    }
  },
);

/** A side in pixels. The network will refuse it if it must be a multiple of something. */
export const imageSize: Parser<number> = parser({ type: "integer", minimum: 1, maximum: 2048 }, (text) => {
  const value = wholeNumber(1)(text);
  if (value > 2048) throw new InvalidArgumentError("It must be at most 2048.");
  return value;
});

/** A number of bytes, given as a number with MB or GB. */
export const byteCount: Parser<number> = parser(
  { type: "string", pattern: "^[0-9]+(\\.[0-9]+)? ?[MmGg][Bb]$" },
  (text) => {
    const [, number, unit] = text.match(/^(\d+(?:\.\d+)?) ?([MG])B$/i) ?? [];
    if (!unit) throw new InvalidArgumentError("It must be a number of megabytes or gigabytes, as 500MB or 4GB.");
    return Number(number) * (unit.toUpperCase() === "G" ? 1e9 : 1e6);
  },
);

/** `0.3sd` (standard deviations of the scores), `30%` (perplexity: share of the patches) or an absolute number. */
export function temperature(text: string): Temperature {
  const value = parseTemperature(text);
  if (value === undefined) throw new InvalidArgumentError(`It must be ${TEMPERATURE_FORM}.`);
  return value;
}

const TEMPERATURE = "[0-9.]+(e[+-]?[0-9]+)?(sd|%)?";

/** One temperature, several with commas between them, or `auto`. */
export const temperatures: Parser<Temperatures> = parser(
  {
    anyOf: [NUMBER_ABOVE_0, { type: "string", pattern: `^(auto|${TEMPERATURE}(,${TEMPERATURE})*)$` }, {
      type: "array",
      items: { anyOf: [NUMBER_ABOVE_0, { type: "string", pattern: `^${TEMPERATURE}$` }] },
      minItems: 1,
    }],
  },
  (text) => {
    if (text === "auto") return text;
    const all = text.split(",").map(temperature);
    return all.length === 1 ? all[0] : all;
  },
);

/** What patches are scored by: one of these words, or a quantile such as `5%`. */
export function scoreSource(...words: Exclude<ScoreSource, object>[]): Parser<ScoreSource> {
  return parser({ anyOf: [{ enum: words }, { type: "string", pattern: "^[0-9.]+%$" }] }, (text) => {
    const [, number] = text.match(/^([0-9.]+)%$/) ?? [];
    if (number === undefined) return oneOf(...words)(text);
    const quantile = Number(number) / 100;
    if (!(quantile >= 0 && quantile <= 1)) throw new InvalidArgumentError("A quantile is from 0% to 100%.");
    return { quantile };
  });
}

/** `auto`, `all`, a number of references, or `coreset:` and a number. */
export const referenceCount: Parser<References> = parser(
  { anyOf: [{ enum: ["auto", "all"] }, wholeNumber(2).schema, { type: "string", pattern: "^coreset:[0-9]+$" }] },
  (text) => {
    if (text === "auto" || text === "all") return text;
    const [, coreset] = text.match(/^coreset:([0-9]+)$/) ?? [];
    const count = Number(coreset ?? text);
    if (!Number.isInteger(count) || count < 2) {
      throw new InvalidArgumentError(
        "It must be auto, all, a whole number from 2 on, or one after coreset: as in coreset:512.",
      );
    }
    return coreset ? { coreset: count } : count;
  },
);

/** One of these words. For any other word, the error suggests the most similar one. */
export function oneOf<T extends string>(...words: T[]): Parser<T> {
  const numbers = words.map(Number).filter(Number.isFinite);
  return parser({ enum: [...words, ...numbers] }, (text) => {
    if ((words as string[]).includes(text)) return text as T;
    throw new InvalidArgumentError(`Did you mean ${nearest(text, words)}? It can be: ${words.join(", ")}.`);
  });
}

/** The word that is most similar to a text. */
export function nearest(text: string, words: readonly string[]): string {
  return words.reduce((a, b) => editDistance(text, b) < editDistance(text, a) ? b : a);
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

/** A list of these words, with commas between them. */
export function listOf<T extends string>(...words: T[]): Parser<T[]> {
  const parse = oneOf(...words);
  return parser(
    { anyOf: [parse.schema, { type: "array", items: parse.schema, minItems: 1 }] },
    (text) => text.split(",").map((word) => parse(word.trim())),
  );
}

/** The absolute path of what a user typed. It starts from the folder in which the user started the program or task. */
export function fromUser(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}
