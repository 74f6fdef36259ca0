// The result of grouping a folder's images, the same for every way of grouping.

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

/** Grouped images, with all that is written about them. */
export interface Grouped {
  /** The images that could be read. */
  readonly images: readonly ImageFile[];
  readonly result: GroupedImages & { readonly weights: PatchValues; readonly embeddings?: Embeddings };
  /** The patch grid. */
  readonly grid: Pick<PatchSet, "rows" | "cols">;
  /** The part of each image that its patches cover, in its own pixels. @default all of it */
  readonly windows?: readonly (PixelBox | undefined)[];
  /** Indices of the images that the report shows, ascending. @default all of them */
  readonly shown?: readonly number[];
  /** Settings that do not follow from the options alone. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** The model that assigns new images, and the paths of its images; absent if new images cannot be assigned. */
  readonly model?: { readonly model: GroupModel; readonly images: readonly string[] };
  /** Further lines for the summary. */
  readonly notes?: (file: GroupsFile) => readonly string[];
  /** Small pictures by path, at least of the medoids. */
  readonly thumbnails: ReadonlyMap<string, Thumbnail>;
  /** The data of the report. `source` is a link to the images' folder; `pictures` holds the defect of each image. */
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

/** Throws if too few of a folder's images could be read. Before that, prints the warnings on those that could not. */
export function checkFound(
  usable: number,
  { images, name }: FoundImages,
  k: number | "auto",
  warnings: readonly string[],
): void {
  if (usable < 2) { for (const warning of warnings) warn(warning); }
  checkUsable(usable, images.length, k, { k: "--k", place: name });
}
