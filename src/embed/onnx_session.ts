// Opens a network with onnxruntime-web or the native engine.

import type * as ort from "onnxruntime-web";
import { AnomalyClusterError } from "../errors.ts";
import type { NetworkSession } from "./network_session.ts";
import { type Normalisation, writeNormalised } from "./normalise.ts";
import { type Engine, type EngineFiles, runInTurn, type Runtime, startedEngine } from "./onnx_runtime.ts";

/** A network and how it is opened. */
export interface SessionOptions extends EngineFiles, Normalisation {
  /** The bytes of the ONNX file. */
  readonly model: Uint8Array;
  /** Its name in errors. */
  readonly name: string;
  readonly engine: Engine;
  readonly threads: number;
}

/**
 * Opens it. Throws `bad-model` if the bytes are no ONNX file that the engine takes, `unsupported-runtime` if the engine
 * does not start.
 */
export async function openOnnxSession(options: SessionOptions): Promise<NetworkSession> {
  const { model, name, engine, threads } = options;
  const { runtime, setup, opening, watched } = await startedEngine(engine, threads, options);
  const session = await opening(() => openSession(runtime, model, name, setup));
  const isSound = await watched();
  const [input] = session.inputNames;
  return {
    outputNames: session.outputNames,
    async run(image) {
      const { width, height } = image;
      const pixels = new Float32Array(3 * width * height);
      writeNormalised(pixels, image, options, "channels-first");
      const tensor = new runtime.Tensor("float32", pixels, [1, 3, height, width]);
      const outputs = await runModel(session, input, tensor, name, engine);
      if (!isSound()) throw cardFailed(name);
      return outputs as Readonly<Record<string, ort.Tensor>>;
    },
    release: () => session.release(),
  };
}

async function openSession(
  runtime: Runtime,
  model: Uint8Array,
  name: string,
  settings: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await runtime.InferenceSession.create(model, { ...settings, logSeverityLevel: 4 });
  } catch (cause) {
    throw new AnomalyClusterError("bad-model", `${name} cannot be opened as an ONNX model`, { cause });
  }
}

/** Runs the network on one image, and returns its outputs. */
async function runModel(
  session: ort.InferenceSession,
  input: string,
  image: ort.Tensor,
  name: string,
  engine: Engine,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  try {
    return await runInTurn(() => session.run({ [input]: image }));
  } catch (cause) {
    if (engine === "webgpu") throw cardFailed(name, cause);
    const shape = image.dims.join(" × ");
    throw new AnomalyClusterError("bad-model", `${name} does not take one float32 image of ${shape}`, { cause });
  }
}

/** The error where the graphics card may be at fault, or the network: onnxruntime-web does not say which. */
function cardFailed(name: string, cause?: unknown): AnomalyClusterError {
  const message =
    `${name} cannot be run by the engine webgpu, or the graphics card failed: the engine wasm takes neither`;
  return new AnomalyClusterError("unsupported-runtime", message, { cause });
}
