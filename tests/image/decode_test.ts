// Every kind of image file against Pillow's pixels (tools/make_image_corpus.py), without any permission.

import assert from "node:assert/strict";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { FROM_NPM, tried } from "../support/needs.ts";
import { finish, start } from "../support/program.ts";
import { AnomalyClusterError, decodeImage, type DecodeOptions, type Raster, resize, whiteOf } from "../../mod.ts";

interface Expected {
  readonly width: number;
  readonly height: number;
  /** Largest difference, in grey levels. */
  readonly tolerance: number;
  /** RGB, in base64. */
  readonly pixels?: string;
  /** A file that has the same ones. */
  readonly same?: string;
  readonly note?: string;
}

const CORPUS = new URL("../data/images/", import.meta.url);
const expected: Record<string, Expected> = JSON.parse(Deno.readTextFileSync(new URL("expected.json", CORPUS)));
const files = new Map(Object.keys(expected).map((name) => [name, Deno.readFileSync(new URL(name, CORPUS))]));

/** RGB of a file. */
function pixelsOf(name: string): Uint8Array {
  const { pixels, same } = expected[name];
  return pixels === undefined ? pixelsOf(same!) : Uint8Array.fromBase64(pixels);
}

/** The image, or the sentence that it is refused with. */
async function outcome(bytes: Uint8Array, options?: DecodeOptions): Promise<Raster | string> {
  try {
    return await decodeImage(bytes, options);
  } catch (error) {
    assert(error instanceof AnomalyClusterError && error.code === "bad-image", `no bad-image but ${error}`);
    return error.message;
  }
}

function largestDifference({ data }: Raster, pixels: Uint8Array): number {
  let largest = 0;
  pixels.forEach((byte, at) => {
    largest = Math.max(largest, Math.abs(byte - data[Math.floor(at / 3) * 4 + at % 3]));
  });
  return largest;
}

/** Files that are whole, but of kinds that are not read. */
const refusedFiles = Object.fromEntries(
  ["group4.tif", "fax.tif", "zstd.tif", "lzma.tif", "lab.tif", "no-rows.tif", "huffman.bmp"].map((name) => {
    return [name, Deno.readFileSync(new URL(`refused-${name}`, CORPUS))];
  }),
);

for (const [name, { width, height, tolerance, note }] of Object.entries(expected)) {
  Deno.test(`${name} has Pillow's pixels`, { permissions: "none" }, async () => {
    const image = await decodeImage(files.get(name)!);
    assert.deepEqual([image.width, image.height, image.note], [width, height, note]);
    const difference = largestDifference(image, pixelsOf(name));
    assert(difference <= tolerance, `differs by ${difference} grey levels`);
    for (let at = 3; at < image.data.length; at += 4) assert.equal(image.data[at], 255);
  });
}

Deno.test(
  "a file that was cut off is refused, or shows all its pixels: never a part",
  { permissions: "none" },
  async () => {
    for (const [name, bytes] of files) {
      const { width, height, tolerance } = expected[name];
      for (let part = 1; part < 20; part++) {
        const image = await outcome(bytes.subarray(0, Math.floor(bytes.length * part / 20)));
        if (typeof image === "string") continue;
        assert.deepEqual([image.width, image.height], [width, height], name);
        const difference = largestDifference(image, pixelsOf(name));
        assert(difference <= tolerance, `${part} / 20 of ${name}: differs by ${difference} grey levels`);
      }
      if (!expected[name].note && !name.startsWith("film-behind")) {
        assert.equal(typeof await outcome(bytes.subarray(0, bytes.length / 2)), "string", name);
      }
    }
  },
);

Deno.test(
  "damaged files give a picture or a sentence, and the next file is read",
  { permissions: "none" },
  async () => {
    let state = 1;
    const random = (below: number) => (state = Math.imul(state, 1103515245) + 12345 >>> 0) % 65521 % below;
    for (const [name, bytes] of files) {
      for (let round = 0; round < 25; round++) {
        const damaged = bytes.slice();
        for (let count = random(3); count >= 0; count--) damaged[random(bytes.length)] = random(256);
        const image = await outcome(damaged, { maxPixels: 1e5 });
        if (typeof image !== "string") assert.equal(image.data.length, image.width * image.height * 4);
      }
      assert.equal(typeof await outcome(bytes), "object", name);
    }
  },
);

/** A file of the corpus with other bytes from `at` on. */
function patched(name: string, at: number, ...bytes: number[]): Uint8Array {
  const copy = files.get(name)!.slice();
  copy.set(bytes, at);
  return copy;
}

Deno.test("a header of too many pixels is refused before memory is taken", { permissions: "none" }, async () => {
  const [high, low] = [60000 >> 8, 60000 & 255];
  const frame = files.get("baseline-444.jpg")!.findIndex((byte, at, jpeg) => byte === 0xff && jpeg[at + 1] === 0xc0);
  const tags = files.get("planes.tif")!.findIndex((byte, at, tiff) => byte === 0 && tiff[at + 1] === 1 && at > 8) + 8;
  const bombs = [
    patched("baseline-444.jpg", frame + 5, high, low, high, low),
    patched("rgb.png", 16, 0, 0, high, low, 0, 0, high, low),
    patched("planes.tif", tags, ...[low, high, 0, 0, 1, 1, 4, 0, 1, 0, 0, 0, low, high, 0, 0]),
    patched("lossy-alpha.webp", 24, low - 1, high, 0, low - 1, high, 0),
    patched("palette.gif", 6, low, high, low, high),
    patched("24-bits.bmp", 18, low, high, 0, 0, low, high, 0, 0),
  ];
  for (const bomb of bombs) {
    assert.equal(
      await outcome(bomb),
      "60000 × 60000 pixels are too many (200 million pixels at most): make the image smaller",
    );
  }
  assert.match(String(await outcome(files.get("rgb.png")!, { maxPixels: 100 })), /21 × 17 pixels are too many/);
});

const latinOf = (bytes: Uint8Array) => String.fromCharCode(...bytes);

/** A JPEG file that says that it is of another kind, or of more bits. */
function sequential(kind: number, precision = 8): Uint8Array {
  const frame = files.get("baseline-444.jpg")!.findIndex((byte, at, jpeg) => byte === 0xff && jpeg[at + 1] === 0xc0);
  return patched("baseline-444.jpg", frame + 1, kind, 0, 17, precision);
}

Deno.test("what is not read is named, with the way out", { permissions: "none" }, async () => {
  const text = (content: string) => Uint8Array.from(content, (character) => character.charCodeAt(0));
  const sentences: [Uint8Array, RegExp][] = [
    [new Uint8Array(), /^the file is empty$/],
    [text("hello"), /^this is no image of a known kind: convert it/],
    [text("\0\0\0\x18ftypheic\0\0\0\0"), /^this is a HEIC image, which cannot be read: convert it/],
    [text("II*\0\x10\0\0\0CR\x02\0\0\0\0\0"), /a camera's RAW image/],
    [text("%PDF-1.7\n"), /a PDF document/],
    [text('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'), /an SVG drawing/],
    [text("<!DOCTYPE html><title>404</title>"), /a web page/],
    [
      text("\r\n" + latinOf(files.get("grey.png")!)),
      /^its first 2 bytes belong to no image, the PNG one begins behind/,
    ],
    [sequential(0xc3), /^Lossless JPEG images cannot be read: save it as PNG$/],
    [sequential(0xc7), /^Hierarchical JPEG images/],
    [sequential(0xf7), /^JPEG-LS images cannot be read/],
    [sequential(0xc9), /^Arithmetically coded JPEG images/],
    [sequential(0xc1, 12), /^JPEG images of 12 bits a channel cannot be read: save it as PNG, or as JPEG of 8 bits$/],
    [refusedFiles["group4.tif"], /with CCITT \(fax\) group 4 compression cannot be read: save it with LZW or Deflate/],
    [refusedFiles["fax.tif"], /with CCITT \(fax\) group 3 compression/],
    [refusedFiles["zstd.tif"], /^TIFF images with Zstandard compression cannot be read: save it with LZW or Deflate/],
    [refusedFiles["lzma.tif"], /with LZMA compression/],
    [refusedFiles["lab.tif"], /^TIFF images of CIELab cannot be read: save it as RGB$/],
    [refusedFiles["no-rows.tif"], /^the TIFF image is damaged: it does not say how many rows its strips have$/],
    [refusedFiles["huffman.bmp"], /^BMP images packed as Huffman codes cannot be read: save it as PNG$/],
  ];
  for (const [bytes, sentence] of sentences) assert.match(String(await outcome(bytes)), sentence);
});

Deno.test("16-bit images of a set are scaled by the same white, and tell what it may be", {
  permissions: "none",
}, async () => {
  const decoded = async (name: string, white?: number) => await decodeImage(files.get(name)!, { white });
  const bright = await decoded("grey-12-in-16.tif");
  assert.equal(bright.largest, 4095);
  const dark = await decoded("grey-10-in-16.png");
  assert.equal(dark.largest, 1023);
  const white = whiteOf(Math.max(bright.largest!, dark.largest!));
  assert.equal(white, 4095);
  const whole = await decoded("grey-16.png");
  for (const [name, part] of [["grey-12-in-16.tif", 1], ["12-bits-in-16.pgm", 1], ["grey-10-in-16.png", 4]] as const) {
    const scaled = await decoded(name, white);
    assert.equal(scaled.note, undefined, name);
    scaled.data.forEach((value, at) => {
      if (at % 4 !== 3) assert(Math.abs(value - whole.data[at] / part) <= 1, `${name}: ${value}, ${whole.data[at]}`);
    });
  }
  // Alpha keeps its 16 bits, and what tells its bits keeps its own white.
  assert.equal((await decoded("rgba-16.png", 4095)).data.length, 21 * 17 * 4);
  for (const name of ["grey-12-bits.tif", "12-bits.pgm", "grey-12-at-the-bottom.png", "rgb.png", "cmyk.tif"]) {
    const [plain, other] = [await decoded(name), await decoded(name, 300)];
    assert.deepEqual(other, plain, name);
    assert.equal(plain.largest, undefined, name);
  }
  assert.deepEqual([0, 255, 256, 1023, 1024, 65535].map(whiteOf), [255, 255, 511, 1023, 2047, 65535]);
  for (const wrong of [0, -1, NaN, 65536]) await assert.rejects(decoded("rgb.png", wrong), { code: "bad-argument" });
});

/** 900 × 700 pixels of waves and noise. */
async function photo(): Promise<Uint8Array> {
  const [width, height] = [900, 700];
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, at) => {
    const [x, y] = [(at >> 2) % width, Math.floor((at >> 2) / width)];
    return at % 4 === 3
      ? 255
      : 128 + 60 * Math.sin(x / 13 + at % 4) + 40 * Math.sin(y / 9) + (Math.imul(at, 2654435761) >>> 28);
  });
  return new Uint8Array(await encodeJpeg({ data, width, height, colorSpace: "srgb" } as ImageData, { quality: 90 }));
}

Deno.test("a JPEG decoded at a fraction of its size looks the same once it is resized", async () => {
  const jpeg = await photo();
  const whole = resize(await decodeImage(jpeg), 112, 112).data;
  for (
    const [atLeast, size] of [[351, "900 × 700"], [350, "450 × 350"], [224, "450 × 350"], [175, "225 × 175"]] as const
  ) {
    const image = await decodeImage(jpeg, { atLeast });
    assert.equal(`${image.width} × ${image.height}`, size);
    const differences = Array.from(resize(image, 112, 112).data, (byte, at) => Math.abs(byte - whole[at]));
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / (differences.length * 0.75);
    if (atLeast >= 224) assert(mean < 0.3 && Math.max(...differences) <= 3, `${mean}, ${Math.max(...differences)}`);
  }
  assert.match(String(await outcome(jpeg.subarray(0, jpeg.length / 2), { atLeast: 224 })), /truncated/);
});

Deno.test("imagescript decodes JPEG and PNG files as our own decoders do, turned upright; other formats stay with these", async (test) => {
  // A process of its own, with its permissions: imagescript must not get into deno.lock.
  const script = new URL("../runtimes/support/imagescript.ts", import.meta.url).pathname;
  const { stdout, stderr, code } = await finish(start([Deno.execPath(), "run", "-A", "--no-lock", script]));
  const unreachable = code !== 0 && /unsupported-runtime/.test(stderr);
  await test.step({
    name: "pixels and errors",
    ignore: tried("imagescript", FROM_NPM, !unreachable).isLackedBy(test.name),
    fn: () => {
      assert.equal(code, 0, stderr);
      const { worst, errors } = JSON.parse(stdout);
      assert(Object.values<number>(worst).every((levels) => levels <= 6), stdout);
      assert.deepEqual(errors, ["bad-image", "bad-image"]);
    },
  });
});
