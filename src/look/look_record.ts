// A closer look as JSON, but for its array, which lies among a model's bytes.

import { type ArrayEntry, arrayReader, arrayWriter } from "../describe/array_record.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { CloserLook } from "./closer_look.ts";

/** What model.json says of a {@linkcode CloserLook}. */
export interface LookRecord {
  /** Smallest defect that is looked for, in pixels. */
  readonly detail: number;
  /** The first looks that photos are compared with. */
  readonly arrays: readonly ArrayEntry[];
}

const NAME = "references";

/** The record, and the bytes that its entry is about. */
export function packLook({ detail, references }: CloserLook): { record: LookRecord; bytes: Uint8Array<ArrayBuffer> } {
  const { data, count, rows, cols, channels } = references;
  const writer = arrayWriter();
  writer.add(NAME, [count, rows, cols, channels], data);
  return { record: { detail, arrays: writer.entries }, bytes: writer.bytes() };
}

/** The look of what {@linkcode packLook} gave. Throws `bad-model` where a part is missing or is not what it should be. */
export function unpackLook({ detail, arrays }: LookRecord, bytes: Uint8Array): CloserLook {
  if (!(detail >= 2 && detail < Infinity) || !Array.isArray(arrays)) {
    throw new AnomalyClusterError(
      "bad-model",
      "the model does not say how closely photos are looked at: make it again",
    );
  }
  const { data, shape: [count, rows, cols, channels] } = arrayReader(arrays, bytes)(NAME, 4);
  return { detail, references: { data: Float32Array.from(data), count, rows, cols, channels } };
}
