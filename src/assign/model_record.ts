import { arrayReader, arrayWriter } from "../describe/array_record.ts";
import { type DescriptionRecord, misfit, packDescription, unpackDescription } from "../describe/description_record.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { GroupModel } from "./group_model.ts";
import { areGroupsConsistent } from "./model_check.ts";

/** A {@linkcode GroupModel} as JSON, but for its large arrays, which it lists. */
export interface ModelRecord extends DescriptionRecord {
  /** Shape of the patch embeddings that it takes. */
  readonly patches: GroupModel["patches"];
  /** Group of each grouped image, from 0. */
  readonly groups: readonly number[];
  /** The image at the centre of each group. */
  readonly medoids: readonly number[];
  /** Radius of each group. */
  readonly radii: readonly number[];
}

/**
 * A model as JSON and bytes, to store as two files.
 *
 * @example
 * ```ts
 * import { type GroupModel, packModel, unpackModel } from "@anomalies/cluster";
 * function copied(model: GroupModel): GroupModel {
 *   const { record, bytes } = packModel(model);
 *   return unpackModel(JSON.parse(JSON.stringify(record)), bytes);
 * }
 * ```
 */
export function packModel(model: GroupModel): { record: ModelRecord; bytes: Uint8Array } {
  const { patches, description, embeddings } = model;
  const writer = arrayWriter();
  writer.add("embeddings", [embeddings.count, embeddings.channels], embeddings.data);
  const record: ModelRecord = {
    patches,
    groups: Array.from(model.groups),
    medoids: Array.from(model.medoids),
    radii: Array.from(model.radii),
    ...packDescription(description, writer),
    arrays: writer.entries,
  };
  return { record, bytes: writer.bytes() };
}

/**
 * The model of what {@linkcode packModel} gave.
 *
 * @throws {AnomalyClusterError} `bad-model` where a part is missing or does not fit the others.
 */
export function unpackModel(record: ModelRecord, bytes: Uint8Array): GroupModel {
  try {
    return unpacked(record, bytes);
  } catch (cause) {
    if (cause instanceof AnomalyClusterError) throw cause;
    throw new AnomalyClusterError("bad-model", "the model lacks a part: make it again", { cause });
  }
}

function unpacked(record: ModelRecord, bytes: Uint8Array): GroupModel {
  const { patches, groups, medoids, radii } = record;
  const array = arrayReader(record.arrays, bytes);
  const description = unpackDescription(record, patches, array);
  if (!areGroupsConsistent(record)) throw misfit();
  const vectors = array("embeddings", 2);
  return {
    patches,
    description,
    embeddings: { data: vectors.data, count: vectors.shape[0], channels: vectors.shape[1] },
    groups: Int32Array.from(groups),
    medoids: Int32Array.from(medoids),
    radii: Float64Array.from(radii),
  };
}
