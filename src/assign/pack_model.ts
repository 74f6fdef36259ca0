// Turns a model into JSON and bytes that can be stored, and back.

import { arrayReader, type ArrayWriter, arrayWriter, type ReadArray } from "../fitted/array_record.ts";
import { misfit, packFitted, unpackFitted } from "../fitted/pack_fitted.ts";
import { AnomalyClusterError } from "../errors.ts";
import type { GroupModel } from "./group_model.ts";
import type { LearnedKinds } from "./learned_kinds.ts";
import { areGroupsConsistent, areKindsConsistent } from "./model_check.ts";
import type { ModelRecord } from "./model_record.ts";

/**
 * Returns a model as JSON and bytes, to store as two files.
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
  const { patches, fit, embeddings } = model;
  const writer = arrayWriter();
  writer.add("embeddings", [embeddings.count, embeddings.channels], embeddings.data);
  const record: ModelRecord = {
    patches,
    groups: Array.from(model.groups),
    medoids: Array.from(model.medoids),
    radii: Array.from(model.radii),
    ...(model.kinds && { kinds: packKinds(model.kinds, writer) }),
    ...packFitted(fit, writer),
    arrays: writer.entries,
  };
  return { record, bytes: writer.bytes() };
}

function packKinds({ axes, classifier, labels }: LearnedKinds, writer: ArrayWriter): ModelRecord["kinds"] {
  const { kinds, dims, landmarks, weights, sharpness, guessing } = classifier;
  writer.add("kinds.means", [axes.means.length], axes.means);
  writer.add("kinds.axes", [axes.means.length, dims], axes.axes);
  writer.add("kinds.landmarks", [landmarks.length / dims, dims], landmarks);
  writer.add("kinds.weights", [landmarks.length / dims, kinds], weights);
  return { labels: Array.from(labels), anchors: Array.from(axes.anchors), sharpness, guessing };
}

/**
 * Returns the model that {@linkcode packModel} turned into JSON and bytes.
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
  const fit = unpackFitted(record, patches, array);
  if (!areGroupsConsistent(record) || !areKindsConsistent(record)) throw misfit();
  const vectors = array("embeddings", 2);
  return {
    patches,
    fit,
    embeddings: { data: vectors.data, count: vectors.shape[0], channels: vectors.shape[1] },
    groups: Int32Array.from(groups),
    medoids: Int32Array.from(medoids),
    radii: Float64Array.from(radii),
    ...(record.kinds && { kinds: unpackedKinds(record.kinds, array) }),
  };
}

function unpackedKinds({ labels, anchors, sharpness, guessing }: NonNullable<ModelRecord["kinds"]>, array: ReadArray) {
  const [axes, landmarks, weights] = ["axes", "landmarks", "weights"].map((name) => array(`kinds.${name}`, 2));
  const dims = axes.shape[1];
  return {
    axes: {
      anchors: Int32Array.from(anchors),
      means: Float64Array.from(array("kinds.means", 1).data),
      axes: Float32Array.from(axes.data),
      dims,
    },
    classifier: {
      kinds: weights.shape[1],
      dims,
      landmarks: Float32Array.from(landmarks.data),
      weights: Float64Array.from(weights.data),
      sharpness,
      guessing,
    },
    labels: Int32Array.from(labels),
  };
}
