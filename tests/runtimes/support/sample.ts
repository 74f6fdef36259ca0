// What every runtime is given, 15 fabric images of 3 kinds, and what it must find.

import assert from "node:assert/strict";
import { join } from "node:path";
import { clusterImages, releaseNetworks } from "../../../mod.ts";
import { ROOT } from "./installed.ts";

/** Groups and anomaly scores, as each runtime prints them. */
export interface Found {
  readonly groups: number[];
  readonly scores: number[];
}

/** Paths of the images. */
export const SAMPLE: readonly string[] = ["hole", "knot", "stain"].flatMap((kind) =>
  Array.from({ length: 5 }, (_, i) => join(ROOT, "tests/data/fabric", kind, `${kind}-0${i + 1}.jpg`))
);

/** What Deno finds with every permission, from the sources. */
export async function foundByDeno(): Promise<Found> {
  const { groups, scores } = await clusterImages(SAMPLE, { preset: "paper", k: 3 });
  await releaseNetworks();
  const found = { groups: Array.from(groups), scores: Array.from(scores) };
  assert.equal(new Set(found.groups).size, 3);
  found.groups.forEach((group, i) => assert.equal(group, found.groups[i - i % 5], "Deno tells the kinds apart"));
  return found;
}

/** Fails unless both have the same groups, and scores that differ by rounding alone. */
export function assertSame(found: Found, wanted: Found): void {
  assert.deepEqual(found.groups, wanted.groups);
  found.scores.forEach((score, i) => assert(Math.abs(score / wanted.scores[i] - 1) < 1e-3, `score ${i}: ${score}`));
}
