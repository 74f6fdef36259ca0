// Groups of the first images, to be shown while the others are still embedded.

import { joinPatches } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import { featuresOfLooks } from "../look/two_looks.ts";
import { clusterPatches } from "../pipeline.ts";
import { presetSettings } from "../preset.ts";
import type { JobOptions } from "./options.ts";
import type { EarlyGroup, JobContext, JobLook, PreparedImage } from "./prepare.ts";

/** The first groups are of this many images, the next ones of twice as many. */
const FIRST = 32;

/** No groups are shown if less than this share of the images is still to come: the real ones come soon. */
const LEFT = 1 / 3;

/** With so few references, and one medium spread, early groups cost little of what the images cost. */
const REFERENCES = 16;
const SPREAD = { perplexity: 0.3 };

/**
 * Returns a function that groups the images that are ready by then, if it is time for that, from the largest group to
 * the smallest. These groups only give an impression: they are found by fewer comparisons than those of all images.
 */
export function earlyGroups(
  { preset, k }: JobOptions,
  { network, takeTurn, signal }: Pick<JobContext, "network" | "takeTurn" | "signal">,
  closer?: JobLook,
): (ready: readonly PreparedImage[], total: number) => Promise<readonly EarlyGroup[] | undefined> {
  const { features, weight } = presetSettings(preset, false);
  const looks = closer && { levels: network.levels ?? 1 };
  return async (ready, total) => {
    const isTurn = Number.isInteger(Math.log2(ready.length / FIRST)) && ready.length >= FIRST;
    if (!isTurn || total - ready.length < LEFT * total) return undefined;
    const patches = joinPatches(ready.map(({ patches }) => patches));
    const settings = {
      features: featuresOfLooks(features, looks),
      weight: weight.tau === "auto" ? { ...weight, tau: SPREAD } : weight,
      references: REFERENCES,
      k,
      signal,
    };
    const found = await takeTurn(signal, () => clusterPatches(patches, settings)).catch((error) => {
      signal.throwIfAborted();
      if (!(error instanceof AnomalyClusterError)) throw error;
    });
    if (!found) return undefined; // More groups are wanted than there are images yet, or all are equal.
    const { groups, medoids } = found;
    return Array.from(medoids, (image, group): EarlyGroup => {
      const { path, thumbnail } = ready[image];
      const size = groups.reduce((sum, own) => sum + Number(own === group), 0);
      return { size, medoid: path, ...(thumbnail && { thumbnail: thumbnail.url }) };
    });
  };
}
