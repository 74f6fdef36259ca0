// The result of a run as it is stored: groups.json and groups.csv.

import { csvText, quoted } from "./client/text.js";
import type { TriedSpread } from "../choose_spread.ts";
import type { TriedGroupCount } from "../cluster/choose_k.ts";
import type { Contingency } from "../metric/contingency.ts";
import type { ClusterResult } from "../pipeline.ts";

/** Agreement of groups with given labels, each from 0 to 1 (ari: from −0.5). */
export interface Agreement {
  readonly nmi: number;
  readonly ari: number;
  readonly f1Micro: number;
  readonly f1Macro: number;
  readonly purity: number;
}

/** What a person said of a group in the report. */
export interface SaidOfGroup {
  readonly name?: string;
  /** Whether its images have no defect. */
  readonly sound?: boolean;
  readonly note?: string;
}

/** groups.json, as a run writes it or as the report exports it after edits. Groups are numbered from 1. */
export interface GroupsFile {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-groups/1";
  readonly settings: Readonly<Record<string, string | number>>;
  /** The embedder's id: model and preprocessing. */
  readonly model: string;
  /** The largest first; with what a person said of them in the report. */
  readonly groups: readonly (SaidOfGroup & {
    readonly group: number;
    readonly size: number;
    readonly medoid: string;
  })[];
  readonly images: readonly {
    readonly path: string;
    readonly group: number;
    readonly score: number;
    readonly distance: number;
    /** Whether it fits nowhere: see `outliers`. */
    readonly outlier?: boolean;
    readonly label?: string;
    /** Whether a person said that it belongs to its group. */
    readonly confirmed?: boolean;
    /** How likely its group is right, from 0 to 1, where groups were learned from confirmed images. */
    readonly confidence?: number;
    /** The image that it is equal to: both count once. */
    readonly copyOf?: string;
    /** The image that it is nearly the same as, as photos taken in a row are. */
    readonly nearCopyOf?: string;
  }[];
  /** Merges of a linkage in SciPy's convention, points in the order of `images`. */
  readonly tree?: { readonly pairs: readonly (readonly number[])[]; readonly heights: readonly number[] };
  readonly choice?: readonly TriedGroupCount[];
  /** Spreads of the weights that were tried, and how much of the consensus each makes. */
  readonly spread?: readonly TriedSpread[];
  /** Mean loss of each epoch of a clusterer that is trained; null where no image could be learnt from. */
  readonly training?: readonly { readonly stage: string; readonly losses: readonly (number | null)[] }[];
  readonly metrics?: Agreement;
  readonly contingency?: Contingency;
  readonly warnings: readonly string[];
}

/** What groups.json holds of a result. */
export type GroupedImages =
  & Pick<
    ClusterResult,
    | "groups"
    | "k"
    | "medoids"
    | "distances"
    | "outliers"
    | "scores"
    | "tree"
    | "choice"
    | "tau"
    | "training"
    | "copies"
    | "spread"
  >
  & {
    /** Of `nearCopies`. */
    readonly nearCopies?: Int32Array;
    /** What was learned from labels. */
    readonly learned?: {
      /** What a person said of the first groups, the kinds. */
      readonly kinds: readonly SaidOfGroup[];
      /** 1 for each image that a person confirmed. */
      readonly confirmed: Uint8Array;
      /** For each image; NaN in groups that are no kind. */
      readonly confidences: Float64Array;
    };
  };

/** Puts a result into the form of groups.json. */
export function groupsFile(result: GroupedImages, run: {
  images: readonly { readonly path: string; readonly label?: string }[];
  settings: Readonly<Record<string, string | number>>;
  model: string;
  warnings: readonly string[];
  metrics?: Agreement;
  contingency?: Contingency;
}): GroupsFile {
  const { groups, tree } = result;
  const sizes = new Int32Array(result.medoids.length);
  for (const group of groups) sizes[group]++;
  return {
    format: "anomaly-cluster-groups/1",
    settings: run.settings,
    model: run.model,
    groups: Array.from(result.medoids, (medoid, group) => ({
      group: group + 1,
      size: sizes[group],
      medoid: run.images[medoid].path,
      ...result.learned?.kinds[group],
    })),
    images: run.images.map(({ path, label }, i) => ({
      path,
      group: groups[i] + 1,
      score: digits(result.scores[i]),
      distance: digits(result.distances[i]),
      ...(result.outliers[i] && { outlier: true }),
      ...(label !== undefined && { label }),
      ...learnedOf(i, result),
      ...copyOf(i, result, run.images),
    })),
    ...(tree && {
      tree: {
        pairs: Array.from(tree.heights, (_, t) => [tree.pairs[t * 2], tree.pairs[t * 2 + 1]]),
        heights: Array.from(tree.heights, digits),
      },
    }),
    ...(result.choice && {
      choice: result.choice.tried.map((one) => ({
        k: one.k,
        clarity: digits(one.clarity),
        silhouette: digits(one.silhouette),
        ...(one.gap !== undefined && { gap: digits(one.gap) }),
        ...(one.predictionStrength !== undefined && { predictionStrength: digits(one.predictionStrength) }),
        ...(one.leastPredictionStrength !== undefined && {
          leastPredictionStrength: digits(one.leastPredictionStrength),
        }),
      })),
    }),
    ...(result.spread?.tried.length && {
      spread: result.spread.tried.map(({ perplexity, stability, share }) => ({
        perplexity,
        stability: digits(stability),
        share: digits(share),
      })),
    }),
    ...(result.training && {
      training: result.training.stages.map(({ name, losses }) => ({
        stage: name,
        losses: losses.map((loss) => Number.isFinite(loss) ? digits(loss) : null),
      })),
    }),
    ...(run.metrics && { metrics: run.metrics }),
    ...(run.contingency && { contingency: run.contingency }),
    warnings: run.warnings,
  };
}

/** What was learned of an image. */
function learnedOf(image: number, { learned }: GroupedImages): { confirmed?: true; confidence?: number } {
  const confidence = learned?.confidences[image] ?? NaN;
  return {
    ...(learned?.confirmed[image] && { confirmed: true }),
    ...(Number.isFinite(confidence) && { confidence: digits(confidence) }),
  };
}

/** What an image is a copy of, if it is one: an equal one before a near one. */
function copyOf(
  image: number,
  { copies, nearCopies }: Pick<GroupedImages, "copies" | "nearCopies">,
  images: readonly { readonly path: string }[],
): { copyOf?: string; nearCopyOf?: string } {
  const [equal, near] = [copies?.[image] ?? image, nearCopies?.[image] ?? image];
  if (equal !== image) return { copyOf: images[equal].path };
  return near === image ? {} : { nearCopyOf: images[near].path };
}

/** groups.csv: a line for each image, quoted as RFC 4180 asks. */
export function groupsCsv(file: GroupsFile): string {
  const lines = file.images.map(({ path, group, distance, score, outlier }) => {
    return [quoted(path), group, distance, score, outlier ? "yes" : "no"].join(",");
  });
  return csvText(["path,group,distance,score,outlier", ...lines]);
}

/** Six significant digits: what float32 features support, and equal on every runtime. */
export function digits(value: number): number {
  return Number(value.toPrecision(6));
}
