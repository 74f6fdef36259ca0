// Measuring the defects of a folder's images in real workers, which read the images a second time.

import assert from "node:assert/strict";
import { join } from "node:path";
import encodePng from "@jsquash/png/encode.js";
import { findDefects } from "../../src/cli/cluster/find_defects.ts";
import type { Grouped } from "../../src/cli/cluster/grouped.ts";
import { withFolder } from "../support/program.ts";

/** A photo of 200 × 120 with a black square of 20 × 16 pixels. */
async function photo(left: number, top: number): Promise<Uint8Array> {
  const data = new Uint8ClampedArray(200 * 120 * 4).fill(255);
  for (let at = 0; at < 200 * 120; at++) {
    const [x, y] = [at % 200 - left, Math.floor(at / 200) - top];
    const isSquare = x >= 0 && x < 20 && y >= 0 && y < 16;
    data.fill((isSquare ? 20 : 170) + (at * 7919 % 11), at * 4, at * 4 + 3);
  }
  return new Uint8Array(await encodePng({ data, width: 200, height: 120, colorSpace: "srgb" } as ImageData));
}

Deno.test("defects are found where they are, windows and chosen images included; what is gone or spoilt is told once", async () => {
  await withFolder(async (folder) => {
    const places = [[30, 20], [140, 70], [80, 50], [30, 20], [60, 30]];
    const images = places.map((_, at) => ({ path: `${at}.png`, file: join(folder, `${at}.png`) }));
    for (const [at, [left, top]] of places.entries()) {
      if (at !== 3) await Deno.writeFile(images[at].file, at === 4 ? new Uint8Array(40) : await photo(left, top));
    }
    // Patches of 20 × 20 pixels over the photo, and of 10 × 10 over the window of the third.
    const window = { left: 50, top: 40, width: 100, height: 60 };
    const data = new Float32Array(5 * 60).fill(0.001);
    const heavy = (at: number, x: number, y: number) => data[at * 60 + Math.floor(y) * 10 + Math.floor(x)] = 1;
    for (const at of [0, 1, 3, 4]) heavy(at, (places[at][0] + 10) / 20, (places[at][1] + 8) / 20);
    heavy(2, (80 + 10 - 50) / 10, (50 + 8 - 40) / 10);
    const grouped = {
      images,
      grid: { rows: 6, cols: 10 },
      result: { weights: { data, count: 5, patches: 60 } },
      windows: [undefined, undefined, window],
    } as unknown as Grouped;

    const warnings: string[] = [];
    const found = await findDefects(grouped, { decoder: "own" }, warnings);
    for (const at of [0, 1, 2]) {
      const { left, top, width, height, photoWidth, photoHeight } = found[at]!.defect;
      assert.deepEqual([photoWidth, photoHeight], [200, 120]);
      const off = [left - places[at][0], top - places[at][1], width - 20, height - 16].map(Math.abs);
      assert(off.every((pixels) => pixels <= 3), `${at}: ${JSON.stringify(found[at]!.defect)}`);
      assert.match(found[at]!.picture!.url, /^data:image\/jpeg/);
    }
    assert.deepEqual([found[3], found[4]], [undefined, undefined]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0], /^[34]\.png and 1 other image: .*now that the defect is to be measured/);

    const some = await findDefects({ ...grouped, shown: [1] }, { decoder: "own" }, []);
    assert.deepEqual(some.map(Boolean), [false, true, false, false, false]);
  });
});
