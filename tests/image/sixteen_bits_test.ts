// Cameras with 10 or 12 bits: the white level is decided for all images together, and reported once.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeImage } from "../../mod.ts";
import { mayHaveSixteenBits } from "../../src/image/sixteen_bits.ts";
import { jobWhite } from "../../src/job/white.ts";
import { PROJECT, run, withFolder } from "../support/program.ts";

/** A fabric image's grey levels times `factor`, as a PGM file of 16 bits. */
async function pgm(name: string, factor: number): Promise<Uint8Array> {
  const { data, width, height } = await decodeImage(readFileSync(join(PROJECT, "tests/data/fabric", name)));
  const head = new TextEncoder().encode(`P5\n${width} ${height}\n65535\n`);
  const file = new Uint8Array(head.length + width * height * 2);
  file.set(head);
  const view = new DataView(file.buffer, head.length);
  for (let at = 0; at < width * height; at++) view.setUint16(at * 2, data[at * 4 + 1] * factor);
  return file;
}

const NAMES = ["cut/cut-01.jpg", "cut/cut-02.jpg", "cut/cut-03.jpg", "hole/hole-01.jpg", "hole/hole-02.jpg"];

Deno.test("a set of 12 bits is grouped as its 8 bits are, and the model keeps what was white", async () => {
  await withFolder(async (folder) => {
    const groups: Record<string, unknown> = {};
    for (const [name, factor] of [["eight", 257], ["twelve", 16]] as const) {
      mkdirSync(join(folder, name));
      for (const file of NAMES) {
        writeFileSync(join(folder, name, file.replace(/^.*\/(.*)\.jpg$/, "$1.pgm")), await pgm(file, factor));
      }
      const { code, stdout, stderr } = await run(
        "cluster",
        join(folder, name),
        "--preset",
        "paper",
        "--k",
        "2",
        "--json",
        "-",
      );
      assert.equal(code, 0, stderr);
      const told = [...stderr.matchAll(/^warning: (.*)$/gm)].map(([, text]) => text);
      if (name === "eight") assert.deepEqual(told, []);
      else {
        assert.equal(told.length, 1, told.join("\n"));
        assert.match(
          told[0],
          /^the images of 16 bits use 12 of them \(their largest value is \d+\): 4095 was taken for white$/,
        );
      }
      const file: { images: { path: string; group: number }[] } = JSON.parse(stdout);
      groups[name] = file.images.map(({ path, group }) => [path, group]);
    }
    assert.deepEqual(groups.twelve, groups.eight);
    const model = join(folder, "twelve-clusters/model.json");
    assert.equal(JSON.parse(readFileSync(model, "utf8")).network.white, 4095);
    const assigned = await run("assign", model, join(folder, "twelve"), "--json", "-");
    assert.equal(assigned.code, 0, assigned.stderr);
    const { images } = JSON.parse(assigned.stdout) as { images: { path: string; like: string; distance: number }[] };
    assert(images.every(({ path, like, distance }) => path === like && distance === 0));
  });
});

Deno.test("the white of uploads is that of all of them; 8 bits and damaged files have no say", async () => {
  const source = (bytes: Uint8Array) => ({ name: "x", read: () => bytes, head: () => bytes });
  const warnings: string[] = [];
  const twelve = source(await pgm("cut/cut-01.jpg", 16));
  assert.equal(await jobWhite([twelve, source(await pgm("cut/cut-02.jpg", 4))], undefined, warnings), 4095);
  assert.equal(warnings.length, 1);
  assert.equal(await jobWhite([twelve, source(await pgm("cut/cut-02.jpg", 257))], undefined, warnings), undefined);
  const jpeg = source(readFileSync(join(PROJECT, "tests/data/fabric/cut/cut-01.jpg")));
  assert.equal(await jobWhite([jpeg, source(new Uint8Array(3))], undefined, warnings), undefined);
  const cut = (await pgm("cut/cut-01.jpg", 16)).subarray(0, 900);
  assert.equal(await jobWhite([source(cut), twelve], undefined, warnings), 4095);
});

Deno.test("files that may have 16 bits are told by their first bytes", () => {
  const images = join(PROJECT, "tests/data/images");
  const may = (name: string) => mayHaveSixteenBits(readFileSync(join(images, name)).subarray(0, 32));
  for (const name of ["grey-16.png", "rgb-16.png", "grey-16.tif", "grey-16-big-endian.tif"]) assert(may(name), name);
  for (const name of ["grey.png", "palette.png", "grey.jpg", "24-bits.bmp", "palette.gif", "lossy.webp"]) {
    assert(!may(name), name);
  }
});
