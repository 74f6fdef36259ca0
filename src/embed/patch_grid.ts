// Turns a network's outputs into patches. Grids in any layout are put side by side on the grid of the first output.

import { AnomalyClusterError } from "../errors.ts";
import type { PatchSet } from "../types.ts";
import { halfToNumber } from "./half.ts";
import type { ModelLevel } from "./manifest.ts";
import type { NetworkArray, NetworkSession } from "./network_session.ts";

/** An output, and its entry in the manifest if there is one. */
export interface NetworkOutput {
  readonly value: NetworkArray | undefined;
  readonly level?: ModelLevel;
  /** Its layout, if it is not the manifest's. */
  readonly layout?: NetworkSession["layout"];
}

/** Facts about the network and the image, for checks and error messages. */
export interface NetworkFacts {
  readonly name: string;
  /** Width of the image, in pixels. */
  readonly width: number;
  /** Height of the image, in pixels. */
  readonly height: number;
}

/** One output. Its grid starts at number `first`; channels are `channelStep` numbers apart, places `placeStep`. */
interface Grid {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
  readonly channels: number;
  readonly first: number;
  readonly channelStep: number;
  readonly placeStep: number;
}

/**
 * Makes the patches of one image. The channels of all outputs at one place are put side by side, on the grid of the
 * first output.
 *
 * @throws {AnomalyClusterError} `bad-model` for an output that is not a square grid, not finite, or differs from its
 * manifest.
 */
export function patchesOf(outputs: readonly NetworkOutput[], facts: NetworkFacts): PatchSet {
  const grids = outputs.map((output) => gridOf(output, facts));
  const [{ rows, cols }] = grids;
  const channels = grids.reduce((sum, grid) => sum + grid.channels, 0);
  const data = new Float32Array(rows * cols * channels);
  let first = 0;
  for (const grid of grids) {
    if (rows % grid.rows && grid.rows % rows || cols % grid.cols && grid.cols % cols) {
      const grids = `${rows} × ${cols} and ${grid.rows} × ${grid.cols}`;
      throw badModel(`${facts.name}: grids of ${grids} patches do not fit onto each other`);
    }
    resample(grid, { data, rows, cols, channels, first });
    first += grid.channels;
  }
  if (!allFinite(data)) throw badModel(`the numbers that ${facts.name} gives are not finite`);
  const widths = grids.map((grid) => grid.channels);
  return { data, count: 1, rows, cols, channels, ...(grids.length > 1 && { levels: widths }) };
}

function gridOf({ value, level, layout }: NetworkOutput, facts: NetworkFacts): Grid {
  const { name, width, height } = facts;
  if (!value) throw badModel(`${name}: ${level?.name} is not among its outputs`);
  const { dims } = value;
  const grid = laidOut(value, layout ? { ...level, layout } : level ?? {}, level !== undefined, name);
  const { rows, cols, channels } = grid;
  const [high, wide] = level ? [height / level.stride, width / level.stride] : [];
  if (level && (channels !== level.channels || rows !== high || cols !== wide)) {
    throw badModel(
      `${name}: ${level.name} gives ${channels} channels of ${rows} × ${cols} patches, its manifest says ` +
        `${level.channels} channels of ${high} × ${wide}`,
    );
  }
  if (rows === cols || width !== height) return grid;
  throw badModel(
    `${name} gives no square grid of patches, channels first: its output is ${dims.join(" × ")}; where its channels ` +
      "come last, say so in a manifest beside it (docs/models.md)",
  );
}

/**
 * Finds the grid in an output by the layout in the manifest. Without one it is `[1, channels, rows, cols]` or `[1,
 * channels]`.
 */
function laidOut(
  output: NetworkArray,
  { layout = "channels-first", extraTokens = 0 }: Pick<ModelLevel, "layout" | "extraTokens">,
  isSaid: boolean,
  name: string,
): Grid {
  const { dims } = output;
  const data = numbersOf(output, name);
  const [batch, ...rest] = dims;
  const isAsSaid = {
    "channels-first": rest.length === 3 || rest.length === 1,
    "channels-last": rest.length === 3,
    "tokens": rest.length === 2 && rest[0] > extraTokens,
  }[layout];
  if (batch !== 1 || !isAsSaid) throw badModel(notGrid(dims, layout, isSaid, name));
  if (layout === "channels-first") {
    const [channels, rows = 1, cols = 1] = rest;
    return { data, rows, cols, channels, first: 0, channelStep: rows * cols, placeStep: 1 };
  }
  if (layout === "channels-last") {
    const [rows, cols, channels] = rest;
    return { data, rows, cols, channels, first: 0, channelStep: 1, placeStep: channels };
  }
  const [tokens, channels] = rest;
  const side = Math.sqrt(tokens - extraTokens);
  if (!Number.isInteger(side)) {
    const left = extraTokens ? ` without ${extraTokens}` : "";
    throw badModel(`${name}: ${tokens} tokens${left} make no square grid: say in its manifest how many are extra`);
  }
  return { data, rows: side, cols: side, channels, first: extraTokens * channels, channelStep: 1, placeStep: channels };
}

function notGrid(dims: readonly number[], layout: string, isSaid: boolean, name: string): string {
  const output = `its output is ${dims.join(" × ")}`;
  if (isSaid && layout !== "channels-first") {
    return `${name} gives no ${layout} of one image, as its manifest says: ${output}`;
  }
  const tokens = dims.length === 3 ? "; tokens are read where a manifest says so (docs/models.md)" : "";
  return `${name} gives no patch grid: ${output}${tokens}`;
}

/** The numbers of an output as float32. Numbers of 16 bits are converted. */
function numbersOf({ type, data, dims }: NetworkArray, name: string): Float32Array {
  if (type === "float32") return data as Float32Array;
  if (type !== "float16") throw badModel(`${name} gives no patch grid: its output is ${type}, ${dims.join(" × ")}`);
  const numbers = data as ArrayLike<number>;
  return numbers instanceof Uint16Array ? Float32Array.from(numbers, halfToNumber) : Float32Array.from(numbers);
}

/** Patches that are being put together. A grid's channels begin at number `first` of each. */
interface Patches extends Pick<PatchSet, "rows" | "cols" | "channels"> {
  readonly data: Float32Array;
  readonly first: number;
}

/**
 * Brings a grid's values onto the grid of the patches. A coarser place gets the mean of the places in it, a finer one
 * the value of the place that it lies in.
 */
function resample({ data, rows, cols, channels, first, channelStep, placeStep }: Grid, to: Patches): void {
  const [high, wide] = [Math.max(1, rows / to.rows), Math.max(1, cols / to.cols)];
  const sums = new Float64Array(channels);
  for (let place = 0; place < to.rows * to.cols; place++) {
    const top = Math.floor(Math.floor(place / to.cols) * rows / to.rows);
    const left = Math.floor(place % to.cols * cols / to.cols);
    const target = place * to.channels + to.first;
    if (high === 1 && wide === 1 && channelStep === 1) {
      const from = first + (top * cols + left) * placeStep;
      to.data.set(data.subarray(from, from + channels), target);
      continue;
    }
    sums.fill(0);
    for (let row = top; row < top + high; row++) {
      for (let col = left; col < left + wide; col++) {
        let from = first + (row * cols + col) * placeStep;
        for (let channel = 0; channel < channels; channel++, from += channelStep) sums[channel] += data[from];
      }
    }
    for (let channel = 0; channel < channels; channel++) to.data[target + channel] = sums[channel] / (high * wide);
  }
}

function allFinite(data: Float32Array): boolean {
  for (let at = 0; at < data.length; at++) if (!Number.isFinite(data[at])) return false;
  return true;
}

function badModel(message: string): AnomalyClusterError {
  return new AnomalyClusterError("bad-model", message);
}
