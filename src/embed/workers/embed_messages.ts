// Messages to and from a worker that embeds images.

import type { PatchSet, Raster } from "../../types.ts";

/** Asks for the patches of one image. */
export interface EmbedRequest {
  readonly image: Raster;
}

/** The patches of the image. */
export interface EmbedAnswer {
  readonly patches: PatchSet;
}
