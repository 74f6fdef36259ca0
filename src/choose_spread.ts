// Chooses how far an image's weights spread over its patches. No single spread fits both small marks and defects that
// fill the image, so it is chosen from the images.

import { cut } from "./cluster/cut.ts";
import { linkage } from "./cluster/linkage.ts";
import { submatrix, subsetsOf } from "./cluster/subsets.ts";
import { euclideanDistances } from "./distance/weighted_average.ts";
import { type ComparedFeatures, embedImages } from "./feature.ts";
import { adjustedRandIndex } from "./metric/adjusted_rand_index.ts";
import { randomSample } from "./random.ts";
import type { DistanceMatrix } from "./types.ts";
import type { Temperature } from "./weight/soft.ts";
import { sourceOf, type Weighting } from "./weight/weighting.ts";

/** Perplexities that are tried, as shares of the patches. */
export const PERPLEXITIES: readonly number[] = [0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7];
/** How many random subsets of 90 % the stability of groups is measured with. */
const SUBSETS = 16;
/**
 * Stability is averaged over cuts into at most MOST_GROUPS groups of at least IMAGES_A_GROUP images on average. Smaller
 * groups are due to chance.
 */
const [MOST_GROUPS, IMAGES_A_GROUP] = [20, 8];
/** How many images the stability is measured on. More take longer and give the same result. */
const SAMPLE = 600;
/** With fewer images, subsets show nothing. Then all medium spreads get the same share. */
const FEWEST = 12;
const MIDDLE: readonly Temperature[] = [0.1, 0.2, 0.3, 0.4, 0.5].map((perplexity) => ({ perplexity }));
/** Over labelled normals, scores are so certain that any spread works, and all together are better than a choice. */
const ALL: readonly Temperature[] = PERPLEXITIES.map((perplexity) => ({ perplexity }));
/** A spread whose stability is lower than the best by this much has 1/e of the best one's share. */
const SOFTNESS = 0.04;
/** Shares below this are left out. */
const LEAST_SHARE = 0.02;

/** A spread that was tried, and its result. */
export interface TriedSpread {
  /** Perplexity of each image's weights as a share of its patches. */
  readonly perplexity: number;
  /**
   * Mean adjusted Rand index, from below 0 to 1, between the groups of all images and those of random subsets of 90 %,
   * linked anew. It is taken over all cuts into 2 to 20 groups. With few images the upper limit is one group per 8
   * images, but at least 3.
   */
  readonly stability: number;
  /** Its share of the consensus, from 0 to 1. */
  readonly share: number;
}

/** The chosen spreads, and the reasons. */
export interface SpreadChoice {
  /** The weighting, with the chosen τ. */
  readonly weighting: Weighting;
  /** All spreads that were tried. Empty if there are too few images, and with labelled normals. */
  readonly tried: readonly TriedSpread[];
}

/**
 * Chooses the τ of a weighting that leaves it open. The result is a consensus of spreads, each with a share that
 * depends on how stable its groups are (stability under subsets: Ben-Hur, Elisseeff and Guyon 2002). Stability is
 * measured over all cuts, so the number of groups need not be known. Shares fall exponentially with the difference to
 * the most stable spread. With scores over labelled normals, all spreads get the same share.
 */
export function chooseSpread(compared: readonly ComparedFeatures[], weighting: Weighting): SpreadChoice {
  const { count } = compared[0].patches;
  const alike = spreadsAlike(count, weighting);
  if (alike) return { weighting: alike, tried: [] };
  const sample = randomSample(count, SAMPLE, 1);
  const stabilities = PERPLEXITIES.map((perplexity) => {
    const distances = euclideanDistances(embedImages(compared, withTau(weighting, [{ perplexity }])).embeddings);
    return stabilityOf(submatrix(distances, sample));
  });
  const most = Math.max(...stabilities);
  const powers = stabilities.map((stability) => Math.exp((stability - most) / SOFTNESS));
  const kept = powers.map((power) => power / sum(powers) < LEAST_SHARE ? 0 : power);
  // Rounded, because the last digit of an exponential differs between runtimes.
  const shares = kept.map((power) => Math.round(1e4 * power / sum(kept)) / 1e4);
  const chosen = PERPLEXITIES.flatMap((perplexity, at) => shares[at] ? [{ perplexity, share: shares[at] }] : []);
  return {
    weighting: withTau(weighting, chosen),
    tried: PERPLEXITIES.map((perplexity, at) => ({ perplexity, stability: stabilities[at], share: shares[at] })),
  };
}

/**
 * The weighting if all spreads get the same share, so that nothing need be compared; undefined if they must be chosen.
 */
export function spreadsAlike(count: number, weighting: Weighting): Weighting | undefined {
  if (sourceOf(weighting) === "normal") return withTau(weighting, ALL);
  return count < FEWEST ? withTau(weighting, MIDDLE) : undefined;
}

function withTau(weighting: Weighting, tau: readonly Temperature[]): Weighting {
  return { ...weighting, tau } as Weighting;
}

function stabilityOf(distances: DistanceMatrix): number {
  const { count } = distances;
  const subsets = subsetsOf(count, SUBSETS);
  const most = Math.min(MOST_GROUPS, Math.max(3, Math.floor(count / IMAGES_A_GROUP)));
  const counts = Array.from({ length: most - 1 }, (_, at) => at + 2);
  const tree = linkage(distances, "ward");
  const whole = counts.map((k) => cut(tree, k));
  const agreements = subsets.flatMap((subset) => {
    const own = linkage(submatrix(distances, subset), "ward");
    return counts.map((k, at) => adjustedRandIndex(Array.from(subset, (image) => whole[at][image]), cut(own, k)));
  });
  return sum(agreements) / agreements.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
