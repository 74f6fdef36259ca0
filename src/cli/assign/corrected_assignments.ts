// For `assign --learn FILE`: reads labels from an assignments.json or assignments.csv that a person corrected.

import { readCsv, SEPARATORS, withoutGuard } from "../../dataset/csv.ts";
import { decodeText } from "../../dataset/text.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { type AssignmentsFile, NONE } from "../../report/assignments.ts";
import { groupTitle } from "../../report/client/group_markup.js";
import type { GroupsFile } from "../../report/result.ts";
import { fileBytes } from "../system/file_bytes.ts";
import { fromUser } from "../options/arguments.ts";

/** An image that a person confirmed, with its group. */
export interface Correction {
  readonly path: string;
  /** Number of the group in the file; absent if there is none. */
  readonly group?: number;
  /** Name of the group; absent if it has none, or if the image belongs to none of the groups. */
  readonly name?: string;
}

/** A confirmed image, and the index of its group in the model or the name of a new kind. */
export interface Label {
  readonly path: string;
  readonly kind: number | string;
}

const FORMAT: AssignmentsFile["format"] = "anomaly-cluster-assignments/1";
const HOW =
  'set "confirmed": true in the JSON, or yes in the column confirmed of the CSV, where group or name is right';

/**
 * Reads the confirmed images in the file of `--learn`.
 *
 * @throws {AnomalyClusterError} `bad-argument` if the file holds no assignments, or none that are confirmed.
 */
export async function readCorrections(name: string): Promise<Correction[]> {
  const bytes = await fileBytes(fromUser(name)).catch((cause) => {
    throw refused(`${name} cannot be read: name an assignments.json or assignments.csv`, cause);
  });
  const { text } = decodeText(bytes);
  const found = /^\ufeff?\s*[{[]/.test(text) ? fromJson(text, name) : fromCsv(text, name);
  if (found.length === 0) throw refused(`${name} holds no confirmed image: ${HOW}`);
  return found;
}

/**
 * Finds the group that each correction means. `none` counts images that were confirmed as belonging to no group.
 *
 * @param groups the groups of the model.
 * @param file what the user calls the file of corrections.
 * @throws {AnomalyClusterError} `bad-argument` if number and name contradict each other.
 */
export function labelsOfCorrections(
  corrections: readonly Correction[],
  groups: GroupsFile["groups"],
  file: string,
): { labels: Label[]; none: number } {
  const called = groups.map(({ group, name }) => groupTitle({ number: group, name }).toLowerCase());
  const labels: Label[] = [];
  let none = 0;
  for (const { path, group, name } of corrections) {
    const byNumber = group === undefined ? -1 : groups.findIndex((one) => one.group === group);
    const byName = name === undefined ? -1 : called.indexOf(name.toLowerCase());
    if (group === undefined && name === undefined) none++;
    else if (byNumber >= 0 && (name === undefined || byName === byNumber)) labels.push({ path, kind: byNumber });
    else if (byName >= 0 && group === undefined) labels.push({ path, kind: byName });
    else if (name !== undefined && byName < 0 && byNumber < 0) labels.push({ path, kind: name });
    else if (name === undefined) {
      throw refused(`${file} has ${path} in group ${group}, which the model lacks: give the new kind a name`);
    } else {
      throw refused(
        `${file} has ${path} in group ${group} and calls it "${name}", which do not belong together: ` +
          "leave one of them empty",
      );
    }
  }
  return { labels, none };
}

function fromJson(text: string, name: string): Correction[] {
  let file: AssignmentsFile;
  try {
    file = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    throw refused(`${name} is not JSON, or cut short: name an assignments.json or assignments.csv`, cause);
  }
  if (
    file?.format !== FORMAT || !Array.isArray(file.images) || file.images.some((one) => typeof one?.path !== "string")
  ) {
    throw refused(`${name} holds no assignments: name an assignments.json or assignments.csv that assign wrote`);
  }
  return file.images.flatMap(({ path, group, name: called, confirmed }: AssignmentsFile["images"][number]) => {
    if (!["undefined", "boolean"].includes(typeof confirmed)) {
      throw refused(`${name} has for "confirmed" of ${path} neither true nor false: write one of them`);
    }
    return confirmed ? [correction(path, group ?? undefined, called, name)] : [];
  });
}

function fromCsv(text: string, name: string): Correction[] {
  const tables = SEPARATORS.map((separator) => readCsv(text, separator));
  const [heading = [], ...rows] = tables.find(([first = []]) => first.includes("path")) ?? [];
  const [path, group, called, confirmed] = ["path", "group", "name", "confirmed"].map((one) => heading.indexOf(one));
  if (path < 0 || confirmed < 0 || group < 0 && called < 0) {
    throw refused(
      `${name} lacks the columns path, group, name and confirmed: name an assignments.csv that assign wrote`,
    );
  }
  return rows.flatMap((row) => {
    const file = withoutGuard(row[path] ?? "");
    const said = (row[confirmed] ?? "").trim().toLowerCase();
    if (!["", "no", "false", "0", "yes", "true", "1"].includes(said)) {
      throw refused(`${name} has "${said}" as confirmed of ${file}: write yes or no`);
    }
    if (["", "no", "false", "0"].includes(said)) return [];
    const number = (row[group] ?? "").trim();
    return [correction(file, number === "" ? undefined : Number(number), withoutGuard(row[called] ?? ""), name)];
  });
}

function correction(path: string, group: unknown, called: unknown, file: string): Correction {
  if (group !== undefined && !Number.isInteger(group)) {
    throw refused(`${file} has a group of ${path} that is no whole number: write the number of a group, or nothing`);
  }
  const name = typeof called === "string" ? called.trim() : "";
  const isNamed = name !== "" && name.toLowerCase() !== NONE;
  return { path, ...(group !== undefined && { group: group as number }), ...(isNamed && { name }) };
}

function refused(reason: string, cause?: unknown): AnomalyClusterError {
  return new AnomalyClusterError("bad-argument", `--learn ${reason}`, { cause });
}
