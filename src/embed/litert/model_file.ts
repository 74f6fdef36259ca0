// Writes a network of convolutions as a LiteRT file, for images of one size. Slots and numbers are those of the format
// (schema.fbs of https://github.com/google-ai-edge/LiteRT).

import { Builder, type Offset } from "flatbuffers";
import { type Convolution, type ConvolutionNetwork, outputSide, type Sum } from "./convolutions.ts";

/** A file, and the arrays that it returns, in their order. */
export interface ModelFile {
  readonly file: Uint8Array;
  readonly outputs: readonly { readonly name: string; readonly shape: Shape }[];
}

/** Batch, rows, columns, channels. */
export type Shape = readonly [number, number, number, number];

/** Returns the file for colour images of `height` × `width` pixels. */
export function writeModelFile(network: ConvolutionNetwork, height: number, width: number): ModelFile {
  const file = new ModelFileBuilder();
  const input = file.addArray(network.input, [1, height, width, 3]);
  for (const layer of network.layers) {
    if (layer.kind === "sum") file.addSum(layer);
    else file.addConvolution(layer);
  }
  const outputs = [...new Set(network.outputs.values())].map((name) => ({ name, ...file.arrayOf(name) }));
  return { file: file.finished([input.place], outputs.map(({ place }) => place)), outputs };
}

/** Operators: the place in the file's list, the number in the format, the kind of options. */
const OPERATORS = {
  sum: { place: 0, code: 0, options: 11 },
  dense: { place: 1, code: 3, options: 1 },
  depthwise: { place: 2, code: 4, options: 2 },
  pad: { place: 3, code: 34, options: 22 },
} as const;

/** How a convolution's input is padded: so that every `stride`-th place is in the output, or not at all. */
const [SAME, VALID] = [0, 1];

/** Kinds of numbers. */
const [FLOAT32, INT32] = [0, 2];

/** The activation after a layer; 0 is none. */
const CLAMPED_TO_6 = 3;

const VERSION = 3;
const IDENTIFIER = "TFL3";

/** Weights begin at a multiple of this many bytes. */
const ALIGNMENT = 16;

/** An array, by its place in the file's list. */
interface KnownArray {
  readonly place: number;
  readonly shape: Shape;
}

/** The lists that a file consists of. They grow layer by layer. */
class ModelFileBuilder {
  readonly #file = new Builder(1 << 24);
  readonly #arrays: Offset[] = [];
  readonly #operators: Offset[] = [];
  /** Arrays that are computed name the first, which is empty. */
  readonly #buffers: Offset[] = [table(this.#file, {})];
  readonly #known = new Map<string, KnownArray>();

  arrayOf(name: string): KnownArray {
    return this.#known.get(name)!;
  }

  /** Adds an array that is computed, or the image. */
  addArray(name: string, shape: Shape): KnownArray {
    const label = this.#file.createString(name);
    const array = { place: this.#addArray(shape, { 1: byte(FLOAT32), 2: integer(0), 3: offset(label) }), shape };
    this.#known.set(name, array);
    return array;
  }

  addSum({ inputs, output }: Sum): void {
    const terms = inputs.map((name) => this.arrayOf(name));
    this.#addOperator("sum", terms.map(({ place }) => place), this.addArray(output, terms[0].shape));
  }

  addConvolution(layer: Convolution): void {
    const { kind, channels, inputChannels, kernel, stride, clamped, padding: [before, after] } = layer;
    const given = this.arrayOf(layer.input);
    const isSame = padsToSame(layer, given.shape);
    const from = isSame || before + after === 0 ? given : this.#addPadded(layer, given);
    const shape = kind === "dense" ? [channels, kernel, kernel, inputChannels] : [1, kernel, kernel, channels];
    const inputs = [from.place, this.#addConstant(shape, layer.weights), this.#addConstant([channels], layer.bias)];
    const [, rows, cols] = given.shape;
    const output = this.addArray(layer.output, [1, outputSide(layer, rows), outputSide(layer, cols), channels]);
    const activation = byte(clamped ? CLAMPED_TO_6 : 0);
    const options = { 0: byte(isSame ? SAME : VALID), 1: integer(stride), 2: integer(stride) };
    const last: Slots = kind === "dense" ? { 3: activation } : { 3: integer(1), 4: activation };
    this.#addOperator(kind, inputs, output, { ...options, ...last });
  }

  #addPadded({ input, padding: [before, after] }: Convolution, { place, shape }: KnownArray): KnownArray {
    const [, rows, cols, channels] = shape;
    const margins = this.#addConstant([4, 2], Int32Array.of(0, 0, before, after, before, after, 0, 0));
    const all = before + after;
    const padded = this.addArray(`${input} + ${all}`, [1, rows + all, cols + all, channels]);
    this.#addOperator("pad", [place, margins], padded);
    return padded;
  }

  /** Adds numbers that are in the file; returns the place of the array. */
  #addConstant(shape: readonly number[], numbers: Float32Array | Int32Array): number {
    const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    this.#file.prep(ALIGNMENT, bytes.length);
    const content = this.#file.createByteVector(bytes);
    const buffer = this.#buffers.push(table(this.#file, { 0: offset(content) })) - 1;
    return this.#addArray(shape, { 1: byte(numbers instanceof Int32Array ? INT32 : FLOAT32), 2: integer(buffer) });
  }

  #addArray(shape: readonly number[], slots: Slots): number {
    const sides = integers(this.#file, shape);
    return this.#arrays.push(table(this.#file, { 0: offset(sides), ...slots })) - 1;
  }

  #addOperator(kind: keyof typeof OPERATORS, inputs: readonly number[], output: KnownArray, options: Slots = {}): void {
    const { place, options: kindOfOptions } = OPERATORS[kind];
    const [from, to] = [inputs, [output.place]].map((places) => integers(this.#file, places));
    const set = table(this.#file, options);
    const slots = { 0: integer(place), 1: offset(from), 2: offset(to), 3: byte(kindOfOptions), 4: offset(set) };
    this.#operators.push(table(this.#file, slots));
  }

  /** Ends the file, with the places of its inputs and outputs. */
  finished(inputs: readonly number[], outputs: readonly number[]): Uint8Array {
    const file = this.#file;
    const [arrays, operators] = [this.#arrays, this.#operators].map((list) => offsets(file, list));
    const [from, to] = [inputs, outputs].map((places) => integers(file, places));
    const graph = table(file, { 0: offset(arrays), 1: offset(from), 2: offset(to), 3: offset(operators) });
    const codes = Object.values(OPERATORS).map(({ code }) => {
      return table(file, { 0: byte(code), 2: integer(1), 3: integer(code) }); // Older readers take the byte.
    });
    const [codeList, graphs, buffers] = [codes, [graph], this.#buffers].map((list) => offsets(file, list));
    file.finish(
      table(file, { 0: integer(VERSION), 1: offset(codeList), 2: offset(graphs), 4: offset(buffers) }),
      IDENTIFIER,
    );
    return file.asUint8Array();
  }
}

/** Whether a convolution pads as the format's `SAME` does. */
function padsToSame({ kernel, stride, padding: [before, after] }: Convolution, [, rows, cols]: Shape): boolean {
  return [rows, cols].every((side) => {
    const all = Math.max((Math.ceil(side / stride) - 1) * stride + kernel - side, 0);
    return before === Math.floor(all / 2) && after === all - before;
  });
}

/** Writes one slot of a table. */
type Slot = (file: Builder, slot: number) => void;

/** A table's slots, by their numbers. */
type Slots = Readonly<Record<number, Slot>>;

function offset(value: Offset): Slot {
  return (file, slot) => file.addFieldOffset(slot, value, 0);
}

function integer(value: number): Slot {
  return (file, slot) => file.addFieldInt32(slot, value, 0);
}

function byte(value: number): Slot {
  return (file, slot) => file.addFieldInt8(slot, value, 0);
}

function table(file: Builder, slots: Slots): Offset {
  const entries = Object.entries(slots).map(([slot, write]) => [Number(slot), write] as const);
  file.startObject(entries.reduce((most, [slot]) => Math.max(most, slot + 1), 0));
  for (const [slot, write] of entries) write(file, slot);
  return file.endObject();
}

function integers(file: Builder, values: readonly number[]): Offset {
  file.startVector(4, values.length, 4);
  for (const value of values.toReversed()) file.addInt32(value);
  return file.endVector();
}

function offsets(file: Builder, values: readonly Offset[]): Offset {
  file.startVector(4, values.length, 4);
  for (const value of values.toReversed()) file.addOffset(value);
  return file.endVector();
}
