/**
 * Writes src/page/generated/samples.ts: some photos of demo/ as a zip, with their licence, so that the service and the
 * studio can offer them also where there is no demo/.
 *
 * Run: deno task samples
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { SAMPLE_KINDS, SAMPLES_EACH } from "../src/page/samples.ts";
import { ROOT, write } from "./loaded_files.ts";

export const SAMPLES_FILE = join(ROOT, "src/page/generated/samples.ts");

const DEMO = join(ROOT, "demo");

const NOTICE = `The sample photos: hot-rolled steel strip with four kinds of defects.

They are part of X-SDD: Xinglong Feng, Xianwen Gao and Ling Luo, "X-SDD: A New Benchmark for Hot Rolled Steel Strip
Surface Defects Detection", Symmetry 2021, 13(4), 706, https://doi.org/10.3390/sym13040706.
Nothing was changed: the files have their names and every byte. The folders' names have underscores for spaces.

They are under the Apache License, Version 2.0:

`;

/** Content of src/page/generated/samples.ts. */
export async function samplesText(): Promise<string> {
  const notice = NOTICE + readFileSync(join(DEMO, "LICENSE"), "utf8");
  return `// Made by \`deno task samples\` from demo/. Do not edit.

/** The photos as a zip, base64. */
export const zip: string = "${(await samplesZip()).toBase64()}";

/** Where the photos are from, and their licence. */
export const notice: string = ${JSON.stringify(notice)};
`;
}

async function samplesZip(): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level: 0, useWebWorkers: false });
  for (const path of samplePaths()) {
    // The same bytes each time: with a date that is not today's, and without the time zone.
    const entry = { lastModDate: new Date(2021, 0, 1), extendedTimestamp: false };
    await writer.add(path, new Uint8ArrayReader(readFileSync(join(DEMO, path))), entry);
  }
  return await writer.close();
}

/** Photos of each kind at even distances, so that weak and strong defects are among them. */
function samplePaths(): string[] {
  return SAMPLE_KINDS.flatMap((kind) => {
    const names = readdirSync(join(DEMO, kind)).sort();
    const first = 2;
    return Array.from({ length: SAMPLES_EACH }, (_, at) => {
      return `${kind}/${names[first + Math.floor(at * names.length / SAMPLES_EACH)]}`;
    });
  });
}

if (import.meta.main) {
  write(SAMPLES_FILE, await samplesText());
}
