// What the cache stores for an image, and how a table row holds it.

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { PatchSet } from "../types.ts";

/** The patch embeddings of an image, and anything else that can be written as JSON. */
export interface CacheEntry<Extra> {
  /** The patch embeddings of one image: `count` is 1. */
  readonly patches: PatchSet;
  readonly extra: Extra;
}

export type Facts = Omit<PatchSet, "data" | "count"> & { readonly extra: unknown };

/**
 * Makes an image's key from its file's bytes and `maker`, which describes everything else that the embedding depends
 * on.
 */
export async function cacheKey(file: Uint8Array, maker: string): Promise<Uint8Array> {
  const content = new Uint8Array(await crypto.subtle.digest("SHA-256", file as BufferSource));
  return createHash("sha256").update(content).update(maker).digest();
}

export function checksum(facts: string, patches: Uint8Array): number {
  return crc32(facts, crc32(patches));
}

/** Converts a row of the table to an entry; undefined if the checksum shows that any bit has changed. */
export function readEntry<Extra>(row: Record<string, unknown>): CacheEntry<Extra> | undefined {
  const [facts, bytes] = [row.facts as string, row.patches as Uint8Array];
  if (checksum(facts, bytes) !== row.checksum) return undefined;
  const { extra, ...shape } = JSON.parse(facts) as Facts;
  return { patches: { ...shape, data: new Float32Array(bytes.slice().buffer), count: 1 }, extra: extra as Extra };
}
