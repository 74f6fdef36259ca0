// Sizes that headers tell, against the decoded images.

import assert from "node:assert/strict";
import { decodeImage } from "../../mod.ts";
import { headerSize } from "../../src/image/header_size.ts";

const IMAGES = new URL("../data/images/", import.meta.url);

Deno.test("the header of a JPEG or PNG file tells the size that is decoded; of other formats it is not read", async () => {
  let told = 0;
  for (const { name } of Deno.readDirSync(IMAGES)) {
    if (name.startsWith("refused") || !/\.(jpe?g|png|gif|bmp|webp|tiff?)$/.test(name)) continue;
    const bytes = Deno.readFileSync(new URL(name, IMAGES));
    const size = headerSize(bytes);
    assert.equal(size !== undefined, /\.(jpe?g|png)$/.test(name), name);
    if (!size) continue;
    const { width, height } = await decodeImage(bytes);
    assert.deepEqual([size.width, size.height].sort(), [width, height].sort(), name); // Upright it may lie the other way.
    told++;
  }
  assert.ok(told > 10, `${told} files`);
});
