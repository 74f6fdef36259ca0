// Makes small ONNX networks by hand.

type Protobuf = readonly [field: number, value: number | string | Protobuf[]];

/** Encodes a protocol buffer of numbers below 16,384, texts and messages. */
function protobuf(fields: readonly Protobuf[]): Uint8Array {
  return Uint8Array.from(fields.flatMap(([field, value]) => {
    const key = varint(field << 3 | (typeof value === "number" ? 0 : 2));
    if (typeof value === "number") return [...key, ...varint(value)];
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : protobuf(value);
    return [...key, ...varint(bytes.length), ...bytes];
  }));
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [value & 127 | 128, value >> 7];
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
