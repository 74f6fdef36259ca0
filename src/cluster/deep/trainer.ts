// The parts that all deep clusterers share: parameters, Adam, epochs, early stopping and checkpoints.

import type { WorkOptions } from "../../distance/patch_minima.ts";
import { ensure } from "../../errors.ts";
import { seededRandom } from "../../random.ts";
import type { PatchSet } from "../../types.ts";
import type { TrainedClusterer, Training } from "../clusterer.ts";
import { constant, type Matrix, type Numbers, type Tape } from "./autodiff.ts";

/** Keeps checkpoints, from which an interrupted training goes on. */
export interface CheckpointStore {
  /** Returns the last saved checkpoint, if there is one. */
  load(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Saves a checkpoint in place of the last one: either all of it or nothing. */
  save(checkpoint: Uint8Array): void | Promise<void>;
}

/** Options of all deep clusterers. */
export interface TrainingOptions {
  /** The same seed gives the same groups on one runtime. @default 0 */
  readonly seed?: number;
  /** Passes over the images, all stages together. @default the method's */
  readonly epochs?: number;
  /** Ends a stage after this number of epochs without a lower loss (mean of the last 10). @default none: all epochs */
  readonly patience?: number;
  /** Images in a step. @default the method's */
  readonly batch?: number;
  /** Adam's step size. @default the method's */
  readonly learningRate?: number;
  /**
   * Keeps the state of the training. A run with the same images and settings goes on from it. @default nothing is kept
   */
  readonly checkpoints?: CheckpointStore;
  /** Called with the groups after each epoch of this run. */
  readonly onEpoch?: (epoch: number, groups: Int32Array) => void;
}

/** A matrix that is trained, with its gradient and Adam's moments. */
export interface Parameter extends Matrix {
  readonly gradient: Numbers;
  readonly first: Numbers;
  readonly second: Numbers;
}

/** One stage of a training. */
export interface Stage {
  readonly name: string;
  readonly epochs: number;
  /** Trains one epoch and returns its mean loss; NaN where there was nothing to learn from. */
  epoch(random: () => number): number;
}

/** A method that is ready to be trained. */
export interface Method {
  readonly parameters: readonly Parameter[];
  readonly stages: readonly Stage[];
  /** Other numbers that a checkpoint holds, such as the losses of several heads. */
  readonly state: Float64Array;
  /** The group of each image. */
  groups(): Int32Array;
}

/** What a method is created for. */
export interface MethodSettings {
  readonly k: number;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  /** Random numbers for the initial values. */
  readonly random: () => number;
}

/** A method's defaults, and the function that creates it. */
export interface MethodKind {
  readonly kind: TrainedClusterer["kind"];
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  create(patches: PatchSet, settings: MethodSettings): Method;
}

/** Makes a clusterer of a method. */
export function trainedClusterer(method: MethodKind, options: TrainingOptions): TrainedClusterer {
  const { seed = 0, epochs = method.epochs, batch = method.batch, learningRate = method.learningRate } = options;
  const { patience = 0 } = options;
  ensure(Number.isInteger(epochs) && epochs >= 1, `${epochs} epochs are not possible: they must be 1 or more`);
  ensure(Number.isInteger(patience) && patience >= 0, `a patience of ${patience} epochs is not possible`);
  ensure(Number.isInteger(batch) && batch >= 2, `batches of ${batch} images are not possible: they must be 2 or more`);
  ensure(learningRate > 0 && learningRate < Infinity, `learning rate ${learningRate} is not a number above 0`);
  const settings = { epochs, batch, learningRate };
  return {
    kind: method.kind,
    async train(patches, k, work) {
      ensure(k >= 2, `${method.kind} needs at least 2 groups, got ${k}`);
      const made = method.create(patches, { ...settings, k, random: seededRandom(mixed(seed, 0)) });
      const key = await keyOf(patches, [method.kind, settings, k, seed, patience]);
      const curve = await train(made, { ...options, seed, patience }, key, work);
      return { groups: made.groups(), training: { ...curve, kind: method.kind } };
    },
  };
}

/** Seconds between saves. The state is also saved when the training is stopped. */
const SECONDS_BETWEEN_CHECKPOINTS = 1;

async function train(
  { parameters, stages, state, groups }: Method,
  { seed = 0, patience = 0, checkpoints, onEpoch }: TrainingOptions,
  key: string,
  { signal, onProgress }: WorkOptions,
): Promise<Pick<Training, "stages">> {
  const losses: number[][] = stages.map(() => []);
  const arrays = [...parameters.flatMap(({ data, first, second }) => [data, first, second]), state];
  const saved = await checkpoints?.load();
  if (saved) unpack(saved, key, losses, arrays);
  const total = stages.reduce((sum, stage) => sum + stage.epochs, 0);
  let [before, lastSaved] = [0, performance.now()];
  for (const [at, stage] of stages.entries()) {
    const own = losses[at];
    // Each epoch draws from its own seed, so that the state of the random source need not be saved.
    for (let epoch = own.length; epoch < stage.epochs && !hasSettled(own, patience); epoch++) {
      own.push(stage.epoch(seededRandom(mixed(seed, before + epoch + 1))));
      onEpoch?.(losses.flat().length, groups());
      onProgress?.(before + epoch + 1, total);
      await new Promise((resolve) => setTimeout(resolve)); // Lets signals and timers have their turn.
      if (signal?.aborted || performance.now() - lastSaved > SECONDS_BETWEEN_CHECKPOINTS * 1000) {
        await checkpoints?.save(pack(key, losses, arrays));
        lastSaved = performance.now();
      }
      signal?.throwIfAborted();
    }
    before += stage.epochs;
  }
  await checkpoints?.save(pack(key, losses, arrays));
  return { stages: stages.map(({ name }, at) => ({ name, losses: losses[at] })) };
}

/** Losses are averaged over this many epochs to see whether they fall. */
const SMOOTHED = 10;

/** Whether the loss has not fallen for `patience` epochs. With a patience of 0 it never settles. */
export function hasSettled(losses: readonly number[], patience: number): boolean {
  if (patience === 0 || losses.length < SMOOTHED + patience) return false;
  const means = losses.slice(SMOOTHED - 1).map((_, at) => meanOf(losses.slice(at, at + SMOOTHED)));
  const lowest = means.indexOf(Math.min(...means));
  return means.length - 1 - lowest >= patience;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Makes trained numbers, drawn evenly from −1/√rows to 1/√rows. PyTorch's linear layers start like this. */
export function parameter(
  rows: number,
  cols: number,
  random: () => number,
  reach: number = 1 / Math.sqrt(rows),
): Parameter {
  const data = Float32Array.from({ length: rows * cols }, () => (2 * random() - 1) * reach);
  const zeros = () => new Float32Array(data.length);
  return { rows, cols, data, gradient: zeros(), first: zeros(), second: zeros() };
}

/** Weights and bias of an affine layer. */
export interface Layer {
  readonly weights: Parameter;
  readonly bias: Parameter;
}

/** Makes a layer from `inputs` to `outputs` numbers. */
export function layer(inputs: number, outputs: number, random: () => number): Layer {
  return {
    weights: parameter(inputs, outputs, random),
    bias: parameter(1, outputs, random, 1 / Math.sqrt(inputs)),
  };
}

/** The parameters of all layers. */
export function parametersOf(layers: readonly Layer[]): Parameter[] {
  return layers.flatMap(({ weights, bias }) => [weights, bias]);
}

export function apply(tape: Tape, x: Matrix, { weights, bias }: Layer): Matrix {
  return tape.affine(x, weights, bias);
}

/** The number of the head with the lowest loss. */
export function lowestOf(losses: Float64Array): number {
  return losses.indexOf(Math.min(...losses));
}

/**
 * One step of Adam (Kingma and Ba 2015), β = 0.9 and 0.999. Gradients are clipped to ±`most`; weight decay is added to
 * them.
 */
export function adam(
  parameters: readonly Parameter[],
  { rate, step, decay = 0, most = Infinity }: { rate: number; step: number; decay?: number; most?: number },
): void {
  const [correction, size] = [Math.sqrt(1 - 0.999 ** step), rate / (1 - 0.9 ** step)];
  for (const { data, gradient, first, second } of parameters) {
    for (let at = 0; at < data.length; at++) {
      const slope = Math.max(-most, Math.min(most, gradient[at])) + decay * data[at];
      first[at] = 0.9 * first[at] + 0.1 * slope;
      second[at] = 0.999 * second[at] + 0.001 * slope * slope;
      data[at] -= size * first[at] / (Math.sqrt(second[at]) / correction + 1e-8);
    }
    gradient.fill(0);
  }
}

/** Splits the images, in random order, into batches of about `size`, none of fewer than 2. */
export function batches(count: number, size: number, random: () => number): Int32Array[] {
  const order = Int32Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other], order[at]];
  }
  const parts = Math.max(1, Math.min(Math.round(count / size), Math.floor(count / 2)));
  return Array.from({ length: parts }, (_, at) => {
    return order.subarray(Math.floor(at * count / parts), Math.floor((at + 1) * count / parts));
  });
}

/** Some rows of a matrix of `cols` columns, as a constant. */
export function rowsOf(all: Float32Array, cols: number, chosen: ArrayLike<number>): Matrix {
  const data = new Float32Array(chosen.length * cols);
  for (let at = 0; at < chosen.length; at++) {
    data.set(all.subarray(chosen[at] * cols, (chosen[at] + 1) * cols), at * cols);
  }
  return constant(chosen.length, cols, data);
}

/** The column of each row's largest number. */
export function largestOf({ rows, cols, data }: Matrix): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let col = 1; col < cols; col++) if (data[row * cols + col] > data[row * cols + best]) best = col;
    return best;
  });
}

/** Makes one seed of two numbers. */
function mixed(seed: number, part: number): number {
  return Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(part + 1, 0xc2b2ae35);
}

// A checkpoint is a line of JSON, then the bytes of all arrays.

/** Identifies images and settings. A checkpoint with another key is of no use. */
async function keyOf(patches: PatchSet, settings: unknown): Promise<string> {
  // A copy, because digests do not accept shared memory.
  const bytes = new Uint8Array(patches.data.length * 4);
  bytes.set(new Uint8Array(patches.data.buffer, patches.data.byteOffset, bytes.length));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hexadecimal = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return JSON.stringify([VERSION, settings, patches.rows, patches.cols, patches.channels, hexadecimal]);
}

/** Must be raised whenever the training changes. */
const VERSION = 1;

function pack(key: string, losses: readonly number[][], arrays: readonly Numbers[]): Uint8Array {
  const head = new TextEncoder().encode(`${JSON.stringify({ key, losses })}\n`);
  const bytes = arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
  const packed = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, head.length));
  packed.set(head);
  let at = head.length;
  for (const part of bytes) {
    packed.set(part, at);
    at += part.length;
  }
  return packed;
}

/** Restores a checkpoint if its key is this one and it is whole. Otherwise changes nothing. */
function unpack(packed: Uint8Array, key: string, losses: number[][], arrays: readonly Numbers[]): void {
  const end = packed.indexOf(10);
  let head: { readonly key: string; readonly losses: (number | null)[][] };
  try {
    head = JSON.parse(new TextDecoder().decode(packed.subarray(0, end)));
  } catch {
    return;
  }
  const length = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (head.key !== key || packed.length !== end + 1 + length) return;
  head.losses.forEach((own, at) => losses[at].push(...own.map((loss) => loss ?? NaN))); // JSON has no NaN.
  let at = end + 1;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    new Uint8Array(buffer, byteOffset, byteLength).set(packed.subarray(at, at + byteLength));
    at += byteLength;
  }
}
