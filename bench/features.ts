// Real features of four widths, from the pyramid of reductions 3, 4 and 5 at 224 px.

import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import * as ort from "onnxruntime-web";
import { findImages } from "../src/dataset/folder.ts";
import { decodeImage, type PatchSet, resize } from "../mod.ts";

/** Patch sets by name. */
export type Features = Record<"D = 40" | "D = 112" | "D = 344" | "D = 464", PatchSet>;

const SIDE = 224;
const GRID = 14;

/** One level of the pyramid: `[count, rows, cols, channels]`. */
interface Level {
  readonly data: Float32Array;
  readonly side: number;
  readonly channels: number;
}

/** Features of up to `count` images, evenly from the folder. */
export async function featuresOf(folder: string, count: number): Promise<Features> {
  ort.env.wasm.numThreads = navigator.hardwareConcurrency;
  const model = await Deno.readFile(new URL("../models/efficientnet-lite0-pyramid.onnx", import.meta.url));
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], logSeverityLevel: 4 });
  const { images } = findImages(folder);
  const chosen = Array.from({ length: Math.min(count, images.length) }, (_, at) => {
    return images[Math.floor(at * images.length / Math.min(count, images.length))].file;
  });
  const levels = [level(chosen.length, 28, 40), level(chosen.length, 14, 112), level(chosen.length, 7, 192)];
  for (const [at, file] of chosen.entries()) {
    const { data } = resize(await decodeImage(await Deno.readFile(file)), SIDE, SIDE);
    const planes = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, place) => {
      return (data[place % (SIDE * SIDE) * 4 + Math.floor(place / (SIDE * SIDE))] - 127) / 128;
    });
    const outputs = await session.run({ image: new ort.Tensor("float32", planes, [1, 3, SIDE, SIDE]) });
    for (const [number, { data, side, channels }] of levels.entries()) {
      const source = outputs[`reduction${number + 3}`].data as Float32Array;
      for (let place = 0; place < side * side; place++) {
        for (let channel = 0; channel < channels; channel++) {
          data[(at * side * side + place) * channels + channel] = source[channel * side * side + place];
        }
      }
    }
  }
  await session.release();
  const [three, four, five] = levels;
  const images14 = (parts: Level[]) => concatenated(chosen.length, parts);
  return {
    "D = 40": { data: three.data, count: chosen.length, rows: 28, cols: 28, channels: 40 },
    "D = 112": { data: four.data, count: chosen.length, rows: GRID, cols: GRID, channels: 112 },
    "D = 344": images14([averaged(three), four, repeated(five)].map(whitened)),
    "D = 464": images14([blocks(three), four, repeated(five)]),
  };
}

function level(count: number, side: number, channels: number): Level {
  return { data: new Float32Array(count * side * side * channels), side, channels };
}

/** Another level whose places are read from this one. */
function made(from: Level, channels: number, value: (image: number, row: number, col: number, c: number) => number) {
  const count = from.data.length / (from.side * from.side * from.channels);
  const data = Float32Array.from({ length: count * GRID * GRID * channels }, (_, at) => {
    const place = Math.floor(at / channels);
    const image = Math.floor(place / (GRID * GRID));
    return value(image, Math.floor(place / GRID) % GRID, place % GRID, at % channels);
  });
  return { data, side: GRID, channels };
}

function read({ data, side, channels }: Level, image: number, row: number, col: number, channel: number): number {
  return data[((image * side + row) * side + col) * channels + channel];
}

/** Each patch of 14 × 14 gets the mean of its four of 28 × 28. */
function averaged(from: Level): Level {
  return made(from, from.channels, (image, row, col, c) => {
    return [0, 1, 2, 3].reduce((sum, n) => sum + read(from, image, 2 * row + (n >> 1), 2 * col + n % 2, c), 0) / 4;
  });
}

/** Each patch of 14 × 14 gets its four of 28 × 28 side by side. */
function blocks(from: Level): Level {
  return made(from, from.channels * 4, (image, row, col, c) => {
    const n = Math.floor(c / from.channels);
    return read(from, image, 2 * row + (n >> 1), 2 * col + n % 2, c % from.channels);
  });
}

/** Each patch of 14 × 14 gets its one of 7 × 7. */
function repeated(from: Level): Level {
  return made(from, from.channels, (image, row, col, c) => read(from, image, row >> 1, col >> 1, c));
}

/** (covariance + 0.1 mean eigenvalue)^−½, and 1/√channels, on centred patches. */
function whitened({ data, side, channels }: Level): Level {
  const patches = new Matrix(data.length / channels, channels);
  for (let at = 0; at < data.length; at++) patches.set(Math.floor(at / channels), at % channels, data[at]);
  patches.subRowVector(patches.mean("column"));
  const covariance = patches.transpose().mmul(patches).div(patches.rows);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true });
  const floor = 0.1 * realEigenvalues.reduce((sum, value) => sum + value, 0) / channels;
  const scales = realEigenvalues.map((value) => 1 / Math.sqrt((value + floor) * channels));
  const transform = eigenvectorMatrix.clone().mulRowVector(scales).mmul(eigenvectorMatrix.transpose());
  return { data: Float32Array.from(patches.mmul(transform).to1DArray()), side, channels };
}

function concatenated(count: number, parts: Level[]): PatchSet {
  const channels = parts.reduce((sum, part) => sum + part.channels, 0);
  const data = new Float32Array(count * GRID * GRID * channels);
  for (let patch = 0; patch < count * GRID * GRID; patch++) {
    let at = patch * channels;
    for (const part of parts) {
      data.set(part.data.subarray(patch * part.channels, (patch + 1) * part.channels), at);
      at += part.channels;
    }
  }
  return { data, count, rows: GRID, cols: GRID, channels, levels: parts.map((part) => part.channels) };
}
