// Standard functions that Node 20 lacks, for every runtime alike.

/** Characters that are made of bytes at a time: more are too many arguments. */
const PIECE = 0x8000;

/** `Uint8Array.prototype.toBase64`. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

/** What {@linkcode withResolvers} makes. */
export interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** `Promise.withResolvers`. */
export function withResolvers<T>(): Resolvers<T> {
  let settle!: Pick<Resolvers<T>, "resolve" | "reject">;
  const promise = new Promise<T>((resolve, reject) => settle = { resolve, reject });
  return { promise, ...settle };
}

/** `Array.fromAsync`. */
export async function arrayOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
