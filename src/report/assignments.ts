// assignments.json, assignments.csv and the table of them: where new images belong.

import type { Assignment } from "../assign/assign_patches.ts";
import { csvText, quoted } from "./client/text.js";
import { printable } from "./printable.ts";
import { digits, type GroupsFile } from "./result.ts";
import type { Thumbnail } from "./thumbnail.ts";

/** A new image, where it belongs, and the grouped image that it is most like. */
export interface AssignedImage {
  readonly path: string;
  readonly assignment: Assignment;
  readonly like: string;
  readonly thumbnail: Thumbnail;
  /** Whether a person said that it is of its group. */
  readonly confirmed?: boolean;
}

/** assignments.json. Groups are numbered as in the groups' file. */
export interface AssignmentsFile {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-assignments/1";
  /** The model's file as it was named. */
  readonly model: string;
  readonly images: readonly {
    readonly path: string;
    /** `null`: none of these. */
    readonly group: number | null;
    /** Name of the group. */
    readonly name: string;
    /** How likely the group is right, from 0 to 1, where it is a kind that was learned from labels. */
    readonly confidence?: number;
    /** Whether a person said that it is of this group: `assign --learn` learns from these. */
    readonly confirmed?: true;
    /** Distance to the nearest grouped image. */
    readonly distance: number;
    /** That distance ÷ the radius of its group: above 1, none of these; the largest number where that radius is 0. */
    readonly ratio: number;
    /** Group of the nearest image, and that image. */
    readonly nearest: number;
    readonly like: string;
    /** The next nearest group. */
    readonly second?: number;
    /** How much farther that one is: 0 for a tie, up to 1. */
    readonly margin: number;
  }[];
  readonly warnings: readonly string[];
}

/** What a group of no name and none of the groups are called. */
export const NONE = "none of these";

/** Puts assignments into the form of assignments.json. */
export function assignmentsFile(
  assigned: readonly AssignedImage[],
  groups: GroupsFile["groups"],
  model: string,
  warnings: readonly string[],
): AssignmentsFile {
  return {
    format: "anomaly-cluster-assignments/1",
    model,
    images: assigned.map((
      { path, confirmed, assignment: { group, confidence, nearest, distance, ratio, second, margin }, like },
    ) => ({
      path,
      group: group === undefined ? null : groups[group].group,
      name: group === undefined ? NONE : groups[group].name ?? `group ${groups[group].group}`,
      ...(confidence !== undefined && { confidence: digits(confidence) }),
      ...(confirmed && { confirmed: true as const }),
      distance: digits(distance),
      ratio: Number.isFinite(ratio) ? digits(ratio) : Number.MAX_VALUE,
      nearest: groups[nearest].group,
      like,
      ...(second !== undefined && { second: groups[second].group }),
      margin: digits(margin),
    })),
    warnings,
  };
}

/** assignments.csv: a line for each image, quoted as RFC 4180 asks. */
export function assignmentsCsv({ images }: AssignmentsFile): string {
  const lines = images.map((image) => {
    const { path, group, name, distance, ratio, nearest, like, margin, confidence, confirmed } = image;
    const none = group === null ? "yes" : "no";
    const far = ratio < Number.MAX_VALUE ? ratio : "inf"; // As tables of numbers call it.
    const where = [quoted(path), group ?? "", quoted(name), distance, none, far, nearest, quoted(like), margin];
    return [...where, confidence ?? "", confirmed ? "yes" : "no"].join(",");
  });
  return csvText(["path,group,name,distance,none of these,ratio,nearest,like,margin,confidence,confirmed", ...lines]);
}

/** Ratios from here on come of a group whose images are all but equal: how far off is a matter of rounding. */
const BEYOND = 1000;

/** A ratio for people. */
export function radiusText(ratio: number): string {
  return ratio < BEYOND ? `${ratio.toFixed(2)} of the radius` : "far beyond the radius";
}

/** A probability for people. */
export function percentText(probability: number): string {
  return `${Math.min(99, Math.round(100 * probability))} %`;
}

/** A line for each image, in columns. */
export function assignmentsTable({ images }: AssignmentsFile): string {
  const rows = images.map(({ path, name, distance, ratio, like, confidence }) => {
    return [
      printable(path),
      confidence === undefined ? printable(name) : `${printable(name)} ${percentText(confidence)}`,
      `distance ${distance.toPrecision(3)} (${radiusText(ratio)})`,
      `like ${printable(like)}`,
    ];
  });
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()).join("\n");
}
