// Puts the result of a run into the form in which it is stored: groups.json and groups.csv.

import { groupLooks, type Looks } from "./client/looks.js";
import { csvText, quoted } from "./client/text.js";
import { DEFECT_COLUMNS, type DefectRecord } from "./defect_record.ts";
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

/** What a person entered about a group in the report. */
export interface SaidOfGroup {
  readonly name?: string;
  /** Whether the images of the group have no defect. */
  readonly sound?: boolean;
  readonly note?: string;
}

/** groups.json, as a run writes it, or as the report exports it after a person's edits. Groups are numbered from 1. */
export interface GroupsFile {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-groups/1";
  readonly settings: Readonly<Record<string, string | number>>;
  /** The embedder's id: model and preprocessing. */
  readonly model: string;
  /** The groups, the largest first, with what a person entered about them in the report. */
  readonly groups: readonly (SaidOfGroup & {
    readonly group: number;
    readonly size: number;
    readonly medoid: string;
    /** What the defects of most of its images look like. */
    readonly looks?: Looks;
  })[];
  readonly images: readonly {
    readonly path: string;
    readonly group: number;
    readonly score: number;
    readonly distance: number;
    /** Whether the image fits in no group: see `outliers`. */
    readonly outlier?: boolean;
    readonly label?: string;
    /** Whether a person confirmed that it belongs to its group. */
    readonly confirmed?: boolean;
    /** The probability, from 0 to 1, that its group is right. Only where groups were learned from confirmed images. */
    readonly confidence?: number;
    /** The image that it is equal to. The two count once. */
    readonly copyOf?: string;
    /** The image that it is nearly the same as, like photos taken in a row. */
    readonly nearCopyOf?: string;
    /** Where the defect is, and what it looks like. */
    readonly defect?: DefectRecord;
  }[];
  /** The merges of a linkage in SciPy's convention. Points are in the order of `images`. */
  readonly tree?: { readonly pairs: readonly (readonly number[])[]; readonly heights: readonly number[] };
  readonly choice?: readonly TriedGroupCount[];
  /** The spreads of the weights that were tried, and how much each contributes to the consensus. */
  readonly spread?: readonly TriedSpread[];
  /** Mean loss of each epoch, for a clusterer that is trained. Null for an epoch without an image to learn from. */
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
    /** The result of `nearCopies`. */
    readonly nearCopies?: Int32Array;
    /** What was learned from labels. */
    readonly learned?: {
      /** What a person entered about the first groups, which are the kinds that have labels. */
      readonly kinds: readonly SaidOfGroup[];
      /** 1 for each image that a person confirmed. */
      readonly confirmed: Uint8Array;
      /** The confidence of each image. NaN in groups that are no kind. */
      readonly confidences: Float64Array;
    };
  };

/** Puts a result into the form of groups.json. */
export function groupsFile(result: GroupedImages, run: {
  images: readonly { readonly path: string; readonly label?: string; readonly defect?: DefectRecord }[];
  settings: Readonly<Record<string, string | number>>;
  model: string;
  warnings: readonly string[];
  metrics?: Agreement;
  contingency?: Contingency;
}): GroupsFile {
  const { groups, tree } = result;
  const sizes = new Int32Array(result.medoids.length);
  for (const group of groups) sizes[group]++;
  const looks = looksOf(groups, run.images, sizes.length);
  return {
    format: "anomaly-cluster-groups/1",
    settings: run.settings,
    model: run.model,
    groups: Array.from(result.medoids, (medoid, group) => ({
      group: group + 1,
      size: sizes[group],
      medoid: run.images[medoid].path,
      ...(looks?.[group].text && { looks: looks[group] }),
      ...result.learned?.kinds[group],
    })),
    images: run.images.map(({ path, label, defect }, i) => ({
      path,
      group: groups[i] + 1,
      score: digits(result.scores[i]),
      distance: digits(result.distances[i]),
      ...(result.outliers[i] && { outlier: true }),
      ...(label !== undefined && { label }),
      ...learnedOf(i, result),
      ...copyOf(i, result, run.images),
      ...(defect && { defect }),
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

/**
 * Describes how the defects of each group look, from the images whose defects were measured. Returns nothing if none
 * was.
 */
function looksOf(
  groups: Int32Array,
  images: readonly { readonly defect?: DefectRecord }[],
  count: number,
): Looks[] | undefined {
  if (!images.some(({ defect }) => defect)) return undefined;
  const members: number[][] = Array.from({ length: count }, () => []);
  // With many images only some of them are measured.
  groups.forEach((group, i) => images[i].defect && members[group].push(i));
  return groupLooks(members.map((members) => ({ members })), images).map((looks) => ({
    ...looks,
    words: looks.words.map((one) => ({ ...one, share: hundredths(one.share), others: hundredths(one.others) })),
  }));
}

function hundredths(share: number): number {
  return Math.round(share * 100) / 100;
}

/** Returns what was learned about an image. */
function learnedOf(image: number, { learned }: GroupedImages): { confirmed?: true; confidence?: number } {
  const confidence = learned?.confidences[image] ?? NaN;
  return {
    ...(learned?.confirmed[image] && { confirmed: true }),
    ...(Number.isFinite(confidence) && { confidence: digits(confidence) }),
  };
}

/** Returns which image this one is a copy of, if any. An equal image counts before a nearly equal one. */
function copyOf(
  image: number,
  { copies, nearCopies }: Pick<GroupedImages, "copies" | "nearCopies">,
  images: readonly { readonly path: string }[],
): { copyOf?: string; nearCopyOf?: string } {
  const [equal, near] = [copies?.[image] ?? image, nearCopies?.[image] ?? image];
  if (equal !== image) return { copyOf: images[equal].path };
  return near === image ? {} : { nearCopyOf: images[near].path };
}

/**
 * Returns groups.csv: a line for each image, with fields quoted as RFC 4180 asks. If any defects were found there are
 * columns for them. They are empty for images in which nothing stood out.
 */
export function groupsCsv(file: GroupsFile): string {
  const columns = file.images.some(({ defect }) => defect) ? DEFECT_COLUMNS : [];
  const lines = file.images.map(({ path, group, distance, score, outlier, defect }) => {
    const measured = columns.map((column) => defect?.[column] ?? "");
    return [quoted(path), group, distance, score, outlier ? "yes" : "no", ...measured].join(",");
  });
  return csvText([["path", "group", "distance", "score", "outlier", ...columns].join(","), ...lines]);
}

/** Rounds to six significant digits: what float32 features support, and the same on every runtime. */
export function digits(value: number): number {
  return Number(value.toPrecision(6));
}
