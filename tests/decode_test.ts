// Every kind of image file against Pillow's pixels (tools/make_image_corpus.py), without any permission.

import assert from "node:assert/strict";
import { AnomalyClusterError, decodeImage, type Raster } from "../mod.ts";

interface Expected {
  readonly width: number;
  readonly height: number;
  /** Largest difference, in grey levels. */
  readonly tolerance: number;
  /** RGB, in base64. */
  readonly pixels: string;
  readonly note?: string;
}

const CORPUS = new URL("images/", import.meta.url);
const expected: Record<string, Expected> = JSON.parse(Deno.readTextFileSync(new URL("expected.json", CORPUS)));
const files = new Map(Object.keys(expected).map((name) => [name, Deno.readFileSync(new URL(name, CORPUS))]));

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await decodeImage(bytes).then(() => undefined, (error) => error);
  assert(error instanceof AnomalyClusterError && error.code === "bad-image", `no bad-image but ${error}`);
  return error.message;
}

function largestDifference({ data }: Raster, pixels: Uint8Array): number {
  let largest = 0;
  pixels.forEach((byte, at) => {
    largest = Math.max(largest, Math.abs(byte - data[Math.floor(at / 3) * 4 + at % 3]));
  });
  return largest;
}

for (const [name, { width, height, tolerance, pixels, note }] of Object.entries(expected)) {
  Deno.test(`${name} has Pillow's pixels`, { permissions: "none" }, async () => {
    const image = await decodeImage(files.get(name)!);
    assert.deepEqual([image.width, image.height, image.note], [width, height, note]);
    const difference = largestDifference(image, Uint8Array.fromBase64(pixels));
    assert(difference <= tolerance, `differs by ${difference} grey levels`);
    for (let at = 3; at < image.data.length; at += 4) assert.equal(image.data[at], 255);
  });
}
