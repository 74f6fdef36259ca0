// Standard functions that Node 20 lacks. All runtimes use these versions.

/** How many bytes are made into characters in one call. More would be too many arguments. */
const PIECE = 0x8000;

/** Does the same as `Uint8Array.prototype.toBase64`. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

/** A promise, and the functions that settle it. */
export interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

/** Does the same as `Promise.withResolvers`. */
export function withResolvers<T>(): Resolvers<T> {
  let settle!: Pick<Resolvers<T>, "resolve" | "reject">;
  const promise = new Promise<T>((resolve, reject) => settle = { resolve, reject });
  return { promise, ...settle };
}

/** Does the same as `Array.fromAsync`. */
export async function arrayOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}
