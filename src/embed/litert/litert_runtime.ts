// Starts LiteRT, the engine that was once called TensorFlow Lite. Its package is made for web pages: it loads a script,
// and asks for a graphics card that is not used here. So its module is started here, and called as the package does.

/** What is used of LiteRT's module (litert/js/packages/core of https://github.com/google-ai-edge/LiteRT). */
export interface LiteRt {
  /** Its memory. Another array when the memory has grown. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  readonly LiteRtEnvironment: { create(graphicsDevice: null): Environment };
  readonly LiteRtTensorBuffer: {
    createManaged(environment: Environment, kind: unknown, type: ArrayType, bytes: number): LiteRtArray;
  };
  readonly LiteRtTensorBufferType: { readonly HOST_MEMORY: unknown };
  readonly LiteRtTensorBufferLockMode: { readonly READ: unknown; readonly WRITE: unknown };
  /** Reads a file that stays in memory as long as the model does. */
  loadModel(environment: Environment, at: number, bytes: number): LiteRtModel;
  compileModel(environment: Environment, model: LiteRtModel, options: object): CompiledModel | Promise<CompiledModel>;
}

/** What lies in the engine's memory until it is deleted. */
interface Deletable {
  delete(): void;
}

type Environment = Deletable;
type ArrayType = Deletable;

/** The numbers of an input or output. */
export interface LiteRtArray extends Deletable {
  /** Returns where they lie in memory, and keeps them there. */
  lock(mode: unknown): number;
  unlock(): void;
  /** How many bytes they take. */
  packedSize(): number;
}

/** A network. The first number of each method is that of a signature: files have one. */
export interface LiteRtModel extends Deletable {
  getInputTensorType(signature: number, input: number): ArrayType;
}

/** A network that can be run. */
export interface CompiledModel extends Deletable {
  run(signature: number, inputs: readonly LiteRtArray[]): LiteRtArray[] | Promise<LiteRtArray[]>;
}

/** The engine, and what its calls need. */
export interface StartedLiteRt {
  readonly engine: LiteRt;
  readonly environment: Environment;
}

/** Makes the engine. It calls `instantiateWasm` for its WebAssembly. */
type Factory = (settings: {
  instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): void;
  print(text: string): void;
  printErr(text: string): void;
}) => Promise<LiteRt>;

let started: Promise<StartedLiteRt | undefined> | undefined;

/**
 * Returns the engine, of which a thread has one; undefined in runtimes where it is not found or does not start.
 *
 * @param compiled its `.wasm` file, if it is at hand
 */
export function startedLiteRt(compiled?: WebAssembly.Module): Promise<StartedLiteRt | undefined> {
  return started ??= start(compiled).catch(() => undefined);
}

async function start(compiled?: WebAssembly.Module): Promise<StartedLiteRt> {
  const { liteRt, liteRtEngine }: {
    liteRt: () => Promise<unknown>;
    liteRtEngine: () => Promise<WebAssembly.Module>;
  } = await import("../engine.js");
  const [factory, module] = await Promise.all([importedFactory(liteRt), compiled ?? liteRtEngine()]);
  const engine = await startedAsInBrowser(factory, module);
  return { engine, environment: engine.LiteRtEnvironment.create(null) };
}

/** Its script exports the factory as a CommonJS module, which it is not loaded as. */
async function importedFactory(load: () => Promise<unknown>): Promise<Factory> {
  const scope = globalThis as { module?: { exports?: unknown }; exports?: unknown };
  const { module, exports } = scope;
  try {
    scope.module = { exports: scope.exports = {} };
    await load();
    return scope.module.exports as Factory;
  } finally {
    restore(scope, { module, exports });
  }
}

/** Without this it takes Deno for Node, and asks for Node's modules. With compiled WebAssembly it needs none. */
async function startedAsInBrowser(factory: Factory, module: WebAssembly.Module): Promise<LiteRt> {
  const { process } = globalThis as { process?: { type?: string } };
  const { type } = process ?? {};
  let failed: (cause: unknown) => void = () => {};
  const failure = new Promise<never>((_resolve, reject) => failed = reject);
  const starting = () => {
    if (process) process.type = "renderer";
    try {
      return factory({
        instantiateWasm: (imports, done) => void WebAssembly.instantiate(module, imports).then(done, failed),
        print: () => {},
        printErr: () => {},
      });
    } finally {
      if (process) restore(process, { type });
    }
  };
  return await Promise.race([starting(), failure]);
}

/** Gives properties their former values; those that were not there are deleted. */
function restore<T extends object>(object: T, former: Partial<T>): void {
  for (const [name, value] of Object.entries(former)) {
    if (value === undefined) delete object[name as keyof T];
    else object[name as keyof T] = value as T[keyof T];
  }
}
