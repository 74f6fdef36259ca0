// What the report shows, from a run's result.

import type { ClusterResult } from "../pipeline.ts";
import type { ReportData } from "./html.ts";
import type { GroupsFile } from "./result.ts";
import type { Thumbnail } from "./thumbnail.ts";

const METRIC_NAMES = { nmi: "NMI", ari: "ARI", f1Micro: "F1 micro", f1Macro: "F1 macro", purity: "Purity" } as const;
const SETTING_NAMES: Record<string, string> = {
  k: "Groups (k)",
  kChosen: "k was chosen",
  weight: "Patch weights",
  tau: "Temperature τ",
  tauGiven: "τ was given as",
  preset: "Preset",
  whitened: "Channels whitened",
  size: "Image size, pixels",
  over: "Patches ranked by",
  top: "Patches kept",
  distance: "Distance",
  cluster: "Clusterer",
  seed: "Seed",
};

/** Joins stored result, weights and thumbnails. */
export function reportData(
  title: string,
  file: GroupsFile,
  result: ClusterResult,
  images: readonly {
    readonly thumbnail: Thumbnail;
    readonly patches: { readonly rows: number; readonly cols: number };
  }[],
): ReportData {
  const metrics = file.metrics;
  return {
    title,
    created: new Date().toISOString(),
    summary: summaryOf(file),
    settings: [
      ["Model", file.model],
      ...Object.entries(file.settings).map(([name, value]): [string, string] => {
        return [SETTING_NAMES[name] ?? name, String(value)];
      }),
    ],
    groups: file.groups.map((group, at) => ({ size: group.size, members: membersOf(result, at) })),
    images: file.images.map((image, i) => ({
      ...image,
      group: image.group - 1,
      thumbnail: images[i].thumbnail.url,
      width: images[i].thumbnail.width,
      height: images[i].thumbnail.height,
      rows: images[i].patches.rows,
      cols: images[i].patches.cols,
      weights: weightBytes(result, i).toBase64(),
    })),
    ...(metrics && {
      metrics: (Object.keys(METRIC_NAMES) as (keyof typeof METRIC_NAMES)[]).map((key): [string, number] => {
        return [METRIC_NAMES[key], metrics[key]];
      }),
    }),
    ...(file.contingency && {
      contingency: { labels: file.contingency.classes.map(String), counts: file.contingency.counts },
    }),
    ...(file.choice?.length && {
      choice: {
        chosen: result.k,
        values: file.choice.map(({ k, silhouette }): [number, number] => [k, silhouette]),
      },
    }),
    warnings: file.warnings,
  };
}

function summaryOf({ images, groups, settings }: GroupsFile): string[] {
  const sizes = groups.map(({ size }) => size).join(", ");
  return [
    `${images.length} images fall into ${groups.length} ${groups.length === 1 ? "group" : "groups"} of ${sizes}.`,
    settings.kChosen === "given"
      ? "The number of groups was given."
      : "The number of groups was chosen automatically: it has the largest silhouette of 2 to 20 groups.",
    "Within a group images are ordered by distance to its medoid, the most typical image.",
  ];
}

/** Images of a group by distance to its medoid, which comes first. */
function membersOf(result: ClusterResult, group: number): number[] {
  const members = Array.from(result.groups.keys()).filter((i) => result.groups[i] === group);
  const place = (i: number) => i === result.medoids[group] ? -1 : result.distances[i];
  return members.sort((a, b) => place(a) - place(b) || a - b);
}

/** An image's weights as bytes, its largest 255. */
function weightBytes({ weights }: ClusterResult, image: number): Uint8Array {
  const row = weights.data.subarray(image * weights.patches, (image + 1) * weights.patches);
  const largest = row.reduce((most, weight) => Math.max(most, weight), 0);
  return Uint8Array.from(row, (weight) => Math.round(weight / largest * 255));
}
