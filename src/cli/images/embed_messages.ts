// What a worker that embeds is asked, and what it answers.

import type { PatchSet, Raster } from "../../types.ts";

/** One image to embed. */
export interface EmbedRequest {
  readonly image: Raster;
}

/** Its patches. */
export interface EmbedAnswer {
  readonly patches: PatchSet;
}
