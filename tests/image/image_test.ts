import assert from "node:assert/strict";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import encodePng from "@jsquash/png/encode.js";
import { decodeImage, type Raster, resize } from "../../mod.ts";
import { golden } from "../support/golden.ts";

Deno.test("resizing differs from Pillow's by at most one grey level", async () => {
  type Case = Record<"width" | "height" | "toWidth" | "toHeight", number> & Record<"pixels" | "resized", string>;
  for (const { width, height, toWidth, toHeight, pixels, resized } of await golden<Case[]>("resize")) {
    const rgb = Uint8Array.fromBase64(pixels);
    const data = Uint8Array.from({ length: width * height * 4 }, (_, at) => {
      return at % 4 === 3 ? 255 : rgb[Math.floor(at / 4) * 3 + at % 4];
    });
    const actual = resize({ data, width, height }, toWidth, toHeight);
    Uint8Array.fromBase64(resized).forEach((byte, at) => {
      const ours = actual.data[Math.floor(at / 3) * 4 + at % 3];
      assert(Math.abs(ours - byte) <= 1, `${width}×${height} → ${toWidth}×${toHeight}: ${ours} instead of ${byte}`);
    });
  }
});

/** 48 × 32 pixels: red at the top left, blue at the bottom right, else black. */
function corners(): ImageData {
  const data = new Uint8ClampedArray(48 * 32 * 4);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 48; x++) {
      const [red, blue] = [x < 24 && y < 16, x >= 24 && y >= 16];
      data.set([red ? 255 : 0, 0, blue ? 255 : 0, 255], (y * 48 + x) * 4);
    }
  }
  return { data, width: 48, height: 32, colorSpace: "srgb" } as ImageData;
}

/** An EXIF segment with nothing but the orientation (TIFF tag 0x0112). */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const exif = [...new TextEncoder().encode("Exif\0\0"), ...tiff];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, exif.length + 2, ...exif, ...jpeg.subarray(2)]);
}

/** What the corners show, from the top left: R, B or a dot. */
function seen({ data, width, height }: Raster): string {
  const at = (x: number, y: number) => (y * width + x) * 4;
  return [at(2, 2), at(width - 3, 2), at(2, height - 3), at(width - 3, height - 3)]
    .map((pixel) => data[pixel] > 128 ? "R" : data[pixel + 2] > 128 ? "B" : ".").join("");
}

Deno.test("JPEG images are turned upright by each of the eight EXIF orientations", async () => {
  const jpeg = new Uint8Array(await encodeJpeg(corners(), { quality: 95 }));
  const expected = ["R..B", ".RB.", "B..R", ".BR.", "R..B", ".RB.", "B..R", ".BR."];
  for (const [at, view] of expected.entries()) {
    const image = await decodeImage(withOrientation(jpeg, at + 1));
    assert.equal(seen(image), view, `orientation ${at + 1}`);
    assert.deepEqual([image.width, image.height], at < 4 ? [48, 32] : [32, 48]);
  }
});

Deno.test("transparent pixels lie over white", async () => {
  const image = corners();
  for (let at = 3; at < image.data.length; at += 4) image.data[at] = at % 8 === 3 ? 0 : 128;
  const { data } = await decodeImage(new Uint8Array(await encodePng(image)));
  assert.deepEqual(Array.from(data.subarray(0, 8)), [255, 255, 255, 255, 255, 127, 127, 255]);
});
