// Memory of one instance of the core for one piece of work: arrays, and structures whose fields the host sets by name.

import type { CoreExports } from "../instance.ts";

/** An instance's memory never shrinks. An instance with at most this many bytes is kept for the next work. */
export const LARGEST_KEPT: number = 2 ** 28;

const PAGE = 65536;
/** Arrays end before this address, so that the address behind an array is never 0 in 32 bits. */
const LIMIT = 2 ** 32 - PAGE;

/** A structure of core-as/structures.ts: its size, and the offsets of its fields in bytes. */
interface Structure {
  readonly bytes: number;
  /** Fields of type f64. */
  readonly doubles: Readonly<Record<string, number>>;
  /** Fields of 32 bits: addresses and whole numbers. */
  readonly words: Readonly<Record<string, number>>;
}

/** One number for each field of a structure. */
type Fields<S extends Structure> = Readonly<Record<keyof S["doubles"] | keyof S["words"], number>>;

/** Hands out memory. Addresses are byte offsets into the core's memory. */
export interface CoreMemory {
  readonly core: CoreExports;
  /**
   * Reserves `bytes` bytes and returns their address, a multiple of 16. Their content is undefined. The memory may
   * move, so make views afterwards.
   *
   * @throws {RangeError} when the memory cannot grow.
   */
  reserve(bytes: number): number;
  /** Copies `values` into the memory and returns their address. Throws as `reserve` does. */
  copyIn(values: Float32Array | Float64Array): number;
  /** Makes a structure with these values and returns its address. Throws as `reserve` does. */
  structure<S extends Structure>(structure: S, values: Fields<S>): number;
  /** Sets some fields of the structure at an address. */
  update<S extends Structure>(structure: S, address: number, values: Partial<Fields<S>>): void;
  floats(address: number, length: number): Float32Array;
  doubles(address: number, length: number): Float64Array;
  integers(address: number, length: number): Int32Array;
  /** Integers of 16 bits. */
  shortIntegers(address: number, length: number): Int16Array;
}

/** Memory from the core's first free byte on. It overwrites what earlier work left there. */
export function memoryOf(core: CoreExports): CoreMemory {
  let end = core.heapBase.value;
  const buffer = () => core.memory.buffer;
  const memory: CoreMemory = {
    core,
    reserve(bytes) {
      const address = Math.ceil(end / 16) * 16;
      end = address + bytes;
      if (end > LIMIT) throw new RangeError("this needs more than the 4 GiB of a WASM memory");
      const missing = Math.ceil((end - buffer().byteLength) / PAGE);
      if (missing > 0) core.memory.grow(missing);
      return address;
    },
    copyIn(values) {
      const address = memory.reserve(values.byteLength);
      const view = values instanceof Float32Array ? memory.floats : memory.doubles;
      view(address, values.length).set(values);
      return address;
    },
    structure(structure, values) {
      const address = memory.reserve(structure.bytes);
      memory.update(structure, address, values);
      return address;
    },
    update({ doubles, words }, address, values) {
      const view = new DataView(buffer());
      for (const [name, value] of Object.entries(values as Record<string, number>)) {
        if (name in doubles) view.setFloat64(address + doubles[name], value, true);
        if (name in words) view.setUint32(address + words[name], value, true);
      }
    },
    floats: (address, length) => new Float32Array(buffer(), address, length),
    doubles: (address, length) => new Float64Array(buffer(), address, length),
    integers: (address, length) => new Int32Array(buffer(), address, length),
    shortIntegers: (address, length) => new Int16Array(buffer(), address, length),
  };
  return memory;
}
