// TIFF → RGBA (TIFF 6.0): its first page.

import { badImage, checkSize } from "./bad_image.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { toEightBits } from "./sixteen_bits.ts";
import { isLittleEndian, tiffDirectories, type TiffDirectory } from "./tiff_directory.ts";
import { COMPRESSIONS, unpackJpeg, unpackSegment } from "./tiff_segment.ts";

/** What the tags say about the pixels. */
interface Layout {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1, 2, 4, 8 or 16. */
  readonly bits: number;
  /** Samples a pixel. */
  readonly samples: number;
  /** What samples mean: 0 and 1 grey, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr. */
  readonly photometric: number;
  /** Whether each sample has a plane of its own. */
  readonly planar: boolean;
  /** Width and height of a segment: a strip is a tile as wide as the image. */
  readonly segment: readonly [number, number];
}

/** Samples that a photometric interpretation takes. */
const COLOUR_SAMPLES: Record<number, number> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3 };

/** Of JPEG tables, which every segment is joined with. */
const MOST_TABLE_BYTES = 2 ** 12;

/** Throws `bad-image`. */
export async function decodeTiff(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  const directories = [...tiffDirectories(bytes)];
  const [page] = directories;
  if (!page) throw badImage("the TIFF image is truncated or damaged: its directory is missing");
  if (page.has(50706) || (isReduced(page) && page.has(330))) {
    throw badImage("this is a camera's RAW image, which cannot be read: develop it to TIFF or JPEG");
  }
  const layout = layoutOf(page);
  checkSize(layout.width, layout.height, maxPixels);
  const samples = await allSamples(bytes, page, layout);
  const pages = 1 + directories.slice(1).filter((directory) => !isReduced(directory)).length;
  const note = pages > 1 ? `${pages} pages, the first is used` : undefined;
  const data = toRgba(samples, layout, page);
  const image = { data, width: layout.width, height: layout.height };
  return { image, orientation: orientationOf(bytes), sixteenBits: layout.bits === 16, note };
}

/** Whether a directory holds a smaller copy or a mask of another page. */
function isReduced(directory: TiffDirectory): boolean {
  return ((directory.get(254)?.[0] ?? 0) & 5) !== 0;
}

function layoutOf(page: TiffDirectory): Layout {
  const number = (tag: number, otherwise: number) => page.get(tag)?.[0] ?? otherwise;
  const [width, height, samples] = [number(256, 0), number(257, 0), number(277, 1)];
  const bits = number(258, 1);
  const photometric = number(262, 1);
  const unusual = (what: string) => badImage(`TIFF images ${what} cannot be read: save it as PNG`);
  if (number(339, 1) !== 1 || ![1, 2, 4, 8, 16].includes(bits) || page.get(258)?.some((other) => other !== bits)) {
    throw unusual(`with other than 1 to 16 bits a channel, or with fractions or signs (${bits} bits here),`);
  }
  const jpeg = number(259, 1) === 7;
  if (!(photometric in COLOUR_SAMPLES) || (photometric === 6 && !jpeg)) {
    throw unusual(`of this kind of colours (photometric ${photometric})`);
  }
  if (number(266, 1) !== 1 || ![1, 2].includes(number(317, 1)) || (number(317, 1) === 2 && bits < 8)) {
    throw unusual("of this order of bits or kind of prediction");
  }
  const colours = COLOUR_SAMPLES[photometric]; // One more may be alpha.
  if (samples < colours || samples > colours + 1 || (jpeg && ![1, 3].includes(samples))) {
    throw unusual(`of ${samples} channels of this kind`);
  }
  const planar = number(284, 1) === 2 && samples > 1;
  const segment = [number(322, width), number(323, Math.min(number(278, height), height))] as const;
  if (Math.min(...segment) < 1) throw badImage("the TIFF image is damaged: its strips have no size");
  return { width, height, bits, samples, photometric, planar, segment };
}

/** All samples, 8 bits each (palette indices and grey levels of fewer bits as they are), pixel by pixel. */
async function allSamples(bytes: Uint8Array, page: TiffDirectory, layout: Layout): Promise<Uint8Array> {
  const { width, height, bits, samples, planar, segment: [across, down] } = layout;
  const compression = COMPRESSIONS[page.get(259)?.[0] ?? 1];
  if (!compression) throw badImage("the TIFF image is compressed in a way that cannot be read: save it as PNG");
  const [columns, rows] = [Math.ceil(width / across), Math.ceil(height / down)];
  const planes = planar ? samples : 1;
  if (columns * across * rows * down > 2 * width * height + 2 ** 24) {
    throw badImage("the TIFF image is damaged: its tiles are too large");
  }
  const segments = columns * rows * planes;
  const offsets = page.get(324, segments) ?? page.get(273, segments) ?? [];
  const counts = page.get(325, segments) ?? page.get(279, segments) ?? [];
  if (Math.min(offsets.length, counts.length) < segments) {
    throw badImage("the TIFF image is truncated or damaged: strips are missing");
  }
  const tables = page.get(347, MOST_TABLE_BYTES) ?? [];
  const inSegment = planar ? 1 : samples; // Samples of a pixel in a segment.
  const rowBytes = Math.ceil(across * inSegment * bits / 8);
  const all = new Uint8Array(width * height * samples);
  for (let index = 0; index < segments; index++) {
    const plane = Math.floor(index / (columns * rows));
    const [left, top] = [index % columns * across, Math.floor(index / columns) % rows * down];
    // A last strip may be stored short; a tile is always whole.
    const stored = page.has(324) ? down : Math.min(down, height - top);
    if (offsets[index] + counts[index] > bytes.length) {
      throw badImage("the TIFF image is truncated: strips are missing");
    }
    const packed = bytes.subarray(offsets[index], offsets[index] + counts[index]);
    let values: Uint8Array;
    if (compression === "jpeg") {
      const shape = { width: across, height: stored, samples: inSegment, ycc: layout.photometric === 6 };
      values = await unpackJpeg(packed, tables, shape);
    } else {
      const raw = await unpackSegment(packed, rowBytes * stored, compression);
      values = toSamples(raw, across * inSegment, rowBytes, stored, bits, {
        little: isLittleEndian(bytes),
        step: page.get(317)?.[0] === 2 ? inSegment : 0,
      });
    }
    for (let y = top; y < Math.min(top + stored, height); y++) {
      for (let x = left; x < Math.min(left + across, width); x++) {
        const [from, to] = [((y - top) * across + x - left) * inSegment, (y * width + x) * samples + plane];
        for (let sample = 0; sample < inSegment; sample++) all[to + sample] = values[from + sample];
      }
    }
  }
  return all;
}

/** Unpacks rows of samples; `step` is the distance to the sample that each is predicted from, 0 for none. */
function toSamples(
  raw: Uint8Array,
  inRow: number,
  rowBytes: number,
  rows: number,
  bits: number,
  { little, step }: { little: boolean; step: number },
): Uint8Array {
  const values = bits === 16 ? new Uint16Array(inRow * rows) : new Uint8Array(inRow * rows);
  const view = new DataView(raw.buffer);
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * rowBytes, row * inRow];
    for (let at = 0; at < inRow; at++) {
      if (bits === 16) values[to + at] = view.getUint16(from + at * 2, little);
      else if (bits === 8) values[to + at] = raw[from + at];
      else values[to + at] = raw[from + (at * bits >> 3)] >> 8 - bits - (at * bits & 7) & (1 << bits) - 1;
      if (step && at >= step) values[to + at] += values[to + at - step];
    }
  }
  return values instanceof Uint16Array ? toEightBits(values) : values;
}

function toRgba(values: Uint8Array, { width, height, bits, samples, photometric }: Layout, page: TiffDirectory) {
  const data = new Uint8Array(width * height * 4);
  const colours = COLOUR_SAMPLES[photometric];
  const extra = samples > colours ? page.get(338)?.[0] : 0; // 1: alpha that colours are multiplied by; 2: alpha.
  const white = (1 << Math.min(bits, 8)) - 1;
  const palette = (page.get(320) ?? []).map((value) => value >> 8); // Stored times 256 or 257.
  const entries = palette.length / 3;
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [from, to] = [pixel * samples, pixel * 4];
    const alpha = extra ? values[from + colours] : 255;
    for (let channel = 0; channel < 3; channel++) {
      let value = values[from + (colours === 1 ? 0 : channel)];
      if (photometric === 3) value = palette[channel * entries + value];
      else if (photometric === 5) value = Math.round((255 - value) * (255 - values[from + 3]) / 255);
      else if (white < 255) value = Math.round(value * 255 / white);
      if (photometric === 0) value = 255 - value;
      data[to + channel] = extra === 1 && alpha ? Math.min(255, Math.round(value * 255 / alpha)) : value;
    }
    data[to + 3] = alpha;
  }
  return data;
}
