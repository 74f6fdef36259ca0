// Makes small ONNX networks by hand.

type Protobuf = readonly [field: number, value: number | string | Uint8Array | Protobuf[]];

/** Encodes a protocol buffer of numbers, texts, bytes and messages. */
function protobuf(fields: readonly Protobuf[]): Uint8Array {
  return Uint8Array.from(fields.flatMap(([field, value]) => {
    const key = varint(field << 3 | (typeof value === "number" ? 0 : 2));
    if (typeof value === "number") return [...key, ...varint(value)];
    const bytes = typeof value === "string"
      ? new TextEncoder().encode(value)
      : value instanceof Uint8Array
      ? value
      : protobuf(value);
    return [...key, ...varint(bytes.length), ...bytes];
  }));
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [value & 127 | 128, ...varint(value >> 7)];
}

const FLOAT = 1;

/** Describes an array in a graph: its name, type and shape. */
function valueInfo(name: string, type: number, shape: readonly number[]): Protobuf[] {
  const dimensions = shape.map((size): Protobuf => [1, [[1, size]]]);
  return [[1, name], [2, [[1, [[1, type], [2, dimensions]]]]]];
}

function network(input: Protobuf[], output: Protobuf[], rest: Protobuf[]): Uint8Array {
  const graph: Protobuf[] = [...rest, [2, "graph"], [11, input], [12, output]];
  return protobuf([[1, 7], [7, graph], [8, [[1, ""], [2, 13]]]]);
}

/** Returns a network that outputs its input: numbers of a type in an array of this shape. */
export function identity(type: number, ...shape: number[]): Uint8Array {
  const node: Protobuf[] = [[1, "in"], [2, "out"], [4, "Identity"]];
  return network(valueInfo("in", type, shape), valueInfo("out", type, shape), [[1, node]]);
}

/** The steps from an image's three channels to the output. */
export interface Steps {
  /** Side of the image. */
  readonly side: number;
  /** New order of the dimensions, if any. */
  readonly transposed?: readonly number[];
  /** New shape, applied after that. */
  readonly reshaped?: readonly number[];
  /** Whether numbers are then converted to 16 bits. */
  readonly half?: boolean;
  /** Whether the logarithm of the image is taken. It is not finite where a pixel is black or darker. */
  readonly logarithm?: boolean;
}

const FLOAT16 = 10;

/** One layer of {@linkcode convolutions}. */
export interface ConvolutionLayer {
  readonly depthwise: boolean;
  /** Channels of its output. A depthwise one has those of its input. */
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  /** Rows of zeros above and columns left, rows below and columns right. */
  readonly padding: readonly [number, number];
  /** The bounds that its output is clamped to, if any. */
  readonly bounds?: readonly [number, number];
  /** Whether its output is added to itself. */
  readonly doubled: boolean;
  /** Whether its weights are stored as float16, and are -0.5 and 1. */
  readonly half: boolean;
}

/** Returns a network of such layers on an image, with weights from `random`. All layers are its outputs. */
export function convolutions(layers: readonly ConvolutionLayer[], random: () => number): Uint8Array {
  const parts: Protobuf[] = [];
  const outputs: string[] = [];
  const node = (kind: string, inputs: readonly string[], output: string, attributes: Protobuf[] = []) => {
    parts.push([1, [...inputs.map((name): Protobuf => [1, name]), [2, output], [4, kind], ...attributes]]);
    return output;
  };
  const integer = (name: string, value: number): Protobuf => [5, [[1, name], [3, value], [20, 2]]];
  const integers = (name: string, values: readonly number[]): Protobuf => {
    return [5, [[1, name], ...values.map((value): Protobuf => [8, value]), [20, 7]]];
  };
  const numbers = (name: string, shape: readonly number[], values: Float32Array | Uint16Array) => {
    const type = values instanceof Float32Array ? FLOAT : FLOAT16;
    const dimensions = shape.map((size): Protobuf => [1, size]);
    parts.push([5, [...dimensions, [2, type], [8, name], [9, new Uint8Array(values.buffer)]]]);
    return name;
  };
  let [last, channels] = ["in", 3];
  layers.forEach(({ depthwise, kernel, stride, padding: [before, after], bounds, doubled, half, ...layer }, at) => {
    const filters = depthwise ? channels : layer.channels;
    const shape = [filters, depthwise ? 1 : channels, kernel, kernel];
    const size = shape.reduce((product, side) => product * side);
    let weights = `weights${at}`;
    if (half) {
      const ones = new Uint16Array(size).map(() => random() < 0 ? 0xb800 : 0x3c00); // -0.5 and 1.
      weights = node("Cast", [numbers(`half${at}`, shape, ones)], weights, [integer("to", FLOAT)]);
    } else numbers(weights, shape, new Float32Array(size).map(random));
    numbers(`bias${at}`, [filters], new Float32Array(filters).map(random));
    last = node("Conv", [last, weights, `bias${at}`], `convolved${at}`, [
      integers("strides", [stride, stride]),
      integers("pads", [before, before, after, after]),
      ...(depthwise ? [integer("group", channels)] : []),
    ]);
    if (bounds) {
      const names = bounds.map((value, end) => numbers(`bound${at}-${end}`, [], Float32Array.of(value)));
      last = node("Clip", [last, ...names], `clamped${at}`);
    }
    if (doubled) last = node("Add", [last, last], `doubled${at}`);
    outputs.push(node("Identity", [last], `out${at}`));
    channels = filters;
  });
  const described = (name: string): Protobuf[] => [[1, name], [2, [[1, [[1, FLOAT]]]]]];
  const ends = outputs.map((name): Protobuf => [12, described(name)]);
  const graph: Protobuf[] = [...parts, [2, "graph"], [11, described("in")], ...ends];
  return protobuf([[1, 7], [7, graph], [8, [[1, ""], [2, 13]]]]);
}

/** Returns a network of float32 [1, 3, side, side] that rearranges the image. */
export function rearranged({ side, transposed, reshaped, half, logarithm }: Steps): Uint8Array {
  let shape: readonly number[] = [1, 3, side, side];
  let last = "in";
  const nodes: Protobuf[] = [];
  const step = (kind: string, inputs: readonly string[], attribute: Protobuf[] = []) => {
    const next = `after${nodes.length}`;
    nodes.push([1, [...inputs.map((name): Protobuf => [1, name]), [2, next], [4, kind], ...attribute]]);
    last = next;
  };
  const attribute = (name: string, type: number, values: Protobuf[]): Protobuf[] => {
    return [[5, [[1, name], ...values, [20, type]]]];
  };
  const initializers: Protobuf[] = [];
  if (logarithm) step("Log", [last]);
  if (transposed) {
    step("Transpose", [last], attribute("perm", 7, transposed.map((axis): Protobuf => [8, axis])));
    shape = transposed.map((axis) => shape[axis]);
  }
  if (reshaped) {
    const sizes = reshaped.map((size): Protobuf => [7, size]);
    initializers.push([5, [[1, reshaped.length], [2, 7], ...sizes, [8, "shape"]]]);
    step("Reshape", [last, "shape"]);
    shape = reshaped;
  }
  if (half) step("Cast", [last], attribute("to", 2, [[3, FLOAT16]]));
  step("Identity", [last]);
  const input = valueInfo("in", FLOAT, [1, 3, side, side]);
  return network(input, valueInfo(last, half ? FLOAT16 : FLOAT, shape), [...nodes, ...initializers]);
}
