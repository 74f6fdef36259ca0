// Finds the marked pixels of a mask, whatever values or colours the mask is drawn in.

import type { Raster } from "../types.ts";

/** The marked pixels of a mask. */
export interface Marks {
  /** White where the mask marks a pixel, black elsewhere. */
  readonly raster: Raster;
  /** Share of the pixels that are marked. */
  readonly share: number;
  /** A text for people: what was read as marked. Absent for masks that are white on black. */
  readonly taken?: string;
  /** Whether the whole mask has one colour other than black. Such a mask marks nothing, because no part differs. */
  readonly isOneColour: boolean;
  /** Whether the mask looks like a photograph: no part of it stands out. */
  readonly isPhotograph: boolean;
}

/**
 * A file with more colours of marks than this is not a mask. Smooth edges have at most 256 greys, and numbered objects
 * also stay below.
 */
const MOST_COLOURS = 2000;

/**
 * A lossy file is a mask if at most this share of its pixels is of medium brightness. In a mask, most pixels are nearly
 * as bright as its marks, or nearly black.
 */
const MOST_BETWEEN = 0.2;

/** The lowest value that is not just noise of a lossy file. */
const NOISE = 16;

/**
 * Finds the pixels that a mask marks. A pixel is marked if any channel is not 0. If parts of the mask are transparent,
 * all other pixels are marked, except black ones next to other colours. In a lossy format, pixels at least half as
 * bright as the brightest are marked.
 */
export function marksOf({ data, width, height }: Raster, isLossy: boolean): Marks {
  const pixels = width * height;
  const colourAt = (at: number) => data[at * 4] << 16 | data[at * 4 + 1] << 8 | data[at * 4 + 2];
  const highestAt = (at: number) => Math.max(data[at * 4], data[at * 4 + 1], data[at * 4 + 2]);
  let [visible, highest, first, isOne] = [0, 0, -1, true];
  for (let at = 0; at < pixels; at++) {
    if (data[at * 4 + 3] === 0) continue;
    visible++;
    highest = Math.max(highest, highestAt(at));
    if (first < 0) first = colourAt(at);
    else if (colourAt(at) !== first) isOne = false;
  }
  const isCutOut = visible > 0 && visible < pixels;
  const isOneColour = !isCutOut && isOne || visible === 0;
  const least = isOneColour ? Infinity : isCutOut && isOne ? 0 : isLossy ? Math.max(NOISE, highest / 2) : 1;
  const marks = new Uint8Array(pixels * 4);
  const colours = new Set<number>();
  let [marked, between] = [0, 0];
  for (let at = 0; at < pixels; at++) {
    const brightness = highestAt(at);
    if (brightness > highest / 4 && brightness < highest * 3 / 4) between++;
    if (data[at * 4 + 3] === 0 || brightness < least) continue;
    marks.fill(255, at * 4, at * 4 + 4);
    if (colours.size <= MOST_COLOURS) colours.add(colourAt(at));
    marked++;
  }
  const taken = isCutOut ? "what is not transparent" : isLossy ? lossyText(highest) : coloursText(colours);
  return {
    raster: { data: marks, width, height },
    share: marked / pixels,
    ...(marked > 0 && taken && { taken }),
    isOneColour: isOneColour && first > 0,
    isPhotograph: isLossy ? between > MOST_BETWEEN * pixels : colours.size > MOST_COLOURS,
  };
}

const WHITE = 0xffffff;
const MOST_TOLD = 3;

function coloursText(colours: ReadonlySet<number>): string | undefined {
  if (colours.size === 1 && colours.has(WHITE)) return undefined;
  if (colours.size > MOST_TOLD) return `what is not black, in more than ${MOST_TOLD} colours`;
  const texts = [...colours].sort((a, b) => a - b).map((colour) => {
    const [red, green, blue] = [colour >> 16, colour >> 8 & 255, colour & 255];
    return red === green && green === blue ? String(red) : `(${red}, ${green}, ${blue})`;
  });
  return `what is not black: ${texts.join(", ")}`;
}

function lossyText(highest: number): string {
  return highest < NOISE
    ? "nothing, as what is not black is noise"
    : `what is brighter than half of the brightest, as their format is lossy`;
}
