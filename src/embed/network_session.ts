// What the embedder asks of a network that an engine has opened.

import type { Raster } from "../types.ts";

/** A network that an engine has opened. */
export interface NetworkSession {
  readonly outputNames: readonly string[];
  /** The layout of all outputs, if it is not that of the network's file. */
  readonly layout?: "channels-last";
  /** Runs the network on one image. Throws an AnomalyClusterError, `bad-model` if the network does not take it. */
  run(image: Raster): Promise<Readonly<Record<string, NetworkArray | undefined>>>;
  release(): Promise<void>;
}

/** An array that a network returns. */
export interface NetworkArray {
  /** `"float32"` or `"float16"`; no other kind of number is read. */
  readonly type: string;
  readonly data: ArrayLike<unknown>;
  /** Its shape. */
  readonly dims: readonly number[];
}
