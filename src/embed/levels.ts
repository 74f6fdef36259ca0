import { sharedBuffer } from "../core/shared_memory.ts";
import { ensure } from "../errors.ts";
import type { PatchSet } from "../types.ts";

/**
 * Selects some levels of a pyramid, by number from 0, as a pyramid of their own. Throws `bad-argument` for a level that
 * the pyramid does not have.
 */
export function selectLevels(patches: PatchSet, levels: readonly number[]): PatchSet {
  const { data, count, rows, cols, channels } = patches;
  const widths = patches.levels ?? [channels];
  const missing = levels.find((level) => widths[level] === undefined);
  ensure(missing === undefined, `level ${missing} of ${widths.length} levels is missing: they are counted from 0`);
  if (levels.length === widths.length && levels.every((level, at) => level === at)) return patches;
  const chosen = levels.map((level) => ({
    from: widths.slice(0, level).reduce((sum, width) => sum + width, 0),
    width: widths[level],
  }));
  const wide = chosen.reduce((sum, { width }) => sum + width, 0);
  const places = count * rows * cols;
  const selected = new Float32Array(sharedBuffer(places * wide * 4));
  for (let place = 0, to = 0; place < places; place++) {
    for (const { from, width } of chosen) {
      selected.set(data.subarray(place * channels + from, place * channels + from + width), to);
      to += width;
    }
  }
  const own = chosen.map(({ width }) => width);
  return { data: selected, count, rows, cols, channels: wide, ...(own.length > 1 && { levels: own }) };
}
