// Groups of a folder's images, however they were found.

import type { GroupModel } from "../../assign/group_model.ts";
import type { ImageFile } from "../../dataset/folder.ts";
import type { PixelBox } from "../../image/pixel_box.ts";
import type { DefectPicture } from "../../report/defect_picture.ts";
import type { ReportData } from "../../report/shown_data.ts";
import type { GroupedImages, GroupsFile } from "../../report/result.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import type { Embeddings, PatchSet, PatchValues } from "../../types.ts";
import { checkUsable } from "../../usable_images.ts";
import { warn } from "../system/progress.ts";

/** What is written of them. */
export interface Grouped {
  /** Those that could be read. */
  readonly images: readonly ImageFile[];
  readonly result: GroupedImages & { readonly weights: PatchValues; readonly embeddings?: Embeddings };
  /** The patch grid. */
  readonly grid: Pick<PatchSet, "rows" | "cols">;
  /** What the patches of each image cover, in its own pixels. @default all of it */
  readonly windows?: readonly (PixelBox | undefined)[];
  /** Images that the report shows, ascending. @default all of them */
  readonly shown?: readonly number[];
  /** Settings besides those that options say. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** What new images are assigned by, and the paths of its images; absent where they cannot be. */
  readonly model?: { readonly model: GroupModel; readonly images: readonly string[] };
  /** What is to be said of them besides. */
  readonly notes?: (file: GroupsFile) => readonly string[];
  /** Small pictures by path, the medoids' at least. */
  readonly thumbnails: ReadonlyMap<string, Thumbnail>;
  /** What the report shows; `source` leads to the images, `pictures` are of the defects, by image. */
  page(
    title: string,
    file: GroupsFile,
    source: string | undefined,
    pictures: readonly (DefectPicture | undefined)[],
  ): ReportData;
}

/** The images of a folder, and what the user calls it. */
export interface FoundImages {
  readonly images: readonly ImageFile[];
  readonly name: string;
}

/** Throws where too few of the images that a folder holds could be read; says first which could not. */
export function checkFound(
  usable: number,
  { images, name }: FoundImages,
  k: number | "auto",
  warnings: readonly string[],
): void {
  if (usable < 2) { for (const warning of warnings) warn(warning); }
  checkUsable(usable, images.length, k, { k: "--k", place: name });
}
