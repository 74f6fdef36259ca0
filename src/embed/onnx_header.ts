// Reads the description in an ONNX file without an engine: its inputs and outputs, and the files that hold its weights.
// Field numbers are those of the format (onnx.proto3 of https://github.com/onnx/onnx).

import { joinedBytes } from "../bytes.ts";
import { AnomalyClusterError } from "../errors.ts";
import { EMPTY, type Field, fields, message, sizeOf, textOf, within } from "./protocol_buffers.ts";

/** An input or output of a network. */
export interface OnnxArray {
  readonly name: string;
  /** Type of the numbers: 1 for float32, 10 for float16. */
  readonly type: number;
  /** The shape, with undefined for sizes that are not fixed. Absent if the file does not state it. */
  readonly shape?: readonly (number | undefined)[];
}

/** What is read from an ONNX file. */
export interface OnnxHeader {
  /** The inputs that must be fed in. */
  readonly inputs: readonly OnnxArray[];
  readonly outputs: readonly OnnxArray[];
  /** Names of the files beside the ONNX file that hold weights, each name once. */
  readonly weights: readonly string[];
}

/** The largest size of a file in bytes. ONNX files are protocol buffers, which end there. */
const MOST_BYTES = 2 ** 31 - 1;

const GRAPH = 7; // Field number in a model.
const [INITIALIZER, INPUT, OUTPUT] = [5, 11, 12]; // Field numbers in a graph.
const [TENSOR_NAME, RAW_DATA, EXTERNAL_DATA, DATA_LOCATION] = [8, 9, 13, 14]; // Field numbers in a tensor.

/**
 * Reads the header of an ONNX file. Throws `bad-model` if the bytes are not an ONNX file. `name` is the file's name in
 * errors.
 */
export function readOnnxHeader(bytes: Uint8Array, name: string): OnnxHeader {
  try {
    return headerOf(bytes);
  } catch (cause) {
    if (cause instanceof AnomalyClusterError) throw cause;
    const reason = `${name} is no ONNX file, or one cut short: fetch it again`;
    throw new AnomalyClusterError("bad-model", reason, { cause });
  }
}

function headerOf(bytes: Uint8Array): OnnxHeader {
  const graph = fields(bytes).find(({ number }) => number === GRAPH);
  if (!graph) throw new RangeError("no graph");
  const inGraph = fields(bytes, graph);
  const tensors = inGraph.filter(({ number }) => number === INITIALIZER).map((field) => fields(bytes, field));
  const initial = new Set(tensors.map((tensor) => textOf(bytes, tensor, TENSOR_NAME)));
  const arrays = (wanted: number) => {
    return inGraph.filter(({ number }) => number === wanted).map((field) => arrayOf(bytes, field));
  };
  const places = tensors.flatMap((tensor) => placeOf(bytes, tensor)?.file ?? []);
  return {
    inputs: arrays(INPUT).filter(({ name }) => !initial.has(name)), // Old files list weights among the inputs.
    outputs: arrays(OUTPUT),
    weights: [...new Set(places)],
  };
}

/**
 * Returns a file whose weights are all inside, from one whose weights are in other files. Throws `bad-model` if some
 * weights are missing, or the result would be too large.
 */
export function withWeightsInside(bytes: Uint8Array, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const graph = fields(bytes).find(({ number }) => number === GRAPH);
  if (!graph) throw new RangeError("no graph");
  const parts: Uint8Array[] = [];
  for (const field of fields(bytes, graph)) {
    const tensor = field.number === INITIALIZER ? fields(bytes, field) : [];
    const place = placeOf(bytes, tensor);
    if (!place) {
      parts.push(bytes.subarray(field.start, field.end));
      continue;
    }
    const { file, offset } = place;
    const data = files.get(file);
    const length = place.length ?? (data?.length ?? 0) - offset;
    if (!data || offset + length > data.length) {
      throw new AnomalyClusterError("bad-model", `${file}, which holds the network's weights, is missing or cut short`);
    }
    const kept = tensor.filter(({ number }) => number !== EXTERNAL_DATA && number !== DATA_LOCATION)
      .map(({ start, end }) => bytes.subarray(start, end));
    parts.push(...message(INITIALIZER, [...kept, ...message(RAW_DATA, [data.subarray(offset, offset + length)])]));
  }
  const whole = [bytes.subarray(0, graph.start), ...message(GRAPH, parts), bytes.subarray(graph.end)];
  const size = sizeOf(whole);
  if (size > MOST_BYTES) {
    const reason = `the network has ${(size / 1e9).toFixed(1)} GB of weights, and no more than 2 GB are read`;
    throw new AnomalyClusterError("bad-model", `${reason}: take a smaller one, or its numbers of 16 bits`);
  }
  return joinedBytes(whole);
}

/** Where the weights of a tensor lie, if they are in another file. */
function placeOf(
  bytes: Uint8Array,
  tensor: readonly Field[],
): { readonly file: string; readonly offset: number; readonly length?: number } | undefined {
  if (!tensor.some(({ number, value }) => number === DATA_LOCATION && value === 1)) return undefined;
  const entries = tensor.filter(({ number }) => number === EXTERNAL_DATA).map((field) => {
    const entry = fields(bytes, field);
    return [textOf(bytes, entry, 1), textOf(bytes, entry, 2)] as const;
  });
  const { location = "", offset = "0", length } = Object.fromEntries(entries);
  // The name comes from whoever made the file. For safety, only files beside it are read.
  if (!/^[^/\\:]+$/.test(location) || /^\.+$/.test(location)) {
    throw new AnomalyClusterError(
      "bad-model",
      `the network's weights lie in ${location}, which is not beside its file`,
    );
  }
  return { file: location, offset: Number(offset), ...(length !== undefined && { length: Number(length) }) };
}

function arrayOf(bytes: Uint8Array, field: Field): OnnxArray {
  const [array, type] = [fields(bytes, field), fields(bytes, within(bytes, field, 2))];
  const tensor = fields(bytes, type.find(({ number }) => number === 1) ?? EMPTY);
  const shape = tensor.find(({ number }) => number === 2);
  const dimensions = shape && fields(bytes, shape).filter(({ number }) => number === 1).map((dimension) => {
    return fields(bytes, dimension).find(({ number }) => number === 1)?.value;
  });
  return {
    name: textOf(bytes, array, 1),
    type: tensor.find(({ number }) => number === 1)?.value ?? 0,
    ...(dimensions && { shape: dimensions }),
  };
}
