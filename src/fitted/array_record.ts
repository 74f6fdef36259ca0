// Stores typed arrays as bytes, little-endian on every machine, and records where each array lies among them.

import { AnomalyClusterError } from "../errors.ts";

/** Where the numbers of an array lie among the bytes of a model: little-endian, row-major. */
export interface ArrayEntry {
  /** Name of the array. */
  readonly name: string;
  /** Type of its numbers. */
  readonly type: "float32" | "float64";
  /** How many numbers there are along each axis. */
  readonly shape: readonly number[];
  /** Offset of the first byte. */
  readonly offset: number;
}

/** Reads an array by name. Throws `bad-model` if the array is missing, cut short, or has another number of axes. */
export type ReadArray = (name: string, axes: number) => { data: Float32Array | Float64Array; shape: readonly number[] };

/** Collects arrays, one after another. */
export interface ArrayWriter {
  /** Where the arrays lie, in the order in which they were added. */
  readonly entries: readonly ArrayEntry[];
  add(name: string, shape: readonly number[], data: Float32Array | Float64Array): void;
  /** The bytes of all arrays. */
  bytes(): Uint8Array<ArrayBuffer>;
}

/** Makes a writer without arrays. */
export function arrayWriter(): ArrayWriter {
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
    bytes(): Uint8Array<ArrayBuffer> {
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

/** Makes a reader of the arrays that {@linkcode arrayWriter} wrote. */
export function arrayReader(entries: readonly ArrayEntry[], bytes: Uint8Array): ReadArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (name, axes) => {
    const entry = entries.find((one) => one.name === name);
    const length = entry?.shape.reduce((product, size) => product * size, 1) ?? 0;
    const width = entry?.type === "float64" ? 8 : 4;
    if (
      !entry || entry.shape.length !== axes || !(entry.offset >= 0 && entry.offset + length * width <= bytes.length)
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
