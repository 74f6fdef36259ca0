import { AnomalyClusterError } from "../errors.ts";
import type { PatchSet } from "../types.ts";
import type { Pooling } from "../distance/pooling.ts";
import type { Weighting } from "../weight/weighting.ts";
import type { Feature } from "../feature.ts";
import type { DescriptionPart } from "../describe/describe.ts";
import type { GroupModel } from "./group_model.ts";
import { isConsistent } from "./model_check.ts";

/** Where the numbers of an array lie among a model's bytes: little-endian, row-major. */
export interface ArrayEntry {
  /** What it is. */
  readonly name: string;
  /** Type of its numbers. */
  readonly type: "float32" | "float64";
  /** Numbers along each axis. */
  readonly shape: readonly number[];
  /** First byte. */
  readonly offset: number;
}

/** A {@linkcode GroupModel} as JSON, but for its large arrays, which it lists. */
export interface ModelRecord {
  /** Shape of the patch embeddings that it takes. */
  readonly patches: GroupModel["patches"];
  /** Group of each grouped image, from 0. */
  readonly groups: readonly number[];
  /** The image at the centre of each group. */
  readonly medoids: readonly number[];
  /** Radius of each group. */
  readonly radii: readonly number[];
  /** One for all features that share their patches. */
  readonly parts: readonly {
    /** What of the patches makes embeddings. */
    readonly features: readonly Feature[];
    /** How patches are weighted. */
    readonly weight: Weighting;
    /** Rows and columns of the reference images' patches. */
    readonly references?: Pick<PatchSet, "rows" | "cols" | "levels">;
  }[];
  /** Pooling in place of the weighted average. */
  readonly pooling?: { readonly kind: Pooling["kind"]; readonly p?: number; readonly sigma?: number };
  /** Factor of the embedding of each part, temperature and feature. */
  readonly scales: readonly number[];
  /** The arrays, in the order of their bytes. */
  readonly arrays: readonly ArrayEntry[];
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
  const { patches, description: { parts, pooling, scales }, embeddings } = model;
  const writer = arrayWriter();
  writer.add("embeddings", [embeddings.count, embeddings.channels], embeddings.data);
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
  const record: ModelRecord = {
    patches,
    groups: Array.from(model.groups),
    medoids: Array.from(model.medoids),
    radii: Array.from(model.radii),
    parts: parts.map(({ features, weight, references }) => {
      return { features, weight, ...(references && { references: gridOf(references) }) };
    }),
    ...(pooling && { pooling: codebook ? { kind: pooling.kind } : pooling }),
    scales,
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
  if (!isConsistent(record)) {
    throw new AnomalyClusterError("bad-model", "the model's parts do not fit each other: make it again");
  }
  const { patches, groups, medoids, radii, scales } = record;
  const array = arrayReader(record.arrays, bytes);
  const vectors = array("embeddings", 2);
  const parts = record.parts.map((part, at) => unpackedPart(part, at, record, array));
  return {
    patches,
    description: { parts, ...(record.pooling && { pooling: poolingOf(record.pooling, array) }), scales },
    embeddings: { data: vectors.data, count: vectors.shape[0], channels: vectors.shape[1] },
    groups: Int32Array.from(groups),
    medoids: Int32Array.from(medoids),
    radii: Float64Array.from(radii),
  };
}

function unpackedPart(
  { features, weight, references }: ModelRecord["parts"][number],
  at: number,
  { arrays }: ModelRecord,
  array: ReadArray,
): DescriptionPart {
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

function gridOf({ rows, cols, levels }: PatchSet): ModelRecord["parts"][number]["references"] {
  return { rows, cols, ...(levels && { levels }) };
}

type ReadArray = (name: string, axes: number) => { data: Float32Array | Float64Array; shape: readonly number[] };

function poolingOf(pooling: NonNullable<ModelRecord["pooling"]>, array: ReadArray): Pooling {
  if (pooling.kind !== "bag-of-words") return pooling as Pooling;
  const { data, shape: [count, channels] } = array("codebook", 2);
  return { kind: "bag-of-words", codebook: { data, count, channels } };
}

function arrayWriter() {
  const entries: ArrayEntry[] = [];
  const parts: (Float32Array | Float64Array)[] = [];
  let offset = 0;
  return {
    entries,
    add(name: string, shape: readonly number[], data: Float32Array | Float64Array): void {
      entries.push({ name, type: data instanceof Float32Array ? "float32" : "float64", shape, offset });
      parts.push(data);
      offset += data.byteLength;
    },
    bytes(): Uint8Array {
      const bytes = new Uint8Array(offset);
      const view = new DataView(bytes.buffer);
      let at = 0;
      for (const part of parts) {
        for (const value of part) {
          if (part instanceof Float32Array) view.setFloat32(at, value, true);
          else view.setFloat64(at, value, true);
          at += part.BYTES_PER_ELEMENT;
        }
      }
      return bytes;
    },
  };
}

function arrayReader(entries: readonly ArrayEntry[], bytes: Uint8Array): ReadArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (name, axes) => {
    const entry = entries.find((one) => one.name === name);
    const length = entry?.shape.reduce((product, size) => product * size, 1) ?? 0;
    const width = entry?.type === "float64" ? 8 : 4;
    if (
      !entry || entry.shape.length !== axes || !(entry.offset + length * width <= bytes.length)
    ) {
      throw new AnomalyClusterError("bad-model", `the model's array ${name} is missing or cut short: make it again`);
    }
    const data = entry.type === "float64" ? new Float64Array(length) : new Float32Array(length);
    for (let at = 0; at < length; at++) {
      const place = entry.offset + at * width;
      data[at] = entry.type === "float64" ? view.getFloat64(place, true) : view.getFloat32(place, true);
    }
    return { data, shape: entry.shape };
  };
}
