// Reads what the tags of a TIFF directory say about its pixels (TIFF 6.0), and refuses kinds that cannot be decoded.

import { badImage } from "./bad_image.ts";
import type { TiffDirectory } from "./tiff_directory.ts";

/** How samples are stored and what they mean. */
export interface TiffLayout {
  readonly width: number;
  readonly height: number;
  /** Bits a sample: 1 to 16, or 32, or 64. */
  readonly bits: number;
  readonly kind: "unsigned" | "signed" | "fraction";
  /** Samples a pixel. */
  readonly samples: number;
  /** Number of samples that are used: the first ones of each pixel. */
  readonly used: number;
  readonly colours: TiffColours;
  /** How the sample after the colours is used as alpha. */
  readonly alpha: "none" | "straight" | "multiplied";
  /** Whether each channel is stored in a plane of its own. */
  readonly planar: boolean;
  readonly tiled: boolean;
  /** Width and height of a segment, that is, a tile or a strip. A strip is as wide as the image. */
  readonly segment: readonly [number, number];
  readonly compression: Compression;
  /** 1: none; 2: differences; 3: differences of fractions, byte by byte. */
  readonly predictor: number;
  /** Whether each byte begins with its lowest bit. */
  readonly reversed: boolean;
  /** Pixels that share a colour in uncompressed YCbCr, across and down. */
  readonly subsampling: readonly [number, number];
}

/** What samples mean. */
export type TiffColours = "grey" | "grey, 0 is white" | "rgb" | "palette" | "cmyk" | "ycc";

/** How a segment is packed. */
export type Compression = "none" | "lzw" | "deflate" | "jpeg" | "old jpeg" | "packbits" | "webp";

const COMPRESSIONS: Record<number, Compression> = {
  1: "none",
  5: "lzw",
  6: "old jpeg",
  7: "jpeg",
  8: "deflate",
  32773: "packbits",
  32946: "deflate",
  50001: "webp",
};

/** Names of compressions that cannot be read. */
const OTHER_COMPRESSIONS: Record<number, string> = {
  2: "CCITT (fax)",
  3: "CCITT (fax) group 3",
  4: "CCITT (fax) group 4",
  32766: "NeXT's",
  32771: "CCITT (fax)",
  32809: "ThunderScan",
  33003: "JPEG 2000",
  33004: "JPEG 2000",
  33005: "JPEG 2000",
  34661: "JBIG",
  34676: "LogLuv",
  34677: "LogLuv",
  34712: "JPEG 2000",
  34887: "LERC",
  34892: "lossy JPEG of DNG",
  34925: "LZMA",
  50000: "Zstandard",
  50002: "JPEG XL",
  52546: "JPEG XL",
};

const COLOURS: Record<number, [TiffColours, samples: number]> = {
  0: ["grey, 0 is white", 1],
  1: ["grey", 1],
  2: ["rgb", 3],
  3: ["palette", 1],
  5: ["cmyk", 4],
  6: ["ycc", 3],
};

/** Names of colours that cannot be read. */
const OTHER_COLOURS: Record<number, string> = {
  4: "a mask",
  8: "CIELab",
  9: "ICCLab",
  10: "ITULab",
  32844: "LogL",
  32845: "LogLuv",
};

/** Photometric interpretations that mean raw data of a camera's sensor. */
const SENSOR = [32803, 34892];

const UNSPECIFIED = 0;
const MULTIPLIED = 1;

/** The layout of a page. Throws `bad-image` if it cannot be read. */
export function layoutOf(page: TiffDirectory): TiffLayout {
  const number = (tag: number, otherwise: number) => page.get(tag, 1)?.[0] ?? otherwise;
  const [width, height, samples] = [number(256, 0), number(257, 0), number(277, page.get(258, 16)?.length || 1)];
  if (SENSOR.includes(number(262, 1))) throw cameraRaw();
  const compression = compressionOf(number(259, 1));
  const { colours, colourSamples } = coloursOf(page.get(262, 1)?.[0], samples, compression);
  const [bits, kind] = [bitsOf(page, samples), kindOf(number(339, 1), number(258, 1))];
  checkSamples({ bits, kind, colours, compression, samples, colourSamples });
  if (colours === "palette" && !page.has(320)) throw badImage("the TIFF image is damaged: its colour map is missing");
  if (colours === "cmyk" && number(332, 1) !== 1) throw unusual("of other inks than CMYK", "save it as RGB");
  const predictor = compression === "lzw" || compression === "deflate" ? number(317, 1) : 1;
  if (![1, 2, 3].includes(predictor) || (predictor === 2 && ![8, 16, 32].includes(bits))) {
    throw unusual(`whose values of ${bits} bits are predicted in this way (predictor ${predictor})`);
  }
  if (predictor === 3 && kind !== "fraction") throw unusual("of whole numbers that are predicted as fractions");
  const planar = number(284, 1) === 2 && samples > 1;
  const tiled = page.has(322) || page.has(324);
  const rows = rowsOf(page, { width, height, bits, samples, compression, planar });
  const segment = tiled ? [number(322, width), number(323, height)] as const : [width, Math.min(rows, height)] as const;
  if (width > 0 && height > 0 && Math.min(...segment) < 1) {
    throw badImage("the TIFF image is damaged: its strips have no size");
  }
  const alpha = samples > colourSamples && kind !== "signed" && bits !== 64 ? alphaOf(page, samples, colours) : "none";
  const [across = 2, down = across] = colours === "ycc" ? page.get(530) ?? [] : [1, 1];
  if (compression !== "jpeg" && !([1, 2, 4].includes(across) && [1, 2, 4].includes(down))) {
    throw badImage("the TIFF image is damaged: its YCbCr subsampling makes no sense");
  }
  return {
    ...{ width, height, bits, kind, samples, colours, alpha, planar, tiled, segment, compression, predictor },
    used: Math.min(samples, colourSamples + (alpha === "none" ? 0 : 1)),
    reversed: number(266, 1) === 2 && compression !== "jpeg",
    subsampling: [across, down],
  };
}

function unusual(what: string, wayOut = "save it as PNG"): Error {
  return badImage(`TIFF images ${what} cannot be read: ${wayOut}`);
}

function compressionOf(tag: number): Compression {
  if (tag in COMPRESSIONS) return COMPRESSIONS[tag];
  const name = OTHER_COMPRESSIONS[tag];
  throw unusual(
    name ? `with ${name} compression` : `compressed in this way (compression ${tag})`,
    "save it with LZW or Deflate compression, or as PNG",
  );
}

/**
 * What the samples of a pixel mean. Grey images of three or more channels are read as RGB, which is better than one
 * channel alone.
 */
function coloursOf(photometric: number | undefined, samples: number, compression: Compression) {
  const taken = photometric ?? (samples >= 3 ? 2 : 1);
  if (!(taken in COLOURS)) {
    const name = OTHER_COLOURS[taken];
    throw unusual(name ? `of ${name}` : `of this kind of colours (photometric ${taken})`, "save it as RGB");
  }
  if (taken === 1 && samples >= 3 && compression !== "jpeg") return { colours: "rgb" as const, colourSamples: 3 };
  const [colours, colourSamples] = COLOURS[taken];
  if (samples < colourSamples) {
    throw badImage(`the TIFF image is damaged: it has ${samples} of the ${colourSamples} channels of its colours`);
  }
  return { colours, colourSamples };
}

/**
 * Rows of a strip. If the tag is missing or at least the image's height, though there are several strips, the number is
 * computed from the bytes of the first strip.
 */
function rowsOf(
  page: TiffDirectory,
  { width, height, bits, samples, compression, planar }: Pick<
    TiffLayout,
    "width" | "height" | "bits" | "samples" | "compression" | "planar"
  >,
): number {
  const told = page.get(278, 1)?.[0] || height;
  const strips = (page.get(273)?.length ?? 1) / (planar ? samples : 1);
  if (told < height || strips <= 1) return told;
  const rows = (page.get(279, 1)?.[0] ?? 0) / Math.ceil(width * bits * (planar ? 1 : samples) / 8);
  if (compression === "none" && Number.isInteger(rows) && Math.ceil(height / rows) === strips) return rows;
  throw badImage("the TIFF image is damaged: it does not say how many rows its strips have");
}

/** The error for RAW images of cameras. */
export function cameraRaw(): Error {
  return badImage("this is a camera's RAW image, which cannot be read: develop it to TIFF or JPEG");
}

function bitsOf(page: TiffDirectory, samples: number): number {
  const all = page.get(258, samples) ?? [1];
  if (all.some((other) => other !== all[0])) throw unusual(`whose channels have different bits (${all.join(", ")})`);
  return all[0] ?? 1;
}

/**
 * Whether values are declared as signed but read as unsigned: with 8 bits, every other program takes that for a
 * mistake.
 */
export function isSignIgnored(page: TiffDirectory): boolean {
  return page.get(339, 1)?.[0] === 2 && page.get(258, 1)?.[0] === 8;
}

function kindOf(format: number, bits: number): TiffLayout["kind"] {
  if (format === 2 && bits !== 8) return "signed";
  if (format === 3) return "fraction";
  if (format === 5 || format === 6) throw unusual("of complex numbers", "save their magnitude as 16-bit PNG");
  return "unsigned"; // 4 means "undefined", which every program reads as unsigned.
}

function checkSamples(
  { bits, kind, colours, compression, samples, colourSamples }:
    & Pick<TiffLayout, "bits" | "kind" | "colours" | "compression" | "samples">
    & { colourSamples: number },
): void {
  const readable = kind === "fraction"
    ? [16, 32, 64].includes(bits)
    : kind === "signed"
    ? [16, 32].includes(bits)
    : bits >= 1 && bits <= 16 || bits === 32;
  const what = { unsigned: "whole numbers", signed: "numbers with a sign", fraction: "fractions" }[kind];
  if (!readable) throw unusual(`of ${what} of ${bits} bits`, "save it with 8 or 16 bits");
  const plain = colours === "grey" || colours === "rgb" || colours === "grey, 0 is white";
  if (!plain && (kind !== "unsigned" || bits > (colours === "cmyk" ? 16 : 8) || (colours !== "palette" && bits < 8))) {
    throw unusual(`of ${colours.toUpperCase()} colours with ${bits} bits`, "save it as RGB");
  }
  if (compression === "jpeg" && (bits !== 8 || samples !== colourSamples || ![1, 3, 4].includes(samples))) {
    throw unusual(`of ${samples} channels of ${bits} bits with JPEG compression`, "save it with LZW compression");
  }
  if (compression === "webp" && (bits !== 8 || colours !== "rgb" || samples > 4)) {
    throw unusual(`of ${samples} channels with WebP compression`, "save it with LZW compression");
  }
}

/** Whether the sample after the colours is alpha, and of which kind, or just another channel. */
function alphaOf(page: TiffDirectory, samples: number, colours: TiffColours): TiffLayout["alpha"] {
  const meaning = page.get(338, 1)?.[0];
  // Programs that leave the tag out use the fourth channel after red, green and blue as alpha.
  if (meaning === undefined) {
    return colours === "rgb" && samples === 4 && page.get(262)?.[0] === 2 ? "straight" : "none";
  }
  return meaning === UNSPECIFIED ? "none" : meaning === MULTIPLIED ? "multiplied" : "straight";
}
