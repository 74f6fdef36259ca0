// Decodes JPEG and PNG images by imagescript, for users who have it anyway. Its native code needs permissions.

import { importNative } from "../runtime/optional_package.ts";
import { badImage, checkSize } from "./bad_image.ts";
import type { Decoded, DecodeLimits } from "./decoded.ts";
import { orientationOf } from "./exif.ts";
import { formatOf } from "./format.ts";
import { jpegHeader } from "./jpeg_header.ts";

interface ImageScript {
  decode(
    bytes: Uint8Array,
  ): Promise<{ readonly bitmap: Uint8ClampedArray; readonly width: number; readonly height: number }>;
}

/** Throws `bad-image`, and `unsupported-runtime` if imagescript does not start. */
export async function decodeImagescript(bytes: Uint8Array, { maxPixels }: DecodeLimits): Promise<Decoded> {
  let orientation = 1; // Imagescript does not read it.
  if (formatOf(bytes) === "JPEG") {
    const { width, height, exif } = jpegHeader(bytes);
    checkSize(width, height, maxPixels);
    orientation = orientationOf(exif);
  } else if (bytes.length >= 24) {
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    checkSize(header.getUint32(16), header.getUint32(20), maxPixels); // The sides in the PNG's IHDR, which comes first.
  }
  const { decode } = await importNative<ImageScript>(
    "imagescript@1.3.1",
    "the imagescript decoder",
    "deno task cluster:native --decoder imagescript",
  );
  try {
    const { bitmap, width, height } = await decode(bytes);
    return {
      image: { data: new Uint8Array(bitmap.buffer, bitmap.byteOffset, bitmap.length), width, height },
      orientation,
    };
  } catch (cause) {
    throw badImage(`the image is damaged or of a kind that imagescript does not read (${cause})`, cause);
  }
}
