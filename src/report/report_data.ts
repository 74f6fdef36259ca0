// Prepares what the report shows, from the result of a run.

import { pointsOf } from "../learn/points.ts";
import { purityCurve } from "../metric/purity_curve.ts";
import type { ClusterResult } from "../pipeline.ts";
import { toBase64 } from "../runtime/portable.ts";
import { countOf } from "./client/text.js";
import { copyNotes } from "./copy_notes.ts";
import { DISTANCES_UP_TO, nearestImages, packDistances } from "./distances.ts";
import type { ReportData } from "./shown_data.ts";
import type { PixelBox } from "../image/pixel_box.ts";
import type { DefectPicture } from "./defect_picture.ts";
import { imageMap } from "./map.ts";
import { packPoints } from "./packed_points.ts";
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
  features: "Features",
  size: "Image size, pixels",
  detail: "Detail",
  over: "Patches scored by",
  top: "Patches kept",
  distance: "Distance",
  cluster: "Clusterer",
  labels: "Labels learned from",
  kinds: "Kinds with labels",
  check: "Check of what was learned",
  epochs: "Epochs trained",
  seed: "Seed",
  engine: "Engine",
  references: "Compared with",
  microClusters: "Micro-clusters",
  standardError: "Standard error of scores",
};

/** Joins the stored result, the weights and the thumbnails. `source` is the relative URL of the images' folder. */
export function reportData(
  title: string,
  file: GroupsFile,
  result: ClusterResult,
  images: readonly {
    readonly thumbnail: Thumbnail;
    readonly patches: { readonly rows: number; readonly cols: number };
    /** The part of the photo that the patches cover, in the photo's pixels. @default all of it */
    readonly window?: PixelBox;
    readonly picture?: DefectPicture;
  }[],
  source?: string,
): ReportData {
  const { metrics, tree } = file;
  const places = new Map(file.images.map(({ path }, i) => [path, i]));
  const nearest = nearestImages(result.matrix);
  const distances = packDistances(result.matrix);
  return {
    title,
    created: new Date().toISOString(),
    summary: summaryOf(file, file.groups.reduce((sum, { size }) => sum + size, 0)),
    model: file.model,
    given: file.settings,
    ...(source && { source }),
    settings: [
      ["Model", file.model],
      ...Object.entries(file.settings).map(([name, value]): [string, string] => {
        return [SETTING_NAMES[name] ?? name, String(value)];
      }),
    ],
    groups: file.groups.map(({ size, name, sound, note }, at) => {
      const members = membersOf(result, at);
      return {
        number: at + 1,
        unseen: size - members.length,
        members,
        ...(name !== undefined && { name }),
        ...(sound && { sound }),
        ...(note !== undefined && { note }),
      };
    }),
    images: file.images.map(({ copyOf, nearCopyOf, ...image }, i) => ({
      ...image,
      ...copyAmong(places, copyOf, nearCopyOf),
      thumbnail: images[i].thumbnail.url,
      width: images[i].thumbnail.width,
      height: images[i].thumbnail.height,
      rows: images[i].patches.rows,
      cols: images[i].patches.cols,
      ...(images[i].window && { window: images[i].window }),
      ...(images[i].picture && { crop: images[i].picture!.crop, cropUrl: images[i].picture!.url }),
      weights: toBase64(weightBytes(result, i)),
      nearest: nearest[i].flatMap(({ image, distance }) => [image, Number(distance.toPrecision(4))]),
    })),
    ...(distances && { distances, map: imageMap(nearest) }),
    ...(distances && tree && {
      tree: { pairs: tree.pairs.flat(), heights: tree.heights },
      points: packPoints(pointsOf(result.matrix).points),
    }),
    ...(metrics && {
      metrics: (Object.keys(METRIC_NAMES) as (keyof typeof METRIC_NAMES)[]).map((key): [string, number] => {
        return [METRIC_NAMES[key], metrics[key]];
      }),
    }),
    ...purityByCount(file, result),
    ...(file.choice?.length && {
      choice: {
        chosen: result.k,
        tried: file.choice,
      },
    }),
    ...(file.spread && { spread: file.spread }),
    ...(file.training && { training: file.training }),
    warnings: file.warnings,
  };
}

/** Points to the original of a copy, if the page shows the original too. */
function copyAmong(places: ReadonlyMap<string, number>, equal?: string, near?: string) {
  const first = places.get(equal ?? near ?? "");
  return first === undefined ? {} : { copyOf: first, ...(equal === undefined && { isNear: true }) };
}

function summaryOf({ images, groups, settings }: GroupsFile, count: number): string[] {
  const sizes = groups.map(({ size }) => size).join(", ");
  const strays = images.filter(({ outlier }) => outlier).length;
  return [
    `${countOf(count, "image")} fall into ${countOf(groups.length, "group")} of ${sizes}.`,
    settings.check !== undefined
      ? `The groups were ${settings.kChosen} of ${settings.kinds} kinds: ${settings.check}.`
      : settings.kChosen === "given"
      ? "The number of groups was given."
      : `The number of groups was chosen ${settings.kChosen}.`,
    ...(strays > 0
      ? [
        `${strays} ${strays === 1 ? "image fits" : "images fit"} nowhere well and ${
          strays === 1 ? "is" : "are"
        } marked.`,
      ]
      : []),
    ...copyNotes(images),
    "Within a group images are ordered by distance to its medoid, the most typical image.",
    ...(count > images.length
      ? [
        `This page shows ${images.length} of them: of each group the most typical ones and, evenly, others. ` +
        "groups.csv has all; what is moved or exported here is of the images shown.",
      ]
      : []),
    ...(images.length > DISTANCES_UP_TO
      ? [`With more than ${DISTANCES_UP_TO} images this page has no tree, no map and no silhouettes.`]
      : []),
  ];
}

/** Returns the purity of the tree's cuts into 1, 2, … groups, if all images have labels. */
function purityByCount({ images }: GroupsFile, { tree, k }: ClusterResult): { purity?: ReportData["purity"] } {
  const labels = images.flatMap(({ label }) => label === undefined ? [] : [label]);
  if (!tree || labels.length < images.length) return {};
  const most = Math.min(images.length, Math.max(30, k + 10));
  const { purity, mauc } = purityCurve(labels, tree);
  return { purity: { values: Array.from(purity.subarray(0, most), (value, at) => [at + 1, value]), mauc } };
}

/** Returns the images of a group by distance to its medoid, which comes first. */
function membersOf(result: ClusterResult, group: number): number[] {
  const members = Array.from(result.groups.keys()).filter((i) => result.groups[i] === group);
  const place = (i: number) => i === result.medoids[group] ? -1 : result.distances[i];
  return members.sort((a, b) => place(a) - place(b) || a - b);
}

/** Returns the weights of an image as bytes, 255 for its largest weight. */
function weightBytes({ weights }: ClusterResult, image: number): Uint8Array {
  const row = weights.data.subarray(image * weights.patches, (image + 1) * weights.patches);
  const largest = row.reduce((most, weight) => Math.max(most, weight), 0);
  return Uint8Array.from(row, (weight) => Math.round(weight / largest * 255));
}
