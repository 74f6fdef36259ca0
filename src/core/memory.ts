// Memory of this thread's instance for the length of one call. It is reserved piece by piece and freed when the call
// ends. No address leaves src/core.

import { AnomalyClusterError } from "../errors.ts";
import { type CoreExports, coreExports, dropCore } from "./instance.ts";
import { LARGEST_KEPT } from "./tasks/core_memory.ts";

const PAGE = 65536;
const LIMIT = 2 ** 32 - PAGE;

let top = 0;

/** Memory for one call. */
export interface Region {
  readonly core: CoreExports;
  /**
   * Reserves `bytes` bytes and returns their address, a multiple of 16. The memory may move with each allocation, so
   * make views only after the last one.
   */
  allocate(bytes: number): number;
  /** Copies `values` into the memory and returns their address. */
  copyIn(values: ArrayBufferView): number;
  bytes(address: number, length: number): Uint8Array<ArrayBuffer>;
  ints(address: number, length: number): Int32Array<ArrayBuffer>;
  floats(address: number, length: number): Float32Array<ArrayBuffer>;
  doubles(address: number, length: number): Float64Array<ArrayBuffer>;
}

/**
 * Runs `use` with a region. Calls may be nested: an inner region lies behind the outer one.
 *
 * @throws {AnomalyClusterError} `too-large` when the 4 GiB of a WASM memory are not enough.
 */
export function withRegion<T>(use: (region: Region) => T): T {
  const core = coreExports();
  const start = top || (core.heapBase.value as number);
  top = start;
  const buffer = () => core.memory.buffer as ArrayBuffer;
  const region: Region = {
    core,
    allocate(bytes) {
      const address = Math.ceil(top / 16) * 16;
      const end = address + bytes;
      const missing = Math.ceil((end - buffer().byteLength) / PAGE);
      if (end > LIMIT || (missing > 0 && !grown(core.memory, missing))) {
        throw new AnomalyClusterError(
          "too-large",
          `this needs ${
            (end / 2 ** 30).toFixed(1)
          } GiB of WASM memory, of which there are at most 4: use fewer or smaller images`,
        );
      }
      top = end;
      return address;
    },
    copyIn(values) {
      const address = region.allocate(values.byteLength);
      new Uint8Array(buffer(), address, values.byteLength).set(
        new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      );
      return address;
    },
    bytes: (address, length) => new Uint8Array(buffer(), address, length),
    ints: (address, length) => new Int32Array(buffer(), address, length),
    floats: (address, length) => new Float32Array(buffer(), address, length),
    doubles: (address, length) => new Float64Array(buffer(), address, length),
  };
  try {
    return use(region);
  } finally {
    top = start;
    const isOutermost = start === core.heapBase.value;
    if (isOutermost && core.memory.buffer.byteLength > LARGEST_KEPT) dropCore();
  }
}

function grown(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false;
  }
}
