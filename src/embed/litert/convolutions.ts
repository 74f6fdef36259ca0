// Reads a network of convolutions from an ONNX file: the included networks are nothing else. Field numbers and operators
// are those of the format (onnx.proto3 and docs/Operators.md of https://github.com/onnx/onnx).

import { halfToNumber } from "../half.ts";
import { type Field, fields, numbersIn, textOf } from "../protocol_buffers.ts";

/** A network of convolutions and sums, in the order in which they are computed. */
export interface ConvolutionNetwork {
  readonly input: string;
  /** For the name of each output, that of the array that it is: two may be the same. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly layers: readonly Layer[];
}

/** One layer. `input` and `output` are the names of its arrays. */
export type Layer = Convolution | Sum;

/** A convolution, dense or depthwise, with the clamping to 0 to 6 that may follow it. */
export interface Convolution {
  readonly kind: "dense" | "depthwise";
  readonly input: string;
  readonly output: string;
  /** `[channels, kernel, kernel, input channels]`; depthwise `[kernel, kernel, channels]`. */
  readonly weights: Float32Array;
  /** One number for each channel. */
  readonly bias: Float32Array;
  /** Channels of the output, and of the input. */
  readonly channels: number;
  readonly inputChannels: number;
  readonly kernel: number;
  readonly stride: number;
  /** Rows of zeros above, and below: as many columns are left and right. */
  readonly padding: readonly [before: number, after: number];
  readonly clamped: boolean;
}

/** The sum of two arrays of the same shape. */
export interface Sum {
  readonly kind: "sum";
  readonly inputs: readonly [string, string];
  readonly output: string;
}

const GRAPH = 7; // Field number in a model.
const [NODE, INITIALIZER, INPUT, OUTPUT] = [1, 5, 11, 12]; // In a graph.
const [NODE_INPUT, NODE_OUTPUT, OPERATOR, ATTRIBUTE] = [1, 2, 4, 5]; // In a node.
const [ATTRIBUTE_NAME, INTEGER, INTEGERS] = [1, 3, 8]; // In an attribute.
const [DIMENSION, TYPE, TENSOR_NAME, RAW_DATA] = [1, 2, 8, 9]; // In a tensor.
const [FLOAT32, FLOAT16] = [1, 10]; // Types of tensors.

/** The operators that layers are made of. */
const OPERATORS = new Set(["Add", "Cast", "Clip", "Conv", "Identity"]);

/** An operator with its inputs, outputs and integers. */
interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly integers: ReadonlyMap<string, readonly number[]>;
}

/** Weights, with their shape. */
interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Returns the network in an ONNX file; undefined if there is more in it, or it cannot be read. */
export function readConvolutions(onnx: Uint8Array): ConvolutionNetwork | undefined {
  try {
    return networkIn(onnx);
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

function networkIn(onnx: Uint8Array): ConvolutionNetwork | undefined {
  // A message that occurs twice is one message with the fields of both: so files can continue each other.
  const parts = fields(onnx).filter(({ number }) => number === GRAPH).flatMap((graph) => fields(onnx, graph));
  const all = (wanted: number) => parts.filter(({ number }) => number === wanted).map((field) => fields(onnx, field));
  const nodes = all(NODE).map((node) => nodeOf(onnx, node));
  if (!nodes.every(({ operator }) => OPERATORS.has(operator))) return undefined; // Before weights, which may be large.
  const weights = new Map(
    all(INITIALIZER).map((tensor) => [textOf(onnx, tensor, TENSOR_NAME), weightsOf(onnx, tensor)]),
  );
  const namesOf = (wanted: number) => [...new Set(all(wanted).map((array) => textOf(onnx, array, 1)))];
  const inputs = namesOf(INPUT).filter((name) => !weights.has(name));
  const outputs = namesOf(OUTPUT);
  const isCopy = (node: Node) => renames(node, weights);
  const same = new Map(nodes.filter(isCopy).map(({ inputs: [input], output }) => [output, input]));
  const sourceOf = (name: string): string => same.has(name) ? sourceOf(same.get(name)!) : name;
  const rest = nodes.filter((node) => !isCopy(node)).map((node) => ({ ...node, inputs: node.inputs.map(sourceOf) }));
  const results = new Map(outputs.map((name) => [name, sourceOf(name)]));
  const layers = layersOf(rest, weights, [...results.values()]);
  if (inputs.length !== 1 || !layers?.length) return undefined;
  const shapes = shapesOf(layers, inputs[0]);
  if (!shapes || ![...results.values()].every((name) => shapes.has(name))) return undefined;
  return { input: inputs[0], outputs: results, layers };
}

/** Channels, and rows or columns. */
type Shape = readonly [channels: number, side: number];

/** The side of an image that layers are tried on. */
const TRIED_SIDE = 256;

/** The shapes of all arrays for one image; undefined if layers do not fit onto each other. */
function shapesOf(layers: readonly Layer[], input: string): ReadonlyMap<string, Shape> | undefined {
  const shapes = new Map<string, Shape>([[input, [3, TRIED_SIDE]]]);
  for (const layer of layers) {
    const names = layer.kind === "sum" ? layer.inputs : [layer.input, layer.input];
    const [shape, other] = names.map((name) => shapes.get(name));
    if (!shape || !other || shape[0] !== other[0] || shape[1] !== other[1]) return undefined;
    if (layer.kind === "sum") {
      shapes.set(layer.output, shape);
      continue;
    }
    const side = outputSide(layer, shape[1]);
    if (layer.inputChannels !== shape[0] || side < 1) return undefined;
    shapes.set(layer.output, [layer.channels, side]);
  }
  return shapes;
}

/** How many rows a convolution makes of that many, or columns. */
export function outputSide({ kernel, stride, padding: [before, after] }: Convolution, side: number): number {
  return Math.floor((side + before + after - kernel) / stride) + 1;
}

/** Whether an operator gives its input another name. Weights are read as float32, so converting them is no more. */
function renames({ operator, inputs: [input], integers }: Node, weights: ReadonlyMap<string, unknown>): boolean {
  return operator === "Identity" || operator === "Cast" && integers.get("to")?.[0] === FLOAT32 && weights.has(input);
}

/** Makes a layer of each operator; undefined if there is one of another kind. */
function layersOf(
  nodes: readonly Node[],
  weights: ReadonlyMap<string, Weights | undefined>,
  outputs: readonly string[],
): Layer[] | undefined {
  const layers: Layer[] = [];
  for (const node of nodes) {
    const layer = layerOf(node, weights) ?? clamped(node, layers, weights, nodes, outputs);
    if (!layer) return undefined;
    layers.push(layer);
  }
  return layers;
}

function layerOf(node: Node, weights: ReadonlyMap<string, Weights | undefined>): Layer | undefined {
  const { operator, inputs: [one, other], output, integers } = node;
  if (operator === "Conv") return convolutionOf(node, weights);
  const isSum = operator === "Add" && integers.size === 0 && !weights.has(one) && !weights.has(other);
  return isSum ? { kind: "sum", inputs: [one, other], output } : undefined;
}

/** Takes the convolution before a clamping to 0 to 6 from the layers, and returns both as one. */
function clamped(
  { operator, inputs: [input, low, high], output }: Node,
  layers: Layer[],
  weights: ReadonlyMap<string, Weights | undefined>,
  nodes: readonly Node[],
  outputs: readonly string[],
): Layer | undefined {
  const at = layers.findIndex((layer) => layer.output === input);
  const layer = layers[at];
  const isOnlyUse = nodes.filter(({ inputs }) => inputs.includes(input)).length === 1 && !outputs.includes(input);
  const bounds = [low, high].map((name) => weights.get(name)?.data[0]);
  if (operator !== "Clip" || bounds[0] !== 0 || bounds[1] !== 6) return undefined;
  if (!layer || layer.kind === "sum" || !isOnlyUse) return undefined;
  layers.splice(at, 1);
  return { ...layer, output, clamped: true };
}

/** The attributes of a convolution that are understood. */
const KNOWN = new Set(["dilations", "group", "kernel_shape", "pads", "strides"]);

function convolutionOf(
  { inputs: [input, kernelName, biasName], output, integers }: Node,
  weights: ReadonlyMap<string, Weights | undefined>,
): Convolution | undefined {
  const [given, bias] = [weights.get(kernelName), weights.get(biasName)];
  const isKnown = [...integers.keys()].every((name) => KNOWN.has(name)); // Not one that pads by itself.
  if (!isKnown || given?.shape.length !== 4 || bias?.data.length !== given.shape[0]) return undefined;
  const [channels, perGroup, kernel, width] = given.shape;
  const [groups = 1] = integers.get("group") ?? [];
  const [stride = 1, across = stride] = integers.get("strides") ?? [];
  const [top = 0, left = top, bottom = top, right = left] = integers.get("pads") ?? [];
  const isDilated = integers.get("dilations")?.some((step) => step !== 1);
  const isSquare = kernel === width && stride === across && top === left && bottom === right;
  const isDepthwise = groups === channels && perGroup === 1;
  if (!isSquare || stride < 1 || isDilated || groups !== 1 && !isDepthwise) return undefined;
  const shape = isDepthwise ? [1, channels, kernel * kernel] : [channels, perGroup, kernel * kernel];
  return {
    kind: isDepthwise ? "depthwise" : "dense",
    input,
    output,
    weights: channelsLast(given.data, shape as [number, number, number]),
    bias: bias.data,
    channels,
    inputChannels: groups * perGroup,
    kernel,
    stride,
    padding: [top, bottom],
    clamped: false,
  };
}

/** Puts the last of three axes before the second. */
function channelsLast(data: Float32Array, [first, second, third]: readonly [number, number, number]): Float32Array {
  const turned = new Float32Array(data.length);
  for (let one = 0; one < first; one++) {
    for (let two = 0; two < second; two++) {
      for (let three = 0; three < third; three++) {
        turned[(one * third + three) * second + two] = data[(one * second + two) * third + three];
      }
    }
  }
  return turned;
}

/** Weights as float32; undefined for other numbers than float32 and float16, and where their shape has another size. */
function weightsOf(onnx: Uint8Array, tensor: readonly Field[]): Weights | undefined {
  const raw = tensor.find(({ number }) => number === RAW_DATA);
  const type = tensor.find(({ number }) => number === TYPE)?.value;
  if (!raw || type !== FLOAT32 && type !== FLOAT16) return undefined;
  const { buffer } = new Uint8Array(onnx.subarray(raw.from, raw.end)); // A copy, as numbers must lie at even places.
  const data = type === FLOAT32 ? new Float32Array(buffer) : Float32Array.from(new Uint16Array(buffer), halfToNumber);
  const shape = tensor.filter(({ number }) => number === DIMENSION).flatMap((field) => numbersIn(onnx, field));
  return data.length === shape.reduce((product, side) => product * side, 1) ? { shape, data } : undefined;
}

function nodeOf(onnx: Uint8Array, node: readonly Field[]): Node {
  const texts = (wanted: number) => {
    return node.filter(({ number }) => number === wanted).map((field) => textOf(onnx, [field], wanted));
  };
  const attributes = node.filter(({ number }) => number === ATTRIBUTE).map((field) => fields(onnx, field));
  const integers = attributes.map((attribute): [string, number[]] => [
    textOf(onnx, attribute, ATTRIBUTE_NAME),
    attribute.filter(({ number }) => number === INTEGER || number === INTEGERS).flatMap((one) => numbersIn(onnx, one)),
  ]);
  return {
    operator: textOf(onnx, node, OPERATOR),
    inputs: texts(NODE_INPUT),
    output: texts(NODE_OUTPUT)[0],
    integers: new Map(integers),
  };
}
