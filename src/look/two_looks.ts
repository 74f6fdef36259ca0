// The patches of two looks at a photo as those of one network of twice as many levels.

import type { Feature } from "../feature.ts";
import type { PatchSet } from "../types.ts";

/** Levels of the close look, then those of the whole photo, side by side. Throws where their grids differ. */
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

/** Levels of each of two looks. */
export interface TwoLooks {
  readonly levels: number;
}

/**
 * Features of one look for two: of the close one first, whose scores and weights are shown, then of the whole photo. All
 * weigh alike, so that a defect that is larger than the window counts too. The same where photos are looked at once.
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
