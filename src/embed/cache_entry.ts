// What the cache keeps of an image, as a row of its tables.

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { PatchSet } from "../types.ts";

/** What is known of an image: its patch embedding, and whatever else goes into JSON. */
export interface CacheEntry<Extra> {
  /** `count` 1. */
  readonly patches: PatchSet;
  readonly extra: Extra;
}

export type Facts = Omit<PatchSet, "data" | "count"> & { readonly extra: unknown };

/** Names an image: by its file's bytes and by `maker`, which names all that its embedding depends on besides. */
export async function cacheKey(file: Uint8Array, maker: string): Promise<Uint8Array> {
  const content = new Uint8Array(await crypto.subtle.digest("SHA-256", file as BufferSource));
  return createHash("sha256").update(content).update(maker).digest();
}

export function checksum(facts: string, patches: Uint8Array): number {
  return crc32(facts, crc32(patches));
}

/** A row of the table as an entry; nothing where a bit is not as it was. */
export function readEntry<Extra>(row: Record<string, unknown>): CacheEntry<Extra> | undefined {
  const [facts, bytes] = [row.facts as string, row.patches as Uint8Array];
  if (checksum(facts, bytes) !== row.checksum) return undefined;
  const { extra, ...shape } = JSON.parse(facts) as Facts;
  return { patches: { ...shape, data: new Float32Array(bytes.slice().buffer), count: 1 }, extra: extra as Extra };
}
