// Converts a fit to the form in which it is stored, and back.

import type { Pooling } from "../distance/pooling.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { PatchSet } from "../types.ts";
import type { ArrayWriter, ReadArray } from "./array_record.ts";
import type { FittedEmbedding, FittedPart } from "./embed_blocks.ts";
import { isConsistentFit, type PatchShape } from "./fitted_check.ts";
import type { FittedRecord } from "./fitted_record.ts";

/** Returns a fit as JSON, and adds its arrays to the writer. */
export function packFitted(
  { parts, pooling, scales }: FittedEmbedding,
  writer: ArrayWriter,
): Omit<FittedRecord, "arrays"> {
  for (const [at, { whitening, references, centre }] of parts.entries()) {
    whitening?.levels.forEach(({ mean, transform }, level) => {
      writer.add(`parts.${at}.whitening.${level}.mean`, [mean.length], mean);
      writer.add(`parts.${at}.whitening.${level}.transform`, [mean.length, mean.length], transform);
    });
    if (references) {
      const { count, rows, cols, channels } = references;
      writer.add(`parts.${at}.references`, [count, rows * cols, channels], references.data);
    }
    if (centre) writer.add(`parts.${at}.centre`, [centre.length], centre);
  }
  const codebook = pooling?.kind === "bag-of-words" ? pooling.codebook : undefined;
  if (codebook) writer.add("codebook", [codebook.count, codebook.channels], codebook.data);
  return {
    parts: parts.map(({ features, weight, references }) => {
      return { features, weight, ...(references && { references: gridOf(references) }) };
    }),
    ...(pooling && { pooling: codebook ? { kind: pooling.kind } : pooling }),
    scales,
  };
}

/**
 * Restores a fit that {@linkcode packFitted} stored, for patches of this shape.
 *
 * @throws {AnomalyClusterError} `bad-model` if a part is missing or does not fit the others.
 */
export function unpackFitted(record: FittedRecord, patches: PatchShape, array: ReadArray): FittedEmbedding {
  if (!isConsistentFit(record, patches)) {
    throw misfit();
  }
  const { scales, pooling } = record;
  const parts = record.parts.map((part, at) => unpackedPart(part, at, record, array));
  return { parts, ...(pooling && { pooling: poolingOf(pooling, array) }), scales };
}

/** The error for a record whose parts do not fit each other. */
export function misfit(): AnomalyClusterError {
  return new AnomalyClusterError("bad-model", "the model's parts do not fit each other: make it again");
}

function unpackedPart(
  { features, weight, references }: FittedRecord["parts"][number],
  at: number,
  { arrays }: FittedRecord,
  array: ReadArray,
): FittedPart {
  const own = arrays.filter(({ name }) => name.startsWith(`parts.${at}.`)).map(({ name }) => name);
  const levels = own.filter((name) => name.endsWith(".mean")).map((_, level) => ({
    mean: Float32Array.from(array(`parts.${at}.whitening.${level}.mean`, 1).data),
    transform: Float64Array.from(array(`parts.${at}.whitening.${level}.transform`, 2).data),
  }));
  const found = references && array(`parts.${at}.references`, 3);
  const centre = own.includes(`parts.${at}.centre`) && array(`parts.${at}.centre`, 1).data;
  return {
    features,
    weight,
    ...(levels.length && { whitening: { levels } }),
    ...(found && {
      references: {
        data: Float32Array.from(found.data),
        count: found.shape[0],
        channels: found.shape[2],
        ...references,
      },
    }),
    ...(centre && { centre: Float64Array.from(centre) }),
  };
}

function gridOf({ rows, cols, levels }: PatchSet): FittedRecord["parts"][number]["references"] {
  return { rows, cols, ...(levels && { levels }) };
}

function poolingOf(pooling: NonNullable<FittedRecord["pooling"]>, array: ReadArray): Pooling {
  if (pooling.kind !== "bag-of-words") return pooling as Pooling;
  const { data, shape: [count, channels] } = array("codebook", 2);
  return { kind: "bag-of-words", codebook: { data, count, channels } };
}
