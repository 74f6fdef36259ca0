// Compiles the WASM core and makes instances of it.

import { AnomalyClusterError } from "../errors.ts";
import { plainCore, relaxedCore } from "./generated/core.ts";

/** The exports of core-as/index.ts, which explains the functions. Addresses are byte offsets into `memory`. */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global;
  readonly measuredDistances: WebAssembly.Global;
  readonly refinedPairs: WebAssembly.Global;
  readonly hausdorffTiles: WebAssembly.Global;
  readonly referenceTiles: WebAssembly.Global;
  readonly referenceDistances: WebAssembly.Global;
  readonly centroidDistances: WebAssembly.Global;
  copyInOrder(source: number, order: number, patches: number, channels: number, into: number): void;
  copyParts(
    source: number,
    patches: number,
    channels: number,
    own: number,
    into: number,
    sharedInto: number,
  ): void;
  distancesTo(
    vectors: number,
    rows: number,
    others: number,
    count: number,
    channels: number,
    output: number,
  ): void;
  farthestSquared(centre: number, source: number, patches: number, channels: number): number;
  repeatsInFours(source: number, order: number, patches: number, channels: number, shared: number): number;
  nearestSquared(x: number, others: number, patches: number, channels: number): number;
  euclideanMatrix(vectors: number, count: number, channels: number, matrix: number): void;
  sumDistances(a: number, patches: number, b: number, others: number, channels: number): number;
  reduceMinima(
    squared: number,
    patches: number,
    rounding: number,
    sum: number,
    smallest: number,
    largest: number,
  ): void;
  quantisePatches(
    source: number,
    patches: number,
    stride: number,
    panels: number,
    channels: number,
    packing: number,
    centre: number,
    scale: number,
    packed: number,
    halves: number,
  ): number;
  multipliesBytes(): number;
  quantiseQuads(
    image: number,
    patches: number,
    count: number,
    channels: number,
    packing: number,
    centre: number,
    quantisation: number,
    sharedHalves: number,
    sharedError: number,
    room: number,
  ): void;
  rotatePatches(source: number, patches: number, channels: number, packing: number): void;
  pairMinima(search: number, a: number, b: number, bothWays: boolean, into: number): void;
  directedHausdorff(
    search: number,
    a: number,
    b: number,
    known: number,
    tiles: number,
    done: number,
    mark: number,
  ): number;
  projectPatches(
    source: number,
    patches: number,
    channels: number,
    centre: number,
    basis: number,
    axes: number,
    output: number,
  ): void;
  quantiseBytes(
    source: number,
    channels: number,
    centre: number,
    quantisation: number,
    side: number,
    integers: number,
  ): void;
  nearerByQuads(search: number, a: number, b: number, nearest: number): void;
  nearerReferences(
    a: number,
    b: number,
    channels: number,
    short: number,
    quantisation: number,
    nearest: number,
    wanted: number,
    places: number,
  ): void;
  keepNearest(
    squared: number,
    places: number,
    patches: number,
    other: number,
    channels: number,
    own: number,
    distances: number,
    stride: number,
    sums: number,
  ): void;
  meanOf(values: number, count: number): number;
  deviationOf(values: number, count: number, mean: number): number;
  ranked(values: number, count: number, rank: number): number;
  admitDistances(row: number, count: number, squared: boolean): number;
  admitDistances32(row: number, count: number, squared: boolean): number;
  startChain(
    method: number,
    count: number,
    stride: number,
    distances: number,
    sizes: number,
    closed: number,
    rows: number,
    order: number,
    merges: number,
  ): void;
  nearestNeighbourChain(): number;
  nearestNeighbourChain32(): number;
  startCentroidChain(count: number): void;
  centroidChain(
    count: number,
    channels: number,
    centroids: number,
    centre: number,
    basis: number,
    axes: number,
    slack: number,
    sizes: number,
    names: number,
    shorts: number,
    order: number,
    scratch: number,
    merges: number,
  ): number;
  columnMeans(plane: number, output: number, rows: number, cols: number, radius: number, scratch: number): void;
  transpose(plane: number, output: number, rows: number, cols: number): void;
  resampleRows(
    source: number,
    width: number,
    rows: number,
    output: number,
    outWidth: number,
    firsts: number,
    counts: number,
    weights: number,
    taps: number,
  ): void;
  resampleColumns(
    source: number,
    width: number,
    output: number,
    outRows: number,
    firsts: number,
    counts: number,
    weights: number,
    taps: number,
  ): void;
}

let compiled: WebAssembly.Module | undefined;
let exports: CoreExports | undefined;

/**
 * Hands in the compiled WASM core: `core.wasm` or `core-relaxed.wasm` of the npm package, as a module. Only runtimes
 * that may not compile bytes need this, such as workerd and other edge runtimes. Call it there before anything else.
 * Elsewhere the library compiles the core that is embedded in it, when it is first needed.
 */
export function init(options: { module: WebAssembly.Module }): void {
  compiled = options.module;
  exports = undefined;
}

/**
 * The compiled core. It is compiled when it is first needed.
 *
 * @throws {AnomalyClusterError} `unsupported-runtime` without WASM SIMD, or where no bytes may be compiled.
 */
export function coreModule(): WebAssembly.Module {
  if (compiled) return compiled;
  const build = [relaxedCore, plainCore].map(bytesOf).find((bytes) => WebAssembly.validate(bytes));
  if (!build) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "this runtime has no WebAssembly SIMD: use Deno 2, Node 20, Chromium 91, Firefox 89, Safari 16.4 or newer",
    );
  }
  if (!compilesBytes()) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "this runtime compiles no WebAssembly from bytes: hand the compiled core to init, see docs/runtimes.md",
    );
  }
  return compiled = new WebAssembly.Module(build);
}

/** Whether this runtime compiles WebAssembly from bytes. Edge workers do not. */
export function compilesBytes(): boolean {
  try {
    return new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])) !== undefined;
  } catch {
    return false;
  }
}

/** Makes a new instance of the core, with its own memory. Throws as {@linkcode coreModule} does. */
export function newCore(): CoreExports {
  return new WebAssembly.Instance(coreModule()).exports as unknown as CoreExports;
}

/** This thread's instance, made when it is first needed. Throws as {@linkcode coreModule} does. */
export function coreExports(): CoreExports {
  return exports ??= newCore();
}

/** Drops this thread's instance, because its memory never shrinks. The next use makes another instance. */
export function dropCore(): void {
  exports = undefined;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
