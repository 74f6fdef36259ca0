// Converts colours from sRGB to CIELAB.

import type { Raster } from "../types.ts";

/** Lightness from 0 to 100, a (green to red) and b (blue to yellow). Each is a plane of `width * height` numbers. */
export interface LabPlanes {
  readonly planes: readonly [Float32Array, Float32Array, Float32Array];
  /** Whether all pixels are grey: then a and b are 0. */
  readonly isGrey: boolean;
  readonly width: number;
  readonly height: number;
}

/** Linear light for each level of sRGB (IEC 61966-2-1). */
const LINEAR = Float64Array.from({ length: 256 }, (_, level) => {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

/** The white point D65 for the 2° observer, with the numbers of scikit-image's `rgb2lab`. */
const [WHITE_X, WHITE_Z] = [0.95047, 1.08883];

function curve(t: number): number {
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
}

/** Lightness of each grey level. */
const GREY = Float32Array.from({ length: 256 }, (_, level) => 116 * curve(LINEAR[level]) - 16);

/** Returns the pixels in CIELAB (CIE 15: D65, 2°). */
export function labOf(image: Raster): LabPlanes {
  const { data, width, height } = image;
  const count = width * height;
  const [lightness, a, b] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  if (isGrey(image)) {
    for (let at = 0; at < count; at++) lightness[at] = GREY[data[at * 4]];
    return { planes: [lightness, a, b], isGrey: true, width, height };
  }
  for (let at = 0; at < count; at++) {
    const [red, green, blue] = [LINEAR[data[at * 4]], LINEAR[data[at * 4 + 1]], LINEAR[data[at * 4 + 2]]];
    const x = curve((0.412453 * red + 0.35758 * green + 0.180423 * blue) / WHITE_X);
    const y = curve(0.212671 * red + 0.71516 * green + 0.072169 * blue);
    const z = curve((0.019334 * red + 0.119193 * green + 0.950227 * blue) / WHITE_Z);
    lightness[at] = 116 * y - 16;
    a[at] = 500 * (x - y);
    b[at] = 200 * (y - z);
  }
  return { planes: [lightness, a, b], isGrey: false, width, height };
}

function isGrey({ data }: Raster): boolean {
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== data[at + 1] || data[at] !== data[at + 2]) return false;
  }
  return true;
}
