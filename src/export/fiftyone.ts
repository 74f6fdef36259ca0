// Groups as FiftyOne's FiftyOneImageClassificationDataset: labels.json, and data.json for where the images lie.

import type { GroupsFile } from "../report/result.ts";

/** labels.json: for each key of data.json the place of its label in `classes`. */
export interface FiftyOneLabels {
  readonly classes: readonly string[];
  readonly labels: Readonly<
    Record<string, {
      readonly label: number;
      readonly attributes: { readonly group: number; readonly score: number; readonly distance: number };
    }>
  >;
}

/** Both files; `fileOf` gives the absolute path of an image. */
export function fiftyOneFiles(
  { groups, images }: GroupsFile,
  fileOf: (path: string) => string,
): { labels: FiftyOneLabels; data: Readonly<Record<string, string>> } {
  const place = new Map(groups.map(({ group }, at) => [group, at]));
  const keys = keysOf(images.map(({ path }) => path));
  return {
    labels: {
      classes: groups.map(({ group, name }) => name ?? `group ${group}`),
      labels: Object.fromEntries(images.map(({ group, score, distance }, at) => {
        return [keys[at], { label: place.get(group)!, attributes: { group, score, distance } }];
      })),
    },
    data: Object.fromEntries(images.map(({ path }, at) => [keys[at], fileOf(path)])),
  };
}

/** A key for each path, without a dot: FiftyOne takes what follows the last one for an ending and drops it. */
function keysOf(paths: readonly string[]): string[] {
  const taken = new Set<string>();
  return paths.map((path) => {
    const base = path.replaceAll(".", "_");
    let key = base;
    for (let copy = 2; taken.has(key); copy++) key = `${base}-${copy}`;
    taken.add(key);
    return key;
  });
}
