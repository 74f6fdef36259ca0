// Reads the segments of a JPEG file (ITU-T T.81, annex B), and finds where the image ends: cameras append films and
// more.

import { badImage } from "./bad_image.ts";
import { latin } from "./latin.ts";

/** What the decoders must know before they decode. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1: grey; 3: colour; 4: CMYK or YCCK. */
  readonly components: number;
  /** The TIFF structure of the EXIF segment, if there is one. */
  readonly exif?: Uint8Array;
  /** Bits a sample. */
  readonly precision: number;
  /** The marker of the frame's header: 0xc0 and 0xc1 sequential, 0xc2 progressive, others rare. */
  readonly kind: number;
  readonly scans: number;
  /** Whether each component is in at least one scan. */
  readonly hasAll: boolean;
  /** Position after the image. */
  readonly end: number;
  /** Whether the image has the marker of its end. Otherwise the file ends before it. */
  readonly ended: boolean;
}

/** A segment: its marker, and where its content begins and ends. */
interface Segment {
  readonly marker: number;
  readonly from: number;
  readonly end: number;
}

/** The frame header of JPEG-LS, which is another kind of compression. */
export const JPEG_LS = 0xf7;

const [RST0, SOI, EOI, SOS, APP1] = [0xd0, 0xd8, 0xd9, 0xda, 0xe1];

/** Yields the segments up to and including the marker of the end. Skips stray bytes and compressed data. */
function* segments(bytes: Uint8Array): Generator<Segment> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.indexOf(0xff, 2); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes[at + 1];
    if (marker === 0xff) at++; // A fill byte.
    else if (marker <= 0x01 || (marker >= RST0 && marker <= SOI)) at += 2; // Markers without a segment.
    else if (marker === EOI) return yield { marker, from: at, end: at + 2 };
    else {
      const end = at + 4 <= bytes.length ? at + 2 + view.getUint16(at + 2) : Infinity;
      if (end > bytes.length) return;
      yield { marker, from: at + 4, end };
      at = end;
    }
  }
}

/** Where the image in a JPEG file ends: after the marker of the end, or at the end of the bytes if there is none. */
export function endOfJpeg(bytes: Uint8Array): { end: number; ended: boolean } {
  for (const { marker, end } of segments(bytes)) if (marker === EOI) return { end, ended: true };
  return { end: bytes.length, ended: false };
}

/** Reads all segments of the image. Throws `bad-image`. */
export function jpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let exif: Uint8Array | undefined;
  let frame: Segment | undefined;
  let [scans, end, ended] = [0, bytes.length, false];
  const seen = new Set<number>();
  for (const segment of segments(bytes)) {
    const { marker, from } = segment;
    if (marker === EOI) [end, ended] = [segment.end, true];
    else if (marker === SOS) {
      scans++;
      for (let at = 0; at < bytes[from]; at++) seen.add(bytes[from + 1 + at * 2]);
    } else if (marker === APP1 && !scans && !exif && latin(bytes, from, from + 6) === "Exif\0\0") {
      exif = bytes.subarray(from + 6, segment.end);
    } else if (isFrame(marker) && segment.end - from >= 6) frame ??= segment;
  }
  if (!frame) throw badImage("the JPEG image is truncated or damaged: its header is not complete");
  const { from, marker: kind } = frame;
  return {
    height: view.getUint16(from + 1),
    width: view.getUint16(from + 3),
    precision: bytes[from],
    components: bytes[from + 5],
    hasAll: seen.size >= bytes[from + 5],
    ...{ exif, kind, scans, end, ended },
  };
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker) || marker === JPEG_LS;
}
