// Exports groups as a FiftyOneImageClassificationDataset: labels.json, data/ with links to the images, and data.json
// with the images' own paths, for systems without links and for users who want these paths.

import type { GroupsFile } from "../report/result.ts";

/** Content of labels.json: for each key of data.json, the index of its label in `classes`. */
export interface FiftyOneLabels {
  readonly classes: readonly string[];
  readonly labels: Readonly<
    Record<string, {
      readonly label: number;
      readonly attributes: { readonly group: number; readonly score: number; readonly distance: number };
    }>
  >;
}

/** Content of labels.json and data.json. `fileOf` returns the absolute path of an image. */
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

/** The Python call that loads the export: from data/ if it has links; else from data.json, which the call must name. */
export function fiftyOneCall(folder: string, hasLinks: boolean): string {
  const type = "fiftyone.types.FiftyOneImageClassificationDataset";
  const data = hasLinks ? "" : ', data_path="data.json"';
  return `fiftyone.Dataset.from_dir(dataset_dir=${JSON.stringify(folder)}, dataset_type=${type}${data})`;
}

/** A unique key for each path, without dots: FiftyOne would drop what follows the last dot as an ending. */
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
