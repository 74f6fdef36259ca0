// Writes where new images belong: assignments.json, assignments.csv and a table for the terminal.

import type { Assignment } from "../assign/assign_patches.ts";
import { csvText, quoted } from "./client/text.js";
import { printable } from "./printable.ts";
import { digits, type GroupsFile } from "./result.ts";
import type { Thumbnail } from "./thumbnail.ts";

/** A new image, its group, and the grouped image that is nearest to it. */
export interface AssignedImage {
  readonly path: string;
  readonly assignment: Assignment;
  readonly like: string;
  readonly thumbnail: Thumbnail;
  /** Whether a person confirmed that it belongs to its group. */
  readonly confirmed?: boolean;
}

/** assignments.json. Groups are numbered as in the groups' file. */
export interface AssignmentsFile {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-assignments/1";
  /** The model's file, by the name under which it was given. */
  readonly model: string;
  readonly images: readonly {
    readonly path: string;
    /** `null`: the image belongs to none of the groups. */
    readonly group: number | null;
    /** Name of the group. */
    readonly name: string;
    /** The probability, from 0 to 1, that the group is right. Only for a group that was learned from labels. */
    readonly confidence?: number;
    /** Whether a person confirmed this group. `assign --learn` learns from such images. */
    readonly confirmed?: true;
    /** Distance to the nearest grouped image. */
    readonly distance: number;
    /**
     * That distance ÷ the radius of the nearest image's group. Above 1 the image belongs to none of the groups. The
     * largest number when the radius is 0.
     */
    readonly ratio: number;
    /** Group of the nearest image. */
    readonly nearest: number;
    readonly like: string;
    /** The next nearest group. */
    readonly second?: number;
    /** How much farther the second group is than the nearest: 0 for a tie, up to 1. */
    readonly margin: number;
  }[];
  readonly warnings: readonly string[];
}

/** The name shown for an image that belongs to none of the groups. */
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

/** Returns assignments.csv: a line for each image, with fields quoted as RFC 4180 asks. */
export function assignmentsCsv({ images }: AssignmentsFile): string {
  const lines = images.map((image) => {
    const { path, group, name, distance, ratio, nearest, like, margin, confidence, confirmed } = image;
    const none = group === null ? "yes" : "no";
    const far = ratio < Number.MAX_VALUE ? ratio : "inf"; // "inf" is what spreadsheets and libraries read as infinity.
    const where = [quoted(path), group ?? "", quoted(name), distance, none, far, nearest, quoted(like), margin];
    return [...where, confidence ?? "", confirmed ? "yes" : "no"].join(",");
  });
  return csvText(["path,group,name,distance,none of these,ratio,nearest,like,margin,confidence,confirmed", ...lines]);
}

/**
 * A ratio from here on means that the images of the nearest group are practically equal. Its value is then only
 * rounding error.
 */
const BEYOND = 1000;

/** Returns a ratio as text. */
export function radiusText(ratio: number): string {
  return ratio < BEYOND ? `${ratio.toFixed(2)} of the radius` : "far beyond the radius";
}

/** Returns a probability as text, in percent. */
export function percentText(probability: number): string {
  return `${Math.min(99, Math.round(100 * probability))} %`;
}

/** Returns a text table with a line for each image. */
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
