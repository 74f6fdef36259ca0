// Turns pixels into a network's input.

import type { Raster } from "../types.ts";
import type { Channels } from "./manifest.ts";

/** How pixels become a network's input: `(pixel - subtract) / deviation` in each channel. */
export interface Normalisation {
  readonly subtract: Channels;
  readonly deviation: Channels;
}

/** All values of a channel of a pixel. */
const LEVELS: readonly number[] = Array.from({ length: 256 }, (_, level) => level);

/** Writes the normalised pixels of an image, as one plane for each channel or with the channels of a pixel together. */
export function writeNormalised(
  to: Float32Array,
  { data, width, height }: Raster,
  { subtract, deviation }: Normalisation,
  layout: "channels-first" | "channels-last",
): void {
  const area = width * height;
  const [channelStep, pixelStep] = layout === "channels-first" ? [area, 1] : [1, 3];
  const [red, green, blue] = subtract.map((by, channel) => {
    return Float32Array.from(LEVELS, (level) => (level - by) / deviation[channel]);
  });
  for (let pixel = 0; pixel < area; pixel++) {
    const at = pixel * pixelStep;
    to[at] = red[data[pixel * 4]];
    to[at + channelStep] = green[data[pixel * 4 + 1]];
    to[at + 2 * channelStep] = blue[data[pixel * 4 + 2]];
  }
}
