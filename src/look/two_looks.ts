// Joins the patches of two looks at a photo, as if they came from one network with twice as many levels.

import type { Feature } from "../feature.ts";
import type { PatchSet } from "../types.ts";

/** Puts the levels of the close look and then those of the whole photo side by side. Throws when their grids differ. */
export function joinLooks(close: PatchSet, whole: PatchSet): PatchSet {
  const { rows, cols, channels } = close;
  const both = channels + whole.channels;
  const data = new Float32Array(rows * cols * both);
  for (let place = 0; place < rows * cols; place++) {
    data.set(close.data.subarray(place * channels, (place + 1) * channels), place * both);
    data.set(whole.data.subarray(place * whole.channels, (place + 1) * whole.channels), place * both + channels);
  }
  return { data, count: 1, rows, cols, channels: both, levels: [...levelsOf(close), ...levelsOf(whole)] };
}

/** How many levels each of the two looks has. */
export interface TwoLooks {
  readonly levels: number;
}

/**
 * Returns the features for two looks, from those for one. First come the features of the close look, whose scores and
 * weights are shown, then those of the whole photo. All have the same weight, so that a defect larger than the window
 * counts too. If photos are looked at once the features stay as they are.
 */
export function featuresOfLooks(features: readonly Feature[], looks: TwoLooks | undefined): readonly Feature[] {
  if (!looks) return features;
  const { levels } = looks;
  const own = Array.from({ length: levels }, (_, level) => level);
  return [
    ...features.map((feature): Feature => ({ ...feature, levels: feature.levels ?? own, look: "close" })),
    ...features.map((feature): Feature => {
      return { ...feature, levels: (feature.levels ?? own).map((level) => level + levels), look: "whole" };
    }),
  ];
}

function levelsOf({ levels, channels }: PatchSet): readonly number[] {
  return levels ?? [channels];
}
