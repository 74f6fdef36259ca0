// The WASM module: which build, and when it is instantiated.

import { AnomalyClusterError } from "../errors.ts";
import { plainCore, relaxedCore } from "./generated.ts";

/** The functions of core-as/; addresses are byte offsets into `memory`. */
export interface CoreExports {
  readonly memory: WebAssembly.Memory;
  readonly heapBase: WebAssembly.Global;
  packPatches(
    source: number,
    patches: number,
    panels: number,
    channels: number,
    centre: number,
    packed: number,
    halfNorms: number,
  ): void;
  pairMinima(
    a: number,
    aHalf: number,
    b: number,
    bHalf: number,
    panels: number,
    channels: number,
    rows: number,
    columns: number,
  ): void;
  refineMinima(
    best: number,
    a: number,
    aHalf: number,
    patches: number,
    b: number,
    bHalf: number,
    panels: number,
    channels: number,
    cancellation: number,
  ): number;
  directMinima(
    a: number,
    patches: number,
    b: number,
    bHalf: number,
    panels: number,
    channels: number,
    squared: number,
  ): void;
  reduceMinima(
    squared: number,
    patches: number,
    rounding: number,
    sum: number,
    smallest: number,
    largest: number,
  ): void;
  sumDistances(
    a: number,
    aHalf: number,
    patches: number,
    b: number,
    bHalf: number,
    panels: number,
    channels: number,
  ): number;
  nearestNeighbourChain(
    method: number,
    count: number,
    distances: number,
    sizes: number,
    chain: number,
    merges: number,
  ): void;
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

let exports: CoreExports | undefined;

/**
 * Instantiates the WASM core. Only needed where compiling bytes is not allowed (workerd and other edge
 * runtimes): hand in the compiled module there, before the first call. Everywhere else the embedded
 * build is used on first need.
 */
export function init(options: { module: WebAssembly.Module }): void {
  exports = new WebAssembly.Instance(options.module).exports as unknown as CoreExports;
}

/** The instance, made on first need. Throws `unsupported-runtime` without WASM SIMD. */
export function coreExports(): CoreExports {
  if (exports) return exports;
  const build = [relaxedCore, plainCore].map(bytesOf).find((bytes) => WebAssembly.validate(bytes));
  if (!build) {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "this runtime has no WebAssembly SIMD: use Deno 2, Node 20, Chromium 91, Firefox 89, Safari 16.4 or newer",
    );
  }
  init({ module: new WebAssembly.Module(build) });
  return exports!;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}
