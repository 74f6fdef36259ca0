// Draws large images in a worker, on request: each takes seconds to encode, so all cores should help.

import encodeJpeg from "@jsquash/jpeg/encode.js";
import { type DamageBox, drawLarge, LARGE_SETS } from "./drawn_surfaces.ts";

/** An image to draw. */
export interface DrawRequest {
  readonly set: string;
  readonly seed: number;
  readonly kind?: string;
  readonly file: string;
}

/** The answer when the image is written. `box` is where its damage is. */
export interface DrawAnswer {
  readonly box?: DamageBox;
}

const port = globalThis as unknown as {
  onmessage: (event: { readonly data: DrawRequest }) => void;
  postMessage(answer: DrawAnswer): void;
};

port.onmessage = async ({ data: { set, seed, kind, file } }) => {
  const { image, box } = drawLarge(LARGE_SETS[set], seed, kind);
  const encoded = await encodeJpeg(image, { quality: 90, progressive: false });
  await Deno.writeFile(file, new Uint8Array(encoded));
  port.postMessage({ ...(box && { box }) });
};
