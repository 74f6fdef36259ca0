// Turns pixels into a network's input.

import type { Raster } from "../types.ts";
import type { Channels } from "./manifest.ts";

/** How pixels become a network's input: `(pixel - subtract) / deviation` in each channel. */
export interface Normalisation {
  readonly subtract: Channels;
  readonly deviation: Channels;
}

/** Writes the normalised pixels of an image, as one plane for each channel or with the channels of a pixel together. */
export function writeNormalised(
  to: Float32Array,
  { data, width, height }: Raster,
  { subtract, deviation }: Normalisation,
  layout: "channels-first" | "channels-last",
): void {
  const area = width * height;
  const [channelStep, pixelStep] = layout === "channels-first" ? [area, 1] : [1, 3];
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = (data[pixel * 4 + channel] - subtract[channel]) / deviation[channel];
      to[channel * channelStep + pixel * pixelStep] = value;
    }
  }
}
