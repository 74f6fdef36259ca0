// Checks whether the parts of a stored fit are valid and fit each other, before anything is computed from them.

import type { Feature } from "../feature.ts";
import type { PatchSet } from "../types.ts";
import { temperaturesOf, type Weighting } from "../weight/weighting.ts";
import type { ArrayEntry } from "./array_record.ts";
import { needsReferences } from "./embed_blocks.ts";
import type { FittedRecord } from "./fitted_record.ts";

/** Shape of the patch embeddings that a fit accepts. */
export type PatchShape = Pick<PatchSet, "rows" | "cols" | "channels" | "levels">;

/** Returns the shape of the stored array with this name, if there is one. */
export type ShapeOf = (name: string) => readonly number[] | undefined;

type Part = FittedRecord["parts"][number];

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
export const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isPositive = (value: unknown) => Number.isFinite(value) && (value as number) > 0;
export const isListOf = (values: unknown, holds: (value: unknown) => boolean): boolean =>
  Array.isArray(values) && values.every(holds);
const isOneOf = (value: unknown, ...names: unknown[]) => value === undefined || names.includes(value);
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** Checks everything except the numbers within the arrays. May throw a TypeError if something is missing. */
export function isConsistentFit(record: FittedRecord, patches: PatchShape): boolean {
  const { parts, pooling, scales, arrays } = record;
  return isListOf(arrays, isEntry) && [patches.rows, patches.cols, patches.channels].every(isCount) &&
    areLevels(patches.levels, patches.channels) && isListOf(scales, isPositive) &&
    parts.length > 0 && parts.every((part, at) => isPart(part, at, record, patches)) &&
    vectorLength(record, patches) > 0 &&
    isOneOf(pooling?.kind, "average", "max", "gem", "spoc", "bag-of-words") &&
    [pooling?.p ?? 1, pooling?.sigma ?? 1].every(isPositive);
}

/** Makes a function that finds the shape of an array by name. */
export function shapesOf(arrays: readonly ArrayEntry[]): ShapeOf {
  return (name) => arrays.find((one) => one.name === name)?.shape;
}

function isEntry(entry: unknown): boolean {
  const { name, type, shape, offset } = (entry ?? {}) as ArrayEntry;
  return typeof name === "string" && ["float32", "float64"].includes(type) && isListOf(shape, isCount) &&
    Number.isInteger(offset) && offset >= 0;
}

/** How many numbers an image's vector has; NaN if the parts and the scales do not fit. */
export function vectorLength({ parts, pooling, scales, arrays }: FittedRecord, patches: PatchShape): number {
  if (pooling) {
    if (scales.length !== 1 || parts.length !== 1) return NaN;
    return pooling.kind === "bag-of-words" ? shapesOf(arrays)("codebook")![0] : widthOf(parts[0], patches);
  }
  const embeddings = parts.map(({ weight, features }) => Math.max(1, temperaturesOf(weight).length) * features.length);
  if (scales.length !== total(embeddings)) return NaN;
  return total(parts.map((part, at) => widthOf(part, patches) * embeddings[at]));
}

/** The number of channels of each level that the part uses. */
function widthsOf({ features: [{ levels }] }: Part, { levels: widths, channels }: PatchShape): number[] {
  const all = widths ?? [channels];
  return levels ? levels.map((level) => all[level]) : [...all];
}

function widthOf(part: Part, patches: PatchShape): number {
  return total(widthsOf(part, patches));
}

function isPart(part: Part, at: number, { pooling, arrays }: FittedRecord, patches: PatchShape): boolean {
  const { features, weight, references } = part;
  const shapeOf = shapesOf(arrays);
  if (!isListOf(features, isFeature) || !features.length || !isWeighting(weight, patches)) return false;
  const widths = widthsOf(part, patches);
  const wide = total(widths);
  if (!isCount(wide)) return false;
  const whitened = arrays.filter(({ name }) => name.startsWith(`parts.${at}.whitening.`)).length / 2;
  const centre = shapeOf(`parts.${at}.centre`);
  const codebook = shapeOf("codebook");
  return [0, widths.length].includes(whitened) &&
    widths.slice(0, whitened).every((width, level) => {
      const [mean, transform] = ["mean", "transform"].map((name) => shapeOf(`parts.${at}.whitening.${level}.${name}`));
      return mean?.join() === `${width}` && transform?.join() === `${width},${width}`;
    }) &&
    (centre === undefined || centre.join() === `${wide}`) &&
    (pooling?.kind !== "bag-of-words" || codebook?.[1] === wide) &&
    // Without references, all patches would get the same weight.
    (references !== undefined) === needsReferences(part, pooling !== undefined) &&
    (references === undefined || areReferences(references, wide, shapeOf(`parts.${at}.references`)));
}

function areReferences(
  references: NonNullable<Part["references"]>,
  channels: number,
  shape: readonly number[] | undefined,
): boolean {
  const { rows, cols, levels } = references;
  return isCount(rows) && isCount(cols) && areLevels(levels, channels) && shape?.length === 3 &&
    shape[1] === rows * cols && shape[2] === channels;
}

function areLevels(levels: readonly number[] | undefined, channels: number): boolean {
  return levels === undefined || isListOf(levels, isCount) && total(levels) === channels;
}

function isFeature(feature: unknown): boolean {
  if (!isObject(feature)) return false;
  const { levels, whiten, content, length, look } = feature as Feature;
  return (levels === undefined || isListOf(levels, Number.isInteger) && levels.length > 0) &&
    isOneOf(content, "patch", "residual") && isOneOf(length, "kept", "root", "unit") &&
    isOneOf(look, "close", "whole") &&
    (typeof whiten === "object" ? isPositive(whiten?.shrinkage ?? 1) : isOneOf(whiten, true, false));
}

function isWeighting(weight: Weighting, { rows, cols }: PatchShape): boolean {
  if (!isObject(weight) || !["uniform", "soft", "hard", "hybrid"].includes(weight.kind)) return false;
  const { k = 1, over } = weight as { k?: unknown; over?: unknown };
  const { quantile } = isObject(over) ? over as { quantile?: unknown } : { quantile: 0 };
  return isCount(k) && (k as number) <= rows * cols &&
    (isObject(over) || isOneOf(over, "mean", "min", "max", "normal")) &&
    Number.isFinite(quantile) && (quantile as number) >= 0 && (quantile as number) <= 1 &&
    (weight as { tau?: unknown }).tau !== "auto" && temperaturesOf(weight).every(isTemperature);
}

/** An absolute number, a perplexity, or a multiple of standard deviations. */
function isTemperature(tau: unknown): boolean {
  if (!isObject(tau)) return isPositive(tau);
  const { perplexity, standardDeviations, share = 1 } = tau as Record<string, number | undefined>;
  if (!isPositive(share)) return false;
  return perplexity === undefined ? isPositive(standardDeviations) : isPositive(perplexity) && perplexity < 1;
}
