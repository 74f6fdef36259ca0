// Reads ground-truth masks: finds the patches that they touch, and warns of masks that look wrong.

import { AnomalyClusterError } from "../../errors.ts";
import { decodeImage } from "../../image/decode.ts";
import { withPngCodec } from "../../image/png_codec.ts";
import type { PatchSet, PatchValues, Raster } from "../../types.ts";
import { maskPatches } from "../../weight/mask.ts";
import { type Marks, marksOf } from "../../weight/marks.ts";
import { readBytes } from "./read_image.ts";

/** The mask of an image, and the size or shape of that image. */
export interface MaskedImage {
  readonly mask: string | undefined;
  readonly shape: { readonly width: number; readonly height: number };
}

/** The masks of images. */
export interface MasksRead {
  /** 1 for each patch that an image's mask touches. */
  readonly masks: PatchValues;
  /** Indices of images that have no readable mask. */
  readonly without: number[];
  readonly warnings: string[];
}

/** If more than this share of an image is marked, the mask probably marks sound parts. */
const MOST = 0.5;

/** Two shapes are different if their ratios of width to height differ by more than this factor. */
const SAME_SHAPE = 1.1;

/** Reads the masks of images. */
export async function readMasks(
  images: readonly MaskedImage[],
  { rows, cols }: Pick<PatchSet, "rows" | "cols">,
): Promise<MasksRead> {
  const data = new Float32Array(images.length * rows * cols);
  const [without, warnings, remarks]: [number[], string[], Remarks] = [[], [], new Remarks()];
  for (const [at, { mask, shape }] of images.entries()) {
    const marks = mask === undefined ? undefined : await readMarks(mask).catch((error) => {
      if (!(error instanceof AnomalyClusterError)) throw error;
      warnings.push(`mask ${shortName(mask)}: ${error.message}`);
    });
    if (!marks) without.push(at);
    else {
      data.set(maskPatches(marks.raster, rows, cols), at * rows * cols);
      remarks.add(mask!, marks, shape);
    }
  }
  warnings.push(...remarks.sentences());
  return { masks: { data, count: images.length, patches: rows * cols }, without, warnings };
}

async function readMarks(file: string): Promise<Marks> {
  const bytes = await readBytes(file);
  const decoded = await decodeImage(bytes, { white: 1 }); // With 16 bits, even the value 1 is a mark.
  const marks = marksOf(await asStored(bytes, decoded), isLossy(bytes));
  if (!marks.isPhotograph) return marks;
  throw new AnomalyClusterError("bad-image", "it looks like a photograph, no mask, and is not used");
}

const latin = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));

function isLossy(bytes: Uint8Array): boolean {
  const isWebp = latin(bytes, 8, 16) === "WEBPVP8 ";
  return bytes[0] === 0xff && bytes[1] === 0xd8 || isWebp || latin(bytes, 4, 8) === "ftyp";
}

/**
 * The pixels of a PNG file with their transparency, because `decodeImage` puts transparent pixels on white. For other
 * files, the pixels that were decoded.
 */
async function asStored(bytes: Uint8Array, decoded: Raster): Promise<Raster> {
  if (latin(bytes, 1, 4) !== "PNG") return decoded;
  const isWide = bytes[24] === 16;
  const data = await withPngCodec((codec) => {
    return isWide ? Uint8Array.from(codec.decode16(bytes), (value) => Math.ceil(value / 257)) : codec.decode(bytes);
  });
  return data.length === decoded.data.length ? { ...decoded, data } : decoded;
}

/** Collects warnings on masks. Equal warnings on several masks become one sentence. */
class Remarks {
  readonly #found = new Map<string, string[]>();

  add(
    file: string,
    { raster: { width, height }, share, taken, isOneColour }: Marks,
    shape: MaskedImage["shape"],
  ): void {
    if (taken) this.#note(`${taken} was taken as marked`, file);
    if (isOneColour) this.#note("all of one colour that is not black: it marks nothing", file);
    else if (share === 0) this.#note("black: it marks nothing", file);
    if (share > MOST) this.#note("more than half of the image is marked: if that is what is sound, invert it", file);
    const shapes = (width / height) / (shape.width / shape.height);
    if (Math.max(shapes, 1 / shapes) > SAME_SHAPE) {
      this.#note("of another shape than its image, over which it was stretched", file);
    }
  }

  sentences(): string[] {
    return [...this.#found].map(([note, files]) => {
      const more = files.length > 1 ? ` and ${files.length - 1} more` : "";
      return `${files.length > 1 ? "masks" : "mask"} ${shortName(files[0])}${more}: ${note}`;
    });
  }

  #note(note: string, file: string): void {
    const files = this.#found.get(note) ?? [];
    files.push(file);
    this.#found.set(note, files);
  }
}

/** The name of a file and of its folder. */
function shortName(file: string): string {
  return file.split(/[/\\]/).slice(-2).join("/");
}
