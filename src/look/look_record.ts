// Stores a closer look in a model: its settings as JSON, its array among the model's bytes.

import { joinedBytes } from "../bytes.ts";
import { type ArrayEntry, arrayReader, arrayWriter } from "../fitted/array_record.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { CloserLook } from "./closer_look.ts";

/** The JSON of a {@linkcode CloserLook}. */
export interface LookRecord {
  /** Size of the smallest defect to look for, in pixels. */
  readonly detail: number;
  /** Where the array of the references lies. */
  readonly arrays: readonly ArrayEntry[];
  /** Where these arrays begin among all bytes of the model. */
  readonly offset: number;
}

const NAME = "references";

/** Appends the array of a look to bytes, and returns its record too. Without a look it returns the bytes alone. */
export function withLook(
  bytes: Uint8Array,
  look: CloserLook | undefined,
): { bytes: Uint8Array; record: { look?: LookRecord } } {
  if (!look) return { bytes, record: {} };
  const { data, count, rows, cols, channels } = look.references;
  const writer = arrayWriter();
  writer.add(NAME, [count, rows, cols, channels], data);
  const record = { detail: look.detail, arrays: writer.entries, offset: bytes.length };
  return { bytes: joinedBytes([bytes, writer.bytes()]), record: { look: record } };
}

/** Reads a look from the model's bytes. Throws `bad-model` when a part is missing or malformed. */
export function lookAmong({ detail, arrays, offset }: LookRecord, bytes: Uint8Array): CloserLook {
  if (!(detail >= 2 && detail < Infinity) || !Array.isArray(arrays)) {
    throw new AnomalyClusterError(
      "bad-model",
      "the model does not say how closely photos are looked at: make it again",
    );
  }
  const { data, shape: [count, rows, cols, channels] } = arrayReader(arrays, bytes.subarray(offset))(NAME, 4);
  return { detail, references: { data: Float32Array.from(data), count, rows, cols, channels } };
}
