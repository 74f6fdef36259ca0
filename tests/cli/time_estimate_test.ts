// How long a run says that it will take.

import assert from "node:assert/strict";
import { TimeEstimate } from "../../src/cli/cluster/time_estimate.ts";
import type { PresetName } from "../../src/preset.ts";

/** What is said of so many images, each of which takes so many milliseconds. */
function said(images: number, milliseconds: number, preset?: PresetName): string[] {
  const lines: string[] = [];
  const estimate = new TimeEstimate(images, preset, (line) => lines.push(line));
  for (let at = 0; at < images; at++) estimate.embedded(5000 + at * milliseconds);
  return lines;
}

Deno.test("how long a run takes is said once, from its first images, and what is quicker when that is over a minute", () => {
  assert.deepEqual(said(583, 250, "default"), [
    "583 images take about 3 minutes; with --preset quick it is about 2 minutes",
  ]);
  assert.deepEqual(said(2000, 5000, "best"), [
    "2000 images take about 3 hours; with --preset quick it is about 43 minutes",
  ]);
  assert.deepEqual(said(100, 250, "default"), ["100 images take about 30 seconds"]);
  assert.deepEqual(said(583, 250, "quick"), ["583 images take about 3 minutes"]);
  assert.deepEqual(said(583, 250), ["583 images take about 3 minutes"]);
});

Deno.test("of a short run, and of one that is over when its time is known, nothing is said", () => {
  assert.deepEqual(said(60, 100, "default"), []);
  assert.deepEqual(said(20, 9000, "default"), []);
});
