// For `cluster --learn FILE`: reads the images that a person confirmed in the report, as labels of the images of a run.

import { LikeNames } from "../../dataset/like_names.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { LearnedGroups } from "../../learn/learn_groups.ts";
import type { SharedLabels } from "../../learn/shared_labels.ts";
import { countOf } from "../../report/client/text.js";
import type { GroupsFile, SaidOfGroup } from "../../report/result.ts";
import { readGroups } from "./groups_file.ts";

/** A groups file in which a person confirmed some images. */
export interface TaughtGroups {
  /** What the user calls the file. */
  readonly name: string;
  readonly file: GroupsFile;
}

/** Labels for the images of a run. */
export interface TaughtLabels {
  /** Name, note and mark of each kind, ordered by the numbers of the file's groups. */
  readonly kinds: readonly SaidOfGroup[];
  /** Number of each kind's group in the file. */
  readonly numbers: readonly number[];
  /** For each image its kind, from 0; −1 if nobody confirmed it. */
  readonly labels: Int32Array;
  /** What the user should know of the labels. */
  readonly warnings: readonly string[];
}

/** Tells the user how to confirm images. */
const HOW = 'confirm images of at least 2 groups in the report and export it, or set "confirmed": true on them';

/**
 * Reads the file of `--learn`.
 *
 * @throws {AnomalyClusterError} `bad-argument` if it holds no groups or no confirmed images.
 */
export function readTaught(name: string): TaughtGroups {
  const file = readGroups("--learn", name);
  const strange = file.images.find(({ confirmed }) => !["undefined", "boolean"].includes(typeof confirmed));
  if (strange) {
    throw refused(`${name} has for "confirmed" of ${strange.path} neither true nor false: write one of them`);
  }
  if (!file.images.some(({ confirmed }) => confirmed)) throw refused(`${name} holds no confirmed image: ${HOW}`);
  return { name, file };
}

/**
 * The labels of the images with these paths. Paths may be written a little differently, as for `--apply`.
 *
 * @throws {AnomalyClusterError} `bad-argument` for fewer than 2 kinds.
 */
export function labelsOf({ name, file }: TaughtGroups, paths: readonly string[]): TaughtLabels {
  const warnings: string[] = [];
  const names = new LikeNames(paths);
  const place = new Map(paths.map((path, at) => [path, at]));
  const said = new Map<number, number>(); // Group of each confirmed image.
  const gone: string[] = [];
  for (const { path, group, confirmed } of file.images) {
    if (!confirmed) continue;
    const image = place.get(names.find(path) ?? "");
    if (image === undefined) gone.push(path);
    else if (!said.has(image)) said.set(image, group);
    else if (said.get(image) !== group) {
      warnings.push(
        `${name} has ${path} confirmed in group ${said.get(image)} and in group ${group}: the first counts`,
      );
    }
  }
  const confirmed = new Set(said.values());
  const kinds = file.groups.filter(({ group }) => confirmed.has(group)).sort((a, b) => a.group - b.group);
  if (kinds.length < 2) {
    const found = kinds.length ? "of one group alone" : "of which none is there";
    throw refused(`${name} holds confirmed images ${found}, which tells no kinds apart: ${HOW}`);
  }
  warnings.push(...goneNote(name, gone));
  const idle = file.groups.filter(({ group, name }) => name && !confirmed.has(group));
  if (idle.length) {
    const groups = idle.map((one) => `"${one.name}"`).join(", ");
    warnings.push(`${name} names ${groups}, but has no confirmed image there: the name is lost until one is confirmed`);
  }
  const kindOf = new Map(kinds.map(({ group }, kind) => [group, kind]));
  return {
    kinds: kinds.map(saidOf),
    numbers: kinds.map(({ group }) => group),
    labels: Int32Array.from(paths, (_, image) => said.has(image) ? kindOf.get(said.get(image)!)! : -1),
    warnings,
  };
}

/** A sentence on confirmed images that no longer exist; empty if all exist. */
export function goneNote(name: string, gone: readonly string[]): string[] {
  if (gone.length === 0) return [];
  const labels = `${countOf(gone.length, "confirmed image")} of ${name}`;
  return [`${labels} cannot be used, as ${gone.length === 1 ? "it is" : "they are"} gone, ${gone[0]} first`];
}

/** Only those properties of a group that a person has set. */
export function saidOf({ name, sound, note }: SaidOfGroup): SaidOfGroup {
  return { ...(name && { name }), ...(sound && { sound }), ...(note && { note }) };
}

/** How many labels would be right if they were left out of learning; `undefined` if no kind has two labels. */
export function checkText({ labels, right }: LearnedGroups["check"]): string | undefined {
  return labels ? `of ${countOf(labels, "label")} left out ${right} would have been told rightly` : undefined;
}

/** Sentences on equal images with different labels, which a person should check. */
export function contradictionNotes(
  { contradictions }: SharedLabels,
  { name, file }: TaughtGroups,
  { labels, numbers }: TaughtLabels,
  paths: readonly string[],
): string[] {
  const called = (image: number) => {
    const number = numbers[labels[image]];
    const title = file.groups.find(({ group }) => group === number)?.name;
    return title ? `"${title}"` : `group ${number}`;
  };
  return contradictions.map(({ first, other }) =>
    `${name} has equal images in two groups: ${paths[first]} in ${called(first)}, which counts, and ${paths[other]} ` +
    `in ${called(other)}`
  );
}

/**
 * A sentence on how many images learning has moved. Groups without labels count as the same if most of the one's images
 * are in the other.
 */
export function changeText({ name, file }: TaughtGroups, { numbers }: TaughtLabels, now: GroupsFile): string {
  const names = new LikeNames(now.images.map(({ path }) => path));
  const groupOf = new Map(now.images.map(({ path, group }) => [path, group]));
  const before = new Map<string, number>();
  let gone = 0;
  for (const { path, group } of file.images) {
    const found = names.find(path);
    if (found === undefined) gone++;
    else if (!before.has(found)) before.set(found, group);
  }
  const same = new Map(numbers.map((number, kind) => [number, kind + 1]));
  for (const { group } of file.groups) {
    if (!numbers.includes(group)) same.set(group, mostIn(before, group, groupOf, numbers.length));
  }
  const moved = [...before].filter(([path, group]) => same.get(group) !== groupOf.get(path)).length;
  const added = now.images.length - before.size;
  const are = moved === 1 ? "is" : "are";
  return [
    `${moved} of ${countOf(before.size, "image")} ${are} in another group than in ${name}`,
    ...(added ? [`${added} new`] : []),
    ...(gone ? [`${gone} that the file names ${gone === 1 ? "is" : "are"} gone`] : []),
  ].join("; ");
}

/** The found group that holds most images of an earlier group; 0 if there is none. */
function mostIn(
  before: ReadonlyMap<string, number>,
  wanted: number,
  now: ReadonlyMap<string, number>,
  kinds: number,
): number {
  const counts = new Map<number, number>();
  for (const [path, group] of before) {
    const found = now.get(path)!;
    if (group === wanted && found > kinds) counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
}

function refused(reason: string): AnomalyClusterError {
  return new AnomalyClusterError("bad-argument", `--learn ${reason}`);
}
