// Exports groups as a COCO file for object detection: groups are categories, a box says where an image's defect is.

import { digits, type GroupsFile } from "../report/result.ts";
import type { PixelBox } from "../image/pixel_box.ts";

/**
 * The size of an upright image in pixels, the box around its defect, and the share of the image's weight in that box.
 */
export interface BoxedImage {
  readonly width: number;
  readonly height: number;
  readonly box: PixelBox;
  readonly weight: number;
}

/** A file in COCO's format. Ids count from 1. */
export interface CocoFile {
  readonly info: { readonly description: string; readonly version: string };
  readonly licenses: readonly never[];
  readonly images: readonly {
    readonly id: number;
    readonly file_name: string;
    readonly width: number;
    readonly height: number;
  }[];
  readonly categories: readonly { readonly id: number; readonly name: string; readonly supercategory: string }[];
  readonly annotations: readonly {
    readonly id: number;
    readonly image_id: number;
    readonly category_id: number;
    /** Left, top, width and height in pixels. */
    readonly bbox: readonly [number, number, number, number];
    readonly area: number;
    readonly iscrowd: 0;
    /** The box as a polygon, because readers of masks need one. Patches give no finer outline. */
    readonly segmentation: readonly (readonly number[])[];
    /**
     * `score`: the image's anomaly score; `weight_in_box`: share of its weight where the defect was looked for;
     * `distance`: to the medoid.
     */
    readonly attributes: { readonly score: number; readonly weight_in_box: number; readonly distance: number };
  }[];
}

/** Converts groups to COCO's format. `boxed` is in the order of the file's images. */
export function cocoFile({ groups, images }: GroupsFile, boxed: readonly BoxedImage[]): CocoFile {
  return {
    info: {
      description:
        "Groups of images by kind of anomaly. Each box surrounds the defect, to the pixel where it stands out of its " +
        "surroundings, else to within a patch of the network's; it is in no way its outline.",
      version: "1",
    },
    licenses: [],
    images: images.map(({ path }, at) => {
      return { id: at + 1, file_name: path, width: boxed[at].width, height: boxed[at].height };
    }),
    categories: groups.map(({ group, name }) => ({
      id: group,
      name: name ?? `group ${group}`,
      supercategory: "group",
    })),
    annotations: images.map(({ group, score, distance }, at) => {
      const { width, height, box, weight } = boxed[at];
      const [left, top, wide, high] = [box.left, box.top, box.width, box.height].map(digits);
      const [right, bottom] = [Math.min(width, left + wide), Math.min(height, top + high)];
      return {
        id: at + 1,
        image_id: at + 1,
        category_id: group,
        bbox: [left, top, wide, high],
        area: digits(wide * high),
        iscrowd: 0,
        segmentation: [[left, top, right, top, right, bottom, left, bottom]],
        attributes: { score, weight_in_box: digits(weight), distance },
      };
    }),
  };
}
