import type { Pooling } from "../distance/pooling.ts";
import type { Feature } from "../feature.ts";
import type { PatchSet } from "../types.ts";
import type { Weighting } from "../weight/weighting.ts";
import type { ArrayEntry } from "./array_record.ts";

/** A `FittedEmbedding` as JSON, but for its large arrays, which lie beside it. */
export interface FittedRecord {
  /** One for all features that share their patches. */
  readonly parts: readonly {
    /** What of the patches makes embeddings. */
    readonly features: readonly Feature[];
    /** How patches are weighted. */
    readonly weight: Weighting;
    /** Rows and columns of the reference images' patches. */
    readonly references?: Pick<PatchSet, "rows" | "cols" | "levels">;
  }[];
  /** Pooling in place of the weighted average. */
  readonly pooling?: { readonly kind: Pooling["kind"]; readonly p?: number; readonly sigma?: number };
  /** Factor of the embedding of each part, temperature and feature. */
  readonly scales: readonly number[];
  /** The arrays, in the order of their bytes. */
  readonly arrays: readonly ArrayEntry[];
}
