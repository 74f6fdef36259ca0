// Small files that ask for much memory or time. Each is refused or read, with little of both.

import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { crc32, deflateRawSync, deflateSync } from "node:zlib";
import { AnomalyClusterError, decodeImage, type DecodeOptions } from "../../mod.ts";
import { createHandler } from "../../src/serve/handler.ts";
import { DEFAULT_LIMITS } from "../../src/serve/limits.ts";
import { Problem } from "../../src/serve/problem.ts";
import { readZip } from "../../src/serve/zip.ts";

const file = (name: string) => Deno.readFileSync(new URL(`../data/images/${name}`, import.meta.url));
const FILES = new Map(
  ["rgb.jpg", "progressive.jpg", "rgb.png", "palette.gif", "lossy.avif", "8-bits-runs-end-early.bmp", "big.tif"].map((
    name,
  ) => [name, file(name)]),
);

const MOST_SECONDS = 3;
const MOST_MEGABYTES = 150;

/** Fails when `work` takes long or leaves much memory behind; WebAssembly's memory never shrinks. */
async function inBounds<T>(work: () => Promise<T>): Promise<T> {
  const [before, began] = [Deno.memoryUsage().rss, performance.now()];
  const result = await work();
  const [seconds, megabytes] = [(performance.now() - began) / 1000, (Deno.memoryUsage().rss - before) / 1e6];
  assert(seconds < MOST_SECONDS, `it took ${seconds.toFixed(1)} s`);
  assert(megabytes < MOST_MEGABYTES, `it took ${megabytes.toFixed(0)} MB`);
  return result;
}

async function refusalOf(bytes: Uint8Array, options?: DecodeOptions): Promise<string> {
  try {
    const { width, height } = await inBounds(() => decodeImage(bytes, options));
    return `${width} × ${height}`;
  } catch (error) {
    assert(error instanceof AnomalyClusterError && error.code === "bad-image", String(error));
    return error.message;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

type Field = readonly [tag: number, type: 1 | 3 | 4, count: number, value: number];

/** A TIFF structure of one directory, with zeros behind it. */
function tiffOf(size: number, fields: readonly Field[]): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  bytes.set(latin("II*\0\x08\0\0\0"));
  view.setUint16(8, fields.length, true);
  fields.forEach(([tag, type, count, value], index) => {
    const at = 10 + index * 12;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  });
  return { bytes, view };
}

/** Many fields of many numbers, all in the same bytes. */
function sharing(fields: number, size: number): Uint8Array {
  return tiffOf(size, Array.from({ length: fields }, (_, at): Field => [1000 + at, 1, size - 1000, 0])).bytes;
}

function pngOf(width: number, height: number, depth: number, ...chunks: [kind: string, data: Uint8Array][]) {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([depth, 6], 8);
  const parts = [["IHDR", header] as const, ...chunks, ["IEND", new Uint8Array()] as const].map(([kind, data]) => {
    const chunk = joined(new Uint8Array(4), latin(kind), data, new Uint8Array(4));
    const view = new DataView(chunk.buffer);
    view.setUint32(0, data.length);
    view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
    return chunk;
  });
  return joined(latin("\x89PNG\r\n\x1a\n"), ...parts);
}

/** A JPEG file with another size in its frame header, which begins with this marker. */
function resized(name: string, marker: number, side: number): Uint8Array {
  const bytes = FILES.get(name)!.slice();
  const frame = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === marker);
  new DataView(bytes.buffer).setUint16(frame + 5, side);
  new DataView(bytes.buffer).setUint16(frame + 7, side);
  return bytes;
}

Deno.test("EXIF data and TIFF directories whose fields share their bytes are not read in full", {
  permissions: "none",
}, async () => {
  const jpeg = FILES.get("rgb.jpg")!;
  const exif = joined(latin("\xff\xe1\xff\xfeExif\0\0"), sharing(5000, 0xfffe - 8));
  assert.equal(await refusalOf(joined(jpeg.subarray(0, 2), exif, jpeg.subarray(2))), "21 × 17");
  assert.match(await refusalOf(sharing(60_000, 2_000_000)), /^this is a camera's RAW image/);
  // Directories that overlap, one every four bytes.
  const { bytes, view } = tiffOf(1_000_000, []);
  for (let at = 8; at < 700_000; at += 4) view.setUint16(at, 4000, true);
  for (let at = 8; at < 700_000; at += 4) {
    view.setUint16(at + 48_004, at + 4 >>> 16, true);
    view.setUint16(at + 48_002, at + 4 & 0xffff, true);
  }
  assert.match(await refusalOf(bytes), /damaged/);
});

Deno.test("TIFF tiles that are far larger than the image are not unpacked", { permissions: "none" }, async () => {
  const tiles = 2000;
  const packed = deflateSync(new Uint8Array(2 ** 22));
  const [offsets, counts, data] = [200, 200 + tiles * 4, 200 + tiles * 8];
  const fields: Field[] = [[256, 4, 1, 1], [257, 4, 1, 16 * tiles], [258, 3, 1, 8], [259, 3, 1, 8], [262, 3, 1, 1]];
  fields.push([322, 4, 1, 2 ** 20], [323, 4, 1, 16], [324, 4, tiles, offsets], [325, 4, tiles, counts]);
  const { bytes, view } = tiffOf(data + packed.length, fields);
  bytes.set(packed, data);
  for (let tile = 0; tile < tiles; tile++) {
    view.setUint32(offsets + tile * 4, data, true);
    view.setUint32(counts + tile * 4, packed.length, true);
  }
  assert.match(await refusalOf(bytes), /its tiles are too large/);
});

Deno.test("a header of 196 million pixels before some bytes takes no memory", { permissions: "none" }, async () => {
  const idat = ["IDAT", deflateSync(new Uint8Array(9))] as [string, Uint8Array];
  assert.match(await refusalOf(pngOf(14_000, 14_000, 16, idat)), /the PNG image is truncated or damaged/);
  for (const options of [{}, { atLeast: 448 }]) {
    assert.match(await refusalOf(resized("rgb.jpg", 0xc0, 14_000), options), /too short for its size in pixels/);
    assert.match(
      await refusalOf(resized("progressive.jpg", 0xc2, 14_000), options),
      /too short for its size in pixels/,
    );
  }
  const gif = FILES.get("palette.gif")!.slice();
  const frame = gif.indexOf(0x2c, 13 + 3 * 2 ** ((gif[10] & 7) + 1));
  for (const at of [6, 8, frame + 5, frame + 7]) new DataView(gif.buffer).setUint16(at, 14_000, true);
  assert.match(await refusalOf(gif), /truncated or damaged/);
});

Deno.test("headers of other formats that promise many pixels take no memory", { permissions: "none" }, async () => {
  const avif = FILES.get("lossy.avif")!.slice();
  const properties = avif.findIndex((_, at) => String.fromCharCode(...avif.subarray(at, at + 4)) === "ispe");
  new DataView(avif.buffer).setUint32(properties + 8, 7000);
  new DataView(avif.buffer).setUint32(properties + 12, 7000);
  assert.match(await refusalOf(avif), /^the AVIF image is truncated or damaged: it is too short/);
  new DataView(avif.buffer).setUint32(properties + 12, 14_000);
  assert.match(await refusalOf(avif), /^7000 × 14000 pixels are too many \(50 million pixels at most\)/);
  // 2 ** 13 rows, two to one: the bits of a height of 13 bits, and the ratio.
  const jxl = joined(latin("\xff\x0a"), Uint8Array.of(0b1111_1010, 0xff, 0xff, 0), new Uint8Array(99));
  assert.match(await refusalOf(jxl), /^the JPEG XL image is truncated or damaged|are too many/);
  const runs = FILES.get("8-bits-runs-end-early.bmp")!.slice();
  for (const at of [18, 22]) new DataView(runs.buffer).setUint32(at, 14_000, true);
  assert.match(await refusalOf(runs), /^the BMP image is truncated or damaged: it is too short/);
  for (const kind of ["P1", "P2", "P3", "P4", "P5", "P6"]) {
    const text = `${kind}\n14000 14000\n${/[14]/.test(kind) ? "" : "65535\n"}1 1 1`;
    assert.match(await refusalOf(latin(text)), /^the Netpbm image is truncated/, kind);
  }
  assert.match(await refusalOf(latin("P5 999999 999999 255 ")), /are too many/);
  // BigTIFF: more fields, and a directory farther off, than a file can have.
  const big = FILES.get("big.tif")!;
  for (const at of [8, new DataView(big.buffer).getUint32(8, true)]) {
    const damaged = big.slice();
    new DataView(damaged.buffer).setBigUint64(at, 2n ** 62n, true);
    assert.match(await refusalOf(damaged), /its directory is missing/);
  }
});

Deno.test("a progressive JPEG that goes over its pixels a thousand times is refused", {
  permissions: "none",
}, async () => {
  const bytes = resized("progressive.jpg", 0xc2, 4000);
  const [last, end] = [[0xda], [0xd9]].map(([kind]) =>
    bytes.findLastIndex((byte, at) => byte === 0xff && bytes[at + 1] === kind)
  );
  const scans = Array.from({ length: 1000 }, () => bytes.subarray(last, end));
  const message = await refusalOf(joined(bytes.subarray(0, last), ...scans, bytes.subarray(end)));
  assert.match(message, /^the JPEG image has 10\d\d scans, too many/);
});

Deno.test("texts and profiles in a PNG that unpack to 256 MB are left packed", { permissions: "none" }, async () => {
  const pixels = ["IDAT", deflateSync(new Uint8Array(16 * (1 + 16 * 4)))] as [string, Uint8Array];
  const bomb = deflateSync(new Uint8Array(2 ** 28), { level: 1 });
  for (const [kind, head] of [["zTXt", "a\0\0"], ["iTXt", "a\0\x01\0\0\0"], ["iCCP", "a\0\0"]] as const) {
    const outcome = await refusalOf(pngOf(16, 16, 8, [kind, joined(latin(head), bomb)], pixels));
    assert.match(outcome, /^16 × 16$|damaged/, kind);
  }
});

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

Deno.test("two thousand damaged PNG files do not use the decoder up", { permissions: "none" }, async () => {
  const png = FILES.get("rgb.png")!;
  collectGarbage();
  await inBounds(async () => {
    for (let round = 0; round < 2000; round++) {
      await assert.rejects(decodeImage(png.subarray(0, png.length - 60)), { code: "bad-image" });
    }
    collectGarbage(); // Each had an instance of its own: what counts is what is still held.
  });
  assert.equal((await decodeImage(png)).width, 21);
});

/** The flag that says that names are in UTF-8. */
const UTF8 = 0x800;

interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** Bytes that it says it unpacks to. */
  readonly size: number;
  /** Place of its local header, where that is another entry's. */
  readonly at?: number;
}

/** A zip of deflated entries, as its headers say and not as they should. */
function zipOf(...entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const header = (length: number, signature: number, numbers: [at: number, value: number, wide?: boolean][]) => {
    const view = new DataView(new ArrayBuffer(length));
    view.setUint32(0, signature, true);
    for (const [at, value, wide] of numbers) wide ? view.setUint32(at, value, true) : view.setUint16(at, value, true);
    return new Uint8Array(view.buffer);
  };
  const [locals, central]: [Uint8Array[], Uint8Array[]] = [[], []];
  let at = 0;
  for (const { name, data, size, at: other } of entries) {
    const text = latin(name);
    if (other === undefined) {
      locals.push(
        header(30, 0x04034b50, [[6, UTF8], [8, 8], [18, data.length, true], [22, size, true], [26, text.length]]),
        text,
        data,
      );
    }
    const place = other ?? at;
    const sizes: [number, number, boolean][] = [[20, data.length, true], [24, size, true], [42, place, true]];
    central.push(header(46, 0x02014b50, [[8, UTF8], [10, 8], [28, text.length], ...sizes]), text);
    if (other === undefined) at += 30 + text.length + data.length;
  }
  const directory = joined(...central);
  const end = header(22, 0x06054b50, [[8, entries.length], [10, entries.length], [12, directory.length, true], [
    16,
    at,
    true,
  ]]);
  return joined(...locals, directory, end);
}

async function zipRefusal(zip: Uint8Array<ArrayBuffer>): Promise<string> {
  try {
    const images = await inBounds(() => readZip(zip, DEFAULT_LIMITS, AbortSignal.timeout(60_000)));
    return `${images.length} images`;
  } catch (error) {
    assert(error instanceof Problem && [413, 422].includes(error.status), String(error));
    return error.message;
  }
}

Deno.test("zips that unpack to more than they say, overlap, nest or list too much are refused", async () => {
  const data = deflateRawSync(new Uint8Array(2 ** 28), { level: 1 }); // 256 MB in 1 MB.
  assert.match(await zipRefusal(zipOf({ name: "a.jpg", data, size: 2 ** 28 })), /more than 100 times its size/);
  assert.match(await zipRefusal(zipOf({ name: "a.jpg", data, size: 2 ** 20 })), /more than 200 MB|damaged/);
  const many = Array.from(
    { length: 300 },
    (_, at) => ({ name: `${at}.jpg`, data, size: data.length * 90, ...(at && { at: 0 }) }),
  );
  assert.match(await zipRefusal(zipOf(...many)), /more than 200 MB/);
  const small = deflateRawSync(FILES.get("rgb.png")!);
  const overlapping = ["a.png", "b.png"].map((name, at) => ({ name, data: small, size: 509, ...(at && { at: 0 }) }));
  assert.match(await zipRefusal(zipOf(...overlapping)), /damaged/);
  assert.match(await zipRefusal(zipOf({ name: "a.zip", data: small, size: 509 })), /a zip within the zip/);
  const strange = { name: "a\r\n\x1b[2Jb.zip", data: small, size: 509 };
  assert.equal(
    await zipRefusal(zipOf(strange)),
    "a\ufffd\ufffd\ufffd[2Jb.zip is a zip within the zip: unpack it first",
  );
  const empty = Array.from({ length: 20_000 }, () => ({ name: "a", data: small, size: 9, at: 0 }));
  assert.match(await zipRefusal(zipOf(...empty)), /lists too many files/);
});

Deno.test("a form of a hundred thousand parts is refused before they are read", async () => {
  const handler = createHandler({ openNetwork: () => Promise.reject(new Error("no network is opened for this")) });
  const part = latin("--b\r\nContent-Disposition: form-data; name=k\r\n\r\n\r\n");
  const body = joined(...Array.from({ length: 100_000 }, () => part), latin("--b--\r\n"));
  const headers = { "content-type": "multipart/form-data; boundary=b" };
  const answer = await inBounds(() => handler(new Request("http://service/groups", { method: "POST", body, headers })));
  assert.equal(answer.status, 413);
  assert.match((await answer.json()).error.message, /^100000 images are too many \(500 at most\)/);
});
