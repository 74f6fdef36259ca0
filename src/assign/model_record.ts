import type { FittedRecord } from "../fitted/fitted_record.ts";
import type { GroupModel } from "./group_model.ts";

/** A {@linkcode GroupModel} as JSON, but for its large arrays, which it lists. */
export interface ModelRecord extends FittedRecord {
  /** Shape of the patch embeddings that it takes. */
  readonly patches: GroupModel["patches"];
  /** Group of each grouped image, from 0. */
  readonly groups: readonly number[];
  /** The image at the centre of each group. */
  readonly medoids: readonly number[];
  /** Radius of each group. */
  readonly radii: readonly number[];
  /** What was learned of the first groups, but for its arrays. */
  readonly kinds?: {
    /** For each image the kind that a person gave it, from 0; −1 where nobody said it. */
    readonly labels: readonly number[];
    /** Images by the distances to which a vector becomes a point. */
    readonly anchors: readonly number[];
    readonly sharpness: number;
    readonly guessing: number;
  };
}
