// Memory of one instance of the core, for one work: arrays, and structures whose fields both sides know by name.

import type { CoreExports } from "../instance.ts";

/** Bytes of an instance's memory, which never shrinks, up to which it is kept for the next work. */
export const LARGEST_KEPT: number = 2 ** 28;

/** Arrays end before this address, so that the address behind an array is never 0 in 32 bits. */
const LIMIT = 2 ** 32 - 65536;

/** A structure of core-as/structures.ts: its size, and the offsets of its fields in bytes. */
interface Structure {
  readonly bytes: number;
  /** Fields of type f64. */
  readonly doubles: Readonly<Record<string, number>>;
  /** Fields of 32 bits: addresses and whole numbers. */
  readonly words: Readonly<Record<string, number>>;
}

/** A number for each field of a structure. */
type Fields<S extends Structure> = Readonly<Record<keyof S["doubles"] | keyof S["words"], number>>;

/** Hands out memory from the core's first free byte on. What an earlier work had there is overwritten. */
export class CoreMemory {
  readonly core: CoreExports;
  #end: number;

  constructor(core: CoreExports) {
    this.core = core;
    this.#end = core.heapBase.value;
  }

  /**
   * Address of `bytes` bytes, a multiple of 16. Their contents are undefined. The memory may move: make views afterwards.
   *
   * @throws {RangeError} when the memory cannot grow.
   */
  reserve(bytes: number): number {
    const address = Math.ceil(this.#end / 16) * 16;
    this.#end = address + bytes;
    if (this.#end > LIMIT) throw new RangeError("this needs more than the 4 GiB of a WASM memory");
    const missing = Math.ceil((this.#end - this.core.memory.buffer.byteLength) / 65536);
    if (missing > 0) this.core.memory.grow(missing);
    return address;
  }

  /** Address of a copy of `values`. */
  copyIn(values: Float32Array | Float64Array): number {
    const address = this.reserve(values.byteLength);
    if (values instanceof Float32Array) this.floats(address, values.length).set(values);
    else this.doubles(address, values.length).set(values);
    return address;
  }

  /** Address of a new structure with these values. */
  structure<S extends Structure>(structure: S, values: Fields<S>): number {
    const address = this.reserve(structure.bytes);
    this.update(structure, address, values);
    return address;
  }

  /** Sets some fields of the structure at an address. */
  update<S extends Structure>({ doubles, words }: S, address: number, values: Partial<Fields<S>>): void {
    const view = new DataView(this.core.memory.buffer);
    for (const [name, value] of Object.entries(values as Record<string, number>)) {
      if (name in doubles) view.setFloat64(address + doubles[name], value, true);
      if (name in words) view.setUint32(address + words[name], value, true);
    }
  }

  floats(address: number, length: number): Float32Array {
    return new Float32Array(this.core.memory.buffer, address, length);
  }

  doubles(address: number, length: number): Float64Array {
    return new Float64Array(this.core.memory.buffer, address, length);
  }

  integers(address: number, length: number): Int32Array {
    return new Int32Array(this.core.memory.buffer, address, length);
  }

  shortIntegers(address: number, length: number): Int16Array {
    return new Int16Array(this.core.memory.buffer, address, length);
  }
}
