// The sample photos of the pages.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { SAMPLE_COUNT, sampleFiles } from "../../src/page/samples.ts";
import { DEFAULT_LIMITS } from "../../src/serve/limits.ts";
import { readZip } from "../../src/serve/zip.ts";
import { ROOT } from "../../tools/loaded_files.ts";
import { SAMPLES_FILE, samplesText } from "../../tools/make_samples.ts";

Deno.test("the committed sample photos are what demo/ has, and small", async () => {
  assert(
    readFileSync(SAMPLES_FILE, "utf8") === await samplesText(),
    "run `deno task samples` and commit what it writes",
  );
  const { zip, notice } = await sampleFiles();
  assert(zip.length < 500_000);
  const images = await readZip(zip, DEFAULT_LIMITS, new AbortController().signal);
  assert.equal(images.length, SAMPLE_COUNT);
  for (const { name, bytes } of images) {
    assert.deepEqual(bytes, new Uint8Array(readFileSync(`${ROOT}/demo/${name}`)));
  }
  assert(notice.endsWith(readFileSync(`${ROOT}/demo/LICENSE`, "utf8")));
  assert.match(notice, /Feng.*Gao.*Luo.*X-SDD/s);
});
