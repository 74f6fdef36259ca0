// The data that the report's page is made from.

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
  /** Whether it fits in no group. */
  readonly outlier?: boolean;
  /** Distance to the group's medoid. */
  readonly distance: number;
  /** Whether a person confirmed that it belongs to its group. */
  readonly confirmed?: boolean;
  /** The probability, from 0 to 1, that its group is right. Only where groups were learned from confirmed images. */
  readonly confidence?: number;
  /** Index of the image that this one is a copy of. */
  readonly copyOf?: number;
  /** Whether the two are nearly the same rather than equal. */
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
  /** Base64 of rows*cols bytes. 255 is the image's largest weight alpha. */
  readonly weights: string;
  /** The part of the photo that the patches cover, in the photo's pixels. @default all of it */
  readonly window?: PixelBox;
  /** Where the defect is, and what it looks like. */
  readonly defect?: DefectRecord;
  /** The part of the photo that the picture of the defect shows, in the photo's pixels. */
  readonly crop?: PixelBox;
  readonly cropUrl?: string;
  /** The nearest other images and their distances, alternating. */
  readonly nearest: readonly number[];
}

/** Everything that the report shows. */
export interface ReportData {
  readonly title: string;
  /** ISO 8601. */
  readonly created: string;
  /** Sentences, as plain text. */
  readonly summary: readonly string[];
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Model and settings as in groups.json, for exports. */
  readonly model: string;
  readonly given: Readonly<Record<string, string | number>>;
  /**
   * Groups, numbered from 1. `members` are indices into `images`, the medoid first. `unseen` counts the members that
   * the page does not show.
   */
  readonly groups: readonly {
    readonly number: number;
    readonly unseen: number;
    readonly members: readonly number[];
    /** What a person entered about the group. */
    readonly name?: string;
    readonly sound?: boolean;
    readonly note?: string;
  }[];
  readonly images: readonly ReportImage[];
  /** Relative URL from the report to the folder of the images, if a reader may have that folder. */
  readonly source?: string;
  /** Distances of all pairs of images, for regrouping. */
  readonly distances?: PackedDistances;
  /** The images as points, for learning from corrections, which needs the tree too. */
  readonly points?: PackedPoints;
  /** x, y of each image, alternating, from 0 to `MAP_SIDE`. */
  readonly map?: readonly number[];
  /** Merges in SciPy's convention. `pairs` has the two clusters of each merge, alternating. */
  readonly tree?: { readonly pairs: readonly number[]; readonly heights: readonly number[] };
  readonly metrics?: readonly (readonly [name: string, value: number])[];
  /** The spreads of the weights that were tried. */
  readonly spread?: readonly TriedSpread[];
  readonly choice?: { readonly chosen: number; readonly tried: readonly TriedGroupCount[] };
  readonly purity?: { readonly mauc: number; readonly values: readonly (readonly [k: number, purity: number])[] };
  /** Mean loss of each epoch, for a clusterer that is trained. */
  readonly training?: readonly { readonly stage: string; readonly losses: readonly (number | null)[] }[];
  readonly warnings: readonly string[];
}

/** A group as the report shows it. */
export type Group = ReportData["groups"][number];

/**
 * Whether the page can learn from corrections. That takes the points, and the tree to form groups of images that no
 * label explains.
 */
export function canLearn({ points, tree }: ReportData): boolean {
  return points !== undefined && tree !== undefined;
}
