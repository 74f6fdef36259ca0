// Images as programs hand them in.

import { AnomalyClusterError } from "./errors.ts";
import { readAddress } from "./runtime/read_address.ts";
import type { Raster } from "./types.ts";

/** An image: its pixels; the bytes of a file that `decodeImage` reads; or the path or address of a file. */
export type ImageInput = Raster | Uint8Array | ArrayBuffer | Blob | URL | string;

export async function pixelsOrBytes(image: ImageInput): Promise<Raster | Uint8Array> {
  if (typeof image === "string" || image instanceof URL) {
    return await readAddress(image).catch((cause) => {
      const denied = /--allow-\w+/.exec(String(cause))?.[0];
      const reason = denied ? `this may not be read: allow it with ${denied}` : "this cannot be read";
      throw new AnomalyClusterError("bad-image", reason, { cause });
    });
  }
  if (image instanceof Uint8Array) return image;
  if (image instanceof ArrayBuffer) return new Uint8Array(image);
  return image instanceof Blob ? new Uint8Array(await image.arrayBuffer()) : image;
}

export function isRaster(image: Raster | Uint8Array): image is Raster {
  return "width" in image;
}
