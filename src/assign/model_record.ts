import type { FittedRecord } from "../fitted/fitted_record.ts";
import type { GroupModel } from "./group_model.ts";

/** A {@linkcode GroupModel} as JSON. It lists the large arrays; their numbers are stored separately, as bytes. */
export interface ModelRecord extends FittedRecord {
  /** Shape that the patch embeddings of new images must have. */
  readonly patches: GroupModel["patches"];
  /** Group of each grouped image, from 0. */
  readonly groups: readonly number[];
  /** The image at the centre of each group. */
  readonly medoids: readonly number[];
  /** Radius of each group. */
  readonly radii: readonly number[];
  /** What labels taught about the first groups, without its large arrays. */
  readonly kinds?: {
    /** For each image the kind that a person gave it, from 0; −1 for images without a label. */
    readonly labels: readonly number[];
    /** The anchors: images of the model. The distances to them turn a vector into a point. */
    readonly anchors: readonly number[];
    readonly sharpness: number;
    readonly guessing: number;
  };
}
