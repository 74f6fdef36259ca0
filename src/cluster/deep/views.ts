// Makes views of an image from its patch grid: crops, mirrorings and patches left out.

import type { PatchSet } from "../../types.ts";

/** How far a view may differ from its image. */
export interface ViewSettings {
  /** Smallest side of a crop, as a share of the grid's side. */
  readonly crop: number;
  /** Probability of each patch to be left out. */
  readonly dropout: number;
}

/** Settings for views in which the image must still be recognised. */
export const VIEW: ViewSettings = { crop: 0.75, dropout: 0.1 };

/**
 * Draws views. Each is a grid of `side` × `side` cells, and each cell is the mean of its patches, standardised by
 * channel.
 */
export interface ViewSource {
  readonly count: number;
  readonly side: number;
  readonly channels: number;
  /** All images without any change: `[count, side², channels]`. */
  readonly plain: Float32Array;
  /** Draws one view of each of these images: `[images, side², channels]`. */
  draw(images: ArrayLike<number>, settings: ViewSettings, random: () => number): Float32Array;
}

/** A part of the grid, and which of its patches count. */
interface Window {
  readonly top: number;
  readonly left: number;
  readonly high: number;
  readonly wide: number;
  readonly mirrored: readonly [down: boolean, right: boolean];
  readonly kept: () => boolean;
}

/** Makes a source of views. Each channel is standardised by its mean and deviation over all cells of all images. */
export function viewSource(patches: PatchSet, side: number): ViewSource {
  const { count, rows, cols, channels } = patches;
  const length = side * side * channels;
  const whole: Window = { top: 0, left: 0, high: rows, wide: cols, mirrored: [false, false], kept: () => true };
  const plain = new Float32Array(count * length);
  for (let image = 0; image < count; image++) cellMeans(patches, side, image, whole, plain, image * length);
  const { mean, scale } = momentsOf(plain, channels);
  standardise(plain, mean, scale);
  return {
    count,
    side,
    channels,
    plain,
    draw(images, { crop, dropout }, random) {
      const views = new Float32Array(images.length * length);
      for (let at = 0; at < images.length; at++) {
        const share = crop + (1 - crop) * random();
        const [high, wide] = [rows, cols].map((all) => Math.max(Math.min(side, all), Math.round(share * all)));
        cellMeans(
          patches,
          side,
          images[at],
          {
            top: Math.floor(random() * (rows - high + 1)),
            left: Math.floor(random() * (cols - wide + 1)),
            high,
            wide,
            mirrored: [random() < 0.5, random() < 0.5],
            kept: () => dropout === 0 || random() >= dropout,
          },
          views,
          at * length,
        );
      }
      standardise(views, mean, scale);
      return views;
    },
  };
}

/**
 * Writes the means of the cells. A cell without patches gets NaN, which `standardise` turns into the mean of all cells.
 */
function cellMeans(patches: PatchSet, side: number, image: number, window: Window, to: Float32Array, at: number): void {
  const { data, rows, cols, channels } = patches;
  const { top, left, high, wide, mirrored: [down, right], kept } = window;
  to.fill(0, at, at + side * side * channels);
  const sizes = new Uint16Array(side * side);
  for (let row = 0; row < high; row++) {
    for (let col = 0; col < wide; col++) {
      if (!kept()) continue;
      const [y, x] = [Math.floor(row * side / high), Math.floor(col * side / wide)];
      const cell = (down ? side - 1 - y : y) * side + (right ? side - 1 - x : x);
      sizes[cell]++;
      const from = ((image * rows + top + row) * cols + left + col) * channels;
      const start = at + cell * channels;
      for (let channel = 0; channel < channels; channel++) to[start + channel] += data[from + channel];
    }
  }
  for (let cell = 0; cell < sizes.length; cell++) {
    const start = at + cell * channels;
    for (let channel = 0; channel < channels; channel++) to[start + channel] /= sizes[cell];
  }
}

function momentsOf(values: Float32Array, channels: number): { mean: Float64Array; scale: Float64Array } {
  const [mean, scale] = [new Float64Array(channels), new Float64Array(channels)];
  const count = values.length / channels;
  // If a grid has fewer patches than cells, some cells have no patch and are NaN. They are left out.
  const known = (use: (channel: number, value: number) => void) =>
    values.forEach((value, at) => value === value && use(at % channels, value));
  known((channel, value) => mean[channel] += value / count);
  known((channel, value) => scale[channel] += (value - mean[channel]) ** 2 / count);
  return { mean, scale: scale.map((variance) => variance > 0 ? 1 / Math.sqrt(variance) : 0) };
}

function standardise(values: Float32Array, mean: Float64Array, scale: Float64Array): void {
  const channels = mean.length;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    values[at] = value === value ? (value - mean[at % channels]) * scale[at % channels] : 0;
  }
}
