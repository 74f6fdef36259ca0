// Measures one preset on one labelled data set, from its patch embeddings.

import { chooseSpread, PERPLEXITIES } from "../choose_spread.ts";
import { chooseGroupCount, countsAsClear } from "../cluster/choose_k.ts";
import { linkage } from "../cluster/linkage.ts";
import { cut } from "../cluster/cut.ts";
import { referencesFor } from "../reference/enough_references.ts";
import type { References } from "../reference/choose_references.ts";
import { someImages } from "../embed/embedder.ts";
import { evenly } from "../evenly.js";
import { subsetsOf } from "../cluster/subsets.ts";
import { spreadImageDistances } from "../distance/image_distances.ts";
import type { WorkOptions } from "../distance/patch_minima.ts";
import { euclideanDistances } from "../distance/weighted_average.ts";
import { type ComparedFeatures, compareFeatures, embedImages, type Feature, prepareFeatures } from "../feature.ts";
import { normalizedMutualInformation } from "../metric/information.ts";
import { purityCurve } from "../metric/purity_curve.ts";
import type { DistanceMatrix, PatchSet, PatchValues } from "../types.ts";
import { isLeftOpen, type ScoreSource, type Temperatures, type Weighting } from "../weight/weighting.ts";
import type { Curve } from "./plot.ts";
import { type Scores, scoresOver, wardGrouping } from "./protocol.ts";

/** A row of the results. */
export interface StudyRow extends Scores {
  /** What is known about the images besides their pixels. */
  readonly supervision: "none" | "labelled normals" | "masks";
  readonly method: string;
  /** Whether this is the method that the preset uses. */
  readonly headline: boolean;
  /** The number of groups that the program chooses by itself. Only for the preset's own method. */
  readonly chosen?: ChosenCount;
  /** The one perplexity of the weights, as a share of the patches, if the row measures a fixed perplexity. */
  readonly perplexity?: number;
}

/** A number of groups that was chosen without labels, for all images together. */
export interface ChosenCount {
  readonly k: number;
  /** Numbers of groups that are about as clear, including the chosen one. */
  readonly asClear: readonly number[];
  /** NMI at the chosen number of groups. */
  readonly nmi: number;
  readonly nmiAtClasses: number;
}

/** Rows and curves of one preset. */
export interface Study {
  readonly rows: readonly StudyRow[];
  /** NMI by perplexity, in percent of the patches. */
  readonly temperature: Curve["points"];
  /** NMI by number of groups, all images. */
  readonly groups: Curve["points"];
  /** NMI by number of labelled normals. */
  readonly normals: Curve["points"];
  /** Purity by number of groups, all images; `mauc` is its mean. */
  readonly purity: Curve["points"];
  readonly mauc: number;
}

/** The input of a study. */
export interface StudyInput {
  readonly patches: PatchSet;
  readonly labels: readonly string[];
  readonly features: readonly Feature[];
  readonly over: ScoreSource;
  readonly tau: Temperatures;
  readonly references: References;
  readonly seeds: number;
  readonly normals?: PatchSet;
  /** 1 for each patch that a mask touches. */
  readonly masks?: PatchValues;
  /** Whether the max-Hausdorff distance between sets of patches is measured too. */
  readonly hausdorff: boolean;
}

const MOST_GROUPS = 20;

/**
 * Measures everything. `stage` is called with the name of each stage that begins, and returns the progress hook for it.
 */
export async function study(input: StudyInput, stage: (name: string) => WorkOptions["onProgress"]): Promise<Study> {
  const { patches, labels, tau, normals, masks } = input;
  const k = new Set(labels).size;
  const subsets = subsetsOf(patches.count, input.seeds);
  const rows: StudyRow[] = [];
  const add = (
    supervision: StudyRow["supervision"],
    method: string,
    distances: DistanceMatrix,
    headline = false,
    perplexity?: number,
  ): StudyRow => {
    const found = {
      ...(headline && supervision !== "masks" && { chosen: chosenCount(distances, labels) }),
      ...(perplexity !== undefined && { perplexity }),
    };
    const row = { supervision, method, headline, ...found, ...scoresOver(subsets, labels, wardGrouping(distances, k)) };
    rows.push(row);
    return row;
  };

  const prepared = await prepareFeatures(patches, input.features);
  const sample = await referencesFor(patches, prepared, input.over, input);
  const compared = await compareFeatures(prepared, input.over, { sample }, { onProgress: stage("scores") });
  const own = distancesBy(compared, { kind: "soft", tau });
  add("none", "soft weights (eq. 5)", own, true);
  add("none", "uniform weights", distancesBy(compared, { kind: "uniform" }));
  for (const standardDeviations of [0.1, 0.3, 1]) {
    add(
      "none",
      `soft, τ = ${standardDeviations} sd`,
      distancesBy(compared, { kind: "soft", tau: { standardDeviations } }),
    );
  }
  const bySpread = (supervision: StudyRow["supervision"], all: readonly ComparedFeatures[], perplexity: number) => {
    const distances = distancesBy(all, { kind: "soft", tau: { perplexity } });
    return add(supervision, `soft, perplexity ${Math.round(perplexity * 100)} %`, distances, false, perplexity);
  };
  const temperature = PERPLEXITIES.map((perplexity) => {
    return { x: perplexity * 100, y: bySpread("none", compared, perplexity).nmi.mean };
  });
  const top = Math.min(10, patches.rows * patches.cols);
  add("none", "hard weights (eq. 8), 10 patches", distancesBy(compared, { kind: "hard", k: top }));
  if (input.hausdorff) {
    add(
      "none",
      "max-Hausdorff distance",
      await spreadImageDistances(compared[0].patches, "max-hausdorff", { onProgress: stage("max-Hausdorff") }),
    );
  }
  const withNormals: Study["normals"][number][] = [];
  for (const count of normals ? normalCounts(normals.count) : []) {
    const some = someImages(normals!, evenly(normals!.count, count));
    const onProgress = stage(`${count} labelled normals`);
    const against = await compareFeatures(prepared, "normal", { normals: some }, { onProgress });
    const distances = distancesBy(against, { kind: "soft", tau, over: "normal" });
    const { nmi } = add(
      "labelled normals",
      `soft weights (eq. 6), ${count} normals`,
      distances,
      count === normals!.count,
    );
    withNormals.push({ x: count, y: nmi.mean });
    if (count < normals!.count) continue;
    for (const perplexity of PERPLEXITIES) bySpread("labelled normals", against, perplexity);
  }
  if (masks) add("masks", "mask weights", distancesBy(compared, { kind: "mask", masks }), true);

  const tree = linkage(own, "ward");
  const purity = purityCurve(labels, tree);
  const groups = Array.from({ length: Math.min(MOST_GROUPS, patches.count) - 1 }, (_, at) => at + 2);
  return {
    rows,
    temperature,
    normals: withNormals,
    groups: groups.map((count) => ({ x: count, y: normalizedMutualInformation(labels, cut(tree, count)) })),
    purity: Array.from(purity.purity, (value, at) => ({ x: at + 1, y: value })),
    mauc: purity.mauc,
  };
}

function distancesBy(compared: readonly ComparedFeatures[], weighting: Weighting): DistanceMatrix {
  const { weighting: chosen } = isLeftOpen(weighting) ? chooseSpread(compared, weighting) : { weighting };
  return euclideanDistances(embedImages(compared, chosen).embeddings);
}

function chosenCount(distances: DistanceMatrix, labels: readonly string[]): ChosenCount {
  const tree = linkage(distances, "ward");
  const { k, tried } = chooseGroupCount(distances, (count) => cut(tree, count), { tree, method: "ward" });
  const nmiAt = (count: number) => normalizedMutualInformation(labels, cut(tree, count));
  return { k, asClear: countsAsClear(tried), nmi: nmiAt(k), nmiAtClasses: nmiAt(new Set(labels).size) };
}

/** Returns the numbers of labelled normals to measure with, from few to all. */
function normalCounts(all: number): number[] {
  return [...new Set([0.02, 0.1, 0.2, 0.5, 1].map((share) => Math.max(1, Math.round(share * all))))];
}
