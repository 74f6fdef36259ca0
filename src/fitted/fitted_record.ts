import type { Pooling } from "../distance/pooling.ts";
import type { Feature } from "../feature.ts";
import type { PatchSet } from "../types.ts";
import type { Weighting } from "../weight/weighting.ts";
import type { ArrayEntry } from "./array_record.ts";

/** A `FittedEmbedding` as JSON, without its large arrays, which are stored beside it. */
export interface FittedRecord {
  /** One part for each set of features that share their patches. */
  readonly parts: readonly {
    /** Which features of the patches make embeddings. */
    readonly features: readonly Feature[];
    /** How patches are weighted. */
    readonly weight: Weighting;
    /** The grid of the reference images' patches. */
    readonly references?: Pick<PatchSet, "rows" | "cols" | "levels">;
  }[];
  /** The pooling that replaces the weighted average. */
  readonly pooling?: { readonly kind: Pooling["kind"]; readonly p?: number; readonly sigma?: number };
  /** A factor for each embedding, ordered by part, temperature and feature. */
  readonly scales: readonly number[];
  /** The arrays, in the order of their bytes. */
  readonly arrays: readonly ArrayEntry[];
}
