// Reads and writes protocol buffers, the format of ONNX files, without knowing their messages
// (https://protobuf.dev/programming-guides/encoding/).

/** A field of a message. Its content is the bytes from `from` to `end`, or a number. */
export interface Field {
  readonly number: number;
  /** Where the field begins, including its key. */
  readonly start: number;
  readonly from: number;
  readonly end: number;
  readonly value: number;
  /** Whether the content is bytes: a text, a message, or packed numbers. */
  readonly isBytes: boolean;
}

/** Stands for a message that is absent. */
export const EMPTY: Field = { number: 0, start: 0, from: 0, end: 0, value: 0, isBytes: true };

/** Reads the fields of a message, or of the whole file. Throws a RangeError if they are none. */
export function fields(
  bytes: Uint8Array,
  { from, end }: Pick<Field, "from" | "end"> = { from: 0, end: bytes.length },
): Field[] {
  const found: Field[] = [];
  let at = from;
  while (at < end) {
    const start = at;
    const key = varint(bytes, at, end);
    const [number, wire] = [Math.floor(key.value / 8), key.value % 8];
    let [content, next, value] = [key.next, key.next, 0];
    if (wire === 0) ({ value, next } = varint(bytes, content, end));
    else if (wire === 1) next += 8;
    else if (wire === 5) next += 4;
    else if (wire === 2) {
      const length = varint(bytes, content, end);
      content = length.next;
      next = content + length.value;
    } else throw noMessage();
    if (number === 0 || next > end) throw noMessage();
    found.push({ number, start, from: content, end: next, value, isBytes: wire === 2 });
    at = next;
  }
  return found;
}

/** Returns the first field of that number in a message, or {@linkcode EMPTY}. */
export function within(bytes: Uint8Array, field: Field, number: number): Field {
  return fields(bytes, field).find((one) => one.number === number) ?? EMPTY;
}

/** Returns the text in a field of a message. */
export function textOf(bytes: Uint8Array, message: readonly Field[], number: number): string {
  const { from, end } = message.find((field) => field.number === number) ?? EMPTY;
  return new TextDecoder().decode(bytes.subarray(from, end));
}

/** Returns the integers in a field: one, or several that are packed. */
export function numbersIn(bytes: Uint8Array, { from, end, value, isBytes }: Field): number[] {
  if (!isBytes) return [value];
  const numbers: number[] = [];
  for (let at = from; at < end;) {
    const { value, next } = varint(bytes, at, end);
    numbers.push(value);
    at = next;
  }
  return numbers;
}

/**
 * Reads a number in groups of seven bits, the lowest first. Numbers above 2^53 would be rounded, but do not occur here.
 */
function varint(bytes: Uint8Array, from: number, end: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let at = from; at < end && at < from + 10; at++) {
    value += (bytes[at] & 0x7f) * 2 ** (7 * (at - from));
    if (!(bytes[at] & 0x80)) return { value, next: at + 1 };
  }
  throw noMessage();
}

function noMessage(): RangeError {
  return new RangeError("no such message");
}

/** Makes a field of bytes: its key, its length, its content. */
export function message(number: number, parts: readonly Uint8Array[]): Uint8Array[] {
  return [Uint8Array.from([...varintBytes(number * 8 + 2), ...varintBytes(sizeOf(parts))]), ...parts];
}

function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  for (let left = value;; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push(left % 128 | 128);
  }
}

/** How many bytes the parts have together. */
export function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
