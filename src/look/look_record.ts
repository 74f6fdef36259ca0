// A closer look as JSON, but for its array, which lies among a model's bytes.

import { joinedBytes } from "../bytes.ts";
import { type ArrayEntry, arrayReader, arrayWriter } from "../fitted/array_record.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { CloserLook } from "./closer_look.ts";

/** What a record says of a {@linkcode CloserLook}. */
export interface LookRecord {
  /** Smallest defect that is looked for, in pixels. */
  readonly detail: number;
  /** The first looks that photos are compared with. */
  readonly arrays: readonly ArrayEntry[];
  /** First byte of these among all. */
  readonly offset: number;
}

const NAME = "references";

/** Bytes with those of a look after them, and its record; the bytes alone where there is none. */
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

/** The look that lies among all bytes. Throws `bad-model` where a part is missing or is not what it should be. */
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
