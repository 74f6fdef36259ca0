// Converts the samples of a TIFF image to RGBA.

import { largestOf, toEightBits, WHITE_16 } from "./sixteen_bits.ts";
import type { TiffDirectory } from "./tiff_directory.ts";
import type { TiffLayout } from "./tiff_layout.ts";
import type { Samples } from "./tiff_samples.ts";

/** The values that become black and white. */
interface Range {
  readonly black: number;
  readonly white: number;
}

/**
 * If 32-bit whole numbers reach this value, they use the whole range of 32 bits, as some programs write photographs.
 */
const USES_32_BITS = 2 ** 28;

/** RGBA pixels, the largest sample if samples have 16 bits, and whether they were scaled by the image's own range. */
export interface TiffPixels {
  readonly data: Uint8Array;
  readonly largest?: number;
  readonly ownRange: boolean;
}

/** Converts samples to RGBA. `white` is the 16-bit value that counts as white. */
export function tiffPixels(samples: Samples, layout: TiffLayout, page: TiffDirectory, white: number): TiffPixels {
  const { used, bits, alpha, colours } = layout;
  const inColours = alpha === "none" ? used : used - 1;
  const numbers = samples instanceof Float32Array ? rangeOf(samples, used, inColours) : undefined;
  const all32 = numbers && layout.kind === "unsigned" && numbers.white >= USES_32_BITS;
  const ownRange = numbers !== undefined && !all32;
  const largest = bits === 16 && !numbers && colours !== "cmyk" ? largestOf(samples, used, inColours) : undefined;
  const range = ownRange ? numbers : { black: 0, white: largest === undefined ? 2 ** bits - 1 : white };
  // Alpha uses all its bits, even if the camera uses fewer for colours. As a fraction it goes from 0 to 1.
  const alphaWhite = layout.kind === "fraction" ? 1 : largest === undefined ? range.white : WHITE_16;
  const coloursOf = colourFunction(layout, range, page);
  const data = new Uint8Array(samples.length / used * 4);
  let filled = false;
  for (let from = 0, to = 0; to < data.length; from += used, to += 4) {
    coloursOf(samples, from, data, to);
    const opacity = alpha === "none" ? 255 : toEightBits(Math.max(samples[from + inColours], 0) || 0, alphaWhite);
    if (alpha === "multiplied" && opacity) {
      for (let at = to; at < to + 3; at++) data[at] = Math.min(255, Math.round(data[at] * 255 / opacity));
    }
    data[to + 3] = opacity;
    filled ||= opacity > 0;
  }
  // No tag says that the last channel is alpha, and it was never filled in: the image is opaque.
  if (!filled && !page.has(338)) { for (let at = 3; at < data.length; at += 4) data[at] = 255; }
  return { data, largest, ownRange };
}

/** The range from the smallest to the largest number, without NaN and infinite ones. */
function rangeOf(samples: Samples, used: number, inColours: number): Range {
  let [black, white] = [Infinity, -Infinity];
  for (let at = 0; at < samples.length; at++) {
    if (at % used >= inColours || !Number.isFinite(samples[at])) continue;
    black = Math.min(black, samples[at]);
    white = Math.max(white, samples[at]);
  }
  return { black, white };
}

type ToColours = (samples: Samples, from: number, data: Uint8Array, to: number) => void;

/** Returns a function that writes a pixel's red, green and blue. */
function colourFunction({ colours, bits }: TiffLayout, { black, white }: Range, page: TiffDirectory): ToColours {
  const level = (value: number) => {
    const above = value > black ? value - black : 0; // NaN becomes black.
    return white > black ? toEightBits(above, white - black) : 0;
  };
  if (colours === "palette") return fromPalette(page.get(320) ?? []);
  if (colours === "ycc" && page.get(259)?.[0] !== 7) return fromYcc(page);
  if (colours === "cmyk") {
    return (samples, from, data, to) => {
      const bare = 255 - level(samples[from + 3]);
      for (let channel = 0; channel < 3; channel++) {
        data[to + channel] = Math.round((255 - level(samples[from + channel])) * bare / 255);
      }
    };
  }
  if (colours === "grey" || colours === "grey, 0 is white") {
    // A table of levels saves computing the same level for many pixels.
    const levels = bits <= 8 && white === 2 ** bits - 1
      ? Uint8Array.from({ length: white + 1 }, (_, at) => level(at))
      : undefined;
    const turned = colours === "grey" ? 0 : 255;
    return (samples, from, data, to) => {
      const grey = levels ? levels[samples[from]] : level(samples[from]);
      data[to] = data[to + 1] = data[to + 2] = turned ? 255 - grey : grey;
    };
  }
  const asTheyAre = bits === 8 && black === 0 && white === 255;
  return (samples, from, data, to) => {
    for (let channel = 0; channel < 3; channel++) {
      data[to + channel] = asTheyAre ? samples[from + channel] : level(samples[from + channel]);
    }
  };
}

/**
 * Colours by palette: all reds, then greens, then blues, with 16 bits each. If no value is above 255, the program
 * stored only 8 bits.
 */
function fromPalette(map: readonly number[]): ToColours {
  const shift = map.some((value) => value > 255) ? 8 : 0;
  const palette = Uint8Array.from(map, (value) => value >> shift); // 16-bit values are 256 or 257 times the 8-bit ones.
  const entries = Math.floor(palette.length / 3);
  return (samples, from, data, to) => {
    const index = samples[from];
    for (let channel = 0; channel < 3; channel++) {
      data[to + channel] = index < entries ? palette[channel * entries + index] : 0;
    }
  };
}

/**
 * Converts YCbCr that is not JPEG's (TIFF 6.0, section 21), by the weights of red, green and blue and the range of each
 * channel.
 */
function fromYcc(page: TiffDirectory): ToColours {
  const [red = 0.299, green = 0.587, blue = 0.114] = page.get(529) ?? [];
  const [yBlack = 0, yWhite = 255, cbBlack = 128, cbWhite = 255, crBlack = 128, crWhite = 255] = page.get(532) ?? [];
  const scaled = (value: number, black: number, white: number, most: number) =>
    white === black ? 0 : (value - black) * most / (white - black);
  return (samples, from, data, to) => {
    const y = scaled(samples[from], yBlack, yWhite, 255);
    const cb = scaled(samples[from + 1], cbBlack, cbWhite, 127);
    const cr = scaled(samples[from + 2], crBlack, crWhite, 127);
    const [r, b] = [y + cr * (2 - 2 * red), y + cb * (2 - 2 * blue)];
    const rgb = [r, (y - red * r - blue * b) / green, b];
    for (let channel = 0; channel < 3; channel++) {
      data[to + channel] = Math.max(0, Math.min(255, Math.round(rgb[channel]))) || 0;
    }
  };
}
