// What the report shows.

import type { TriedSpread } from "../choose_spread.ts";
import type { TriedGroupCount } from "../cluster/choose_k.ts";
import type { PackedDistances } from "./distances.ts";
import type { DefectRecord } from "./defect_record.ts";
import type { PixelBox } from "../image/pixel_box.ts";
import type { PackedPoints } from "./packed_points.ts";

/** An image as the report shows it. */
export interface ReportImage {
  readonly path: string;
  /** Anomaly score. */
  readonly score: number;
  /** Whether it fits nowhere. */
  readonly outlier?: boolean;
  /** Distance to the group's medoid. */
  readonly distance: number;
  /** Whether a person said that it belongs to its group. */
  readonly confirmed?: boolean;
  /** How likely its group is right, from 0 to 1, where groups were learned from confirmed images. */
  readonly confidence?: number;
  /** The image that it is a copy of, by index. */
  readonly copyOf?: number;
  /** Whether it is no equal one, but one that is nearly the same. */
  readonly isNear?: boolean;
  readonly label?: string;
  /** A data:image/jpeg URL. */
  readonly thumbnail: string;
  /** Size of the thumbnail in pixels. */
  readonly width: number;
  readonly height: number;
  /** The patch grid. */
  readonly rows: number;
  readonly cols: number;
  /** Base64 of rows*cols bytes; 255 is the image's largest weight alpha. */
  readonly weights: string;
  /** What the patches cover of the photo, in its pixels. @default all of it */
  readonly window?: PixelBox;
  /** Where its defect is, and what it looks like. */
  readonly defect?: DefectRecord;
  /** A small picture of the defect as a data:image/jpeg URL, and what of the photo it shows, in its pixels. */
  readonly crop?: PixelBox;
  readonly cropUrl?: string;
  /** The nearest other images and their distances, alternating. */
  readonly nearest: readonly number[];
}

/** All that the report shows. */
export interface ReportData {
  readonly title: string;
  /** ISO 8601. */
  readonly created: string;
  /** Plain sentences. */
  readonly summary: readonly string[];
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Model and settings as groups.json has them, for exports. */
  readonly model: string;
  readonly given: Readonly<Record<string, string | number>>;
  /** Numbered from 1. Members are indices into `images`, the medoid first; `unseen` counts those not shown. */
  readonly groups: readonly {
    readonly number: number;
    readonly unseen: number;
    readonly members: readonly number[];
    /** What a person said of it. */
    readonly name?: string;
    readonly sound?: boolean;
    readonly note?: string;
  }[];
  readonly images: readonly ReportImage[];
  /** The folder of the images as a relative URL from the report, where a reader may have it. */
  readonly source?: string;
  /** Distances of all pairs, for regrouping. */
  readonly distances?: PackedDistances;
  /** Images as points, for learning from corrections; that needs the tree too. */
  readonly points?: PackedPoints;
  /** x, y of each image, alternating, from 0 to `MAP_SIDE`. */
  readonly map?: readonly number[];
  /** Merges in SciPy's convention, the two clusters of each alternating. */
  readonly tree?: { readonly pairs: readonly number[]; readonly heights: readonly number[] };
  readonly metrics?: readonly (readonly [name: string, value: number])[];
  /** Spreads of the weights that were tried. */
  readonly spread?: readonly TriedSpread[];
  readonly choice?: { readonly chosen: number; readonly tried: readonly TriedGroupCount[] };
  readonly purity?: { readonly mauc: number; readonly values: readonly (readonly [k: number, purity: number])[] };
  /** Mean loss of each epoch, of a clusterer that was trained. */
  readonly training?: readonly { readonly stage: string; readonly losses: readonly (number | null)[] }[];
  readonly warnings: readonly string[];
}

/** A group as the report shows it. */
export type Group = ReportData["groups"][number];

/** Learning from corrections takes the points, and the tree for groups that no label explains. */
export function canLearn({ points, tree }: ReportData): boolean {
  return points !== undefined && tree !== undefined;
}
