// How far an image's weights spread: chosen from the images, as no one spread fits small marks and defects that fill the
// image.

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
/** Subsets of 90 % that tell how stable groups are. */
const SUBSETS = 16;
/** Numbers of groups over which that is averaged, and images a group at least on average: smaller ones are chance. */
const [MOST_GROUPS, IMAGES_A_GROUP] = [20, 8];
/** Images by which it is found: more take longer and say the same. */
const SAMPLE = 600;
/** Of fewer images subsets say nothing: then all spreads in the middle count alike. */
const FEWEST = 12;
const MIDDLE: readonly Temperature[] = [0.1, 0.2, 0.3, 0.4, 0.5].map((perplexity) => ({ perplexity }));
/** Over labelled normals scores are so sure that any spread will do, and all together are better than a choice. */
const ALL: readonly Temperature[] = PERPLEXITIES.map((perplexity) => ({ perplexity }));
/** A spread that is less stable by so much counts for 1/e of the most stable one. */
const SOFTNESS = 0.04;
/** Shares below this are left out. */
const LEAST_SHARE = 0.02;

/** A spread that was tried. */
export interface TriedSpread {
  /** Perplexity of each image's weights as a share of its patches. */
  readonly perplexity: number;
  /**
   * Mean adjusted Rand index between the groups of all images and those of random subsets of 90 %, linked anew, over all
   * cuts into 2 to 20 groups (to 1 for 8 images, where these are few): from below 0 to 1.
   */
  readonly stability: number;
  /** How much of the consensus it makes, from 0 to 1. */
  readonly share: number;
}

/** What was chosen, and why. */
export interface SpreadChoice {
  /** The weighting with τ as it was chosen. */
  readonly weighting: Weighting;
  /** What was tried; empty where there are too few images to tell, and with labelled normals. */
  readonly tried: readonly TriedSpread[];
}

/**
 * Chooses τ of a weighting that leaves it open: a consensus of spreads, each by how stable the groups are that it leads
 * to (stability under subsets: Ben-Hur, Elisseeff and Guyon 2002), over all cuts, so that no number of groups has to be
 * known. Shares fall exponentially with what a spread is less stable than the best. With scores over labelled normals all
 * spreads count alike.
 */
export function chooseSpread(compared: readonly ComparedFeatures[], weighting: Weighting): SpreadChoice {
  const { count } = compared[0].patches;
  const alike = spreadsAlike(count, weighting);
  if (alike) return { weighting: alike, tried: [] };
  const sample = Int32Array.from(randomSample(count, SAMPLE, 1));
  const stabilities = PERPLEXITIES.map((perplexity) => {
    const distances = euclideanDistances(embedImages(compared, withTau(weighting, [{ perplexity }])).embeddings);
    return stabilityOf(sample.length < count ? submatrix(distances, sample) : distances);
  });
  const most = Math.max(...stabilities);
  const powers = stabilities.map((stability) => Math.exp((stability - most) / SOFTNESS));
  const kept = powers.map((power) => power / sum(powers) < LEAST_SHARE ? 0 : power);
  // Rounded, as the last digit of an exponential is not the same on every runtime.
  const shares = kept.map((power) => Math.round(1e4 * power / sum(kept)) / 1e4);
  const chosen = PERPLEXITIES.flatMap((perplexity, at) => shares[at] ? [{ perplexity, share: shares[at] }] : []);
  return {
    weighting: withTau(weighting, chosen),
    tried: PERPLEXITIES.map((perplexity, at) => ({ perplexity, stability: stabilities[at], share: shares[at] })),
  };
}

/** The weighting of a set of so many images, where spreads count alike and nothing has to be compared to choose. */
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
