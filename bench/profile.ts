/**
 * Where the time of a run goes, from start to report: each step of `cluster` by itself, in the order of a run, with the
 * seconds that pass and those of all threads together. Prints a Markdown table.
 *
 * Run: deno task bench:profile FOLDER [PRESET] [native]     as long as one run without the cache
 */
import process from "node:process";
import { groupModel } from "../src/assign/group_model.ts";
import { chooseSpread } from "../src/choose_spread.ts";
import { chooseGroupCount } from "../src/cluster/choose_k.ts";
import { cluster } from "../src/cluster/clusterer.ts";
import { findDefects } from "../src/cli/cluster/find_defects.ts";
import { RunCache } from "../src/cli/images/image_cache.ts";
import { fitCloser } from "../src/cli/images/closer.ts";
import { looksOf, networkWith, releaseNetwork } from "../src/cli/images/image_network.ts";
import { prepareImages } from "../src/cli/images/image_pool.ts";
import { loadImages } from "../src/cli/images/load_images.ts";
import { openModel } from "../src/cli/network/open_model.ts";
import { findImages } from "../src/dataset/folder.ts";
import { euclideanDistances } from "../src/distance/weighted_average.ts";
import { joinPatches } from "../src/embed/embedder.ts";
import { compareFeatures, embedImages, prepareFeatures } from "../src/feature.ts";
import { presetDetail } from "../src/look/detail.ts";
import { featuresOfLooks } from "../src/look/two_looks.ts";
import { clusterPatches } from "../src/pipeline.ts";
import { type PresetName, presetSettings } from "../src/preset.ts";
import { referencesFor } from "../src/reference/enough_references.ts";
import { renderReport } from "../src/report/html.ts";
import { reportData } from "../src/report/report_data.ts";
import { groupsFile } from "../src/report/result.ts";
import { isLeftOpen, sourceOf } from "../src/weight/weighting.ts";

const [folder, preset = "default", engine = "wasm"] = Deno.args as [string, PresetName, "wasm" | "native"];
if (!folder) {
  console.error("name a folder of images: deno task bench:profile FOLDER [PRESET] [native]");
  Deno.exit(2);
}

const rows: { readonly step: string; readonly seconds: number; readonly processor: number }[] = [];

/** Does a step and notes its time. */
async function step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  rows.push({ step: name, seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6 });
  return result;
}

const started = performance.now();
await new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--quiet", "cli.ts", "--version"], stdout: "null" })
  .output();
const start = (performance.now() - started) / 1000;

const files = findImages(folder).images;
const opened = await step("open the network", () => openModel({ preset, engine }, []));
const closer = await step("fit the closer look", () => fitCloser(files, presetDetail(preset), opened));
await step("decode, resize, thumbnails", async () => {
  const detail = closer && { detail: closer.look.detail };
  for await (const _ of prepareImages(files.map(({ file }) => file), { ...opened, ...detail })) { /* Decoded only. */ }
});
const scratch = await Deno.makeTempDir();
using cache = new RunCache({ cache: scratch, cacheLimit: 4e9 });
const network = networkWith(opened, closer, cache);
const images = await step("the same, embed, cache", () => loadImages(files, network, [], "Embedding"));
await step("read the cache", () => loadImages(files, network, [], "Reading"));
await releaseNetwork(network);
const patches = joinPatches(images.map((image) => image.patches));
const { features: own, weight, references } = presetSettings(preset, false);
const features = featuresOfLooks(own, looksOf(network));
const prepared = await step("whiten", () => prepareFeatures(patches, features));
const sample = await step(
  "choose references",
  () => referencesFor(patches, prepared, sourceOf(weight), { references }),
);
const compared = await step("compare", () => compareFeatures(prepared, sourceOf(weight), { sample }, {}));
const spread = isLeftOpen(weight) ? await step("choose the spread", () => chooseSpread(compared, weight)) : undefined;
const { embeddings } = await step("weigh, embed", () => embedImages(compared, spread?.weighting ?? weight));
const distances = await step("distances", () => euclideanDistances(embeddings));
const ward = { kind: "linkage", method: "ward" } as const;
const { labels, tree } = await step("link", () => cluster(ward, distances, embeddings));
await step("choose k", () => chooseGroupCount(distances, labels, { tree: tree!, method: "ward" }));
const result = await clusterPatches(patches, { features, weight: spread?.weighting ?? weight, references });
await step("model", () => groupModel(patches, result, { features, weight: spread?.weighting ?? weight }));
const thumbnails = new Map(images.map(({ path, thumbnail }) => [path, thumbnail]));
const windows = closer && { windows: images.map(({ window }) => window) };
const page = () => {
  throw new Error("the page is made below");
};
const grouped = { images, result, grid: patches, settings: {}, thumbnails, page, ...windows };
const defects = await step("measure defects", () => findDefects(grouped, network, []));
const file = groupsFile(result, {
  images: images.map(({ path }, at) => ({ path, ...(defects[at] && { defect: defects[at].defect }) })),
  settings: {},
  model: opened.embedder.id,
  warnings: [],
});
const data = await step("map, points, distances of the report", () => reportData("Profile", file, result, images));
await step("report", () => renderReport(data));
await Deno.remove(scratch, { recursive: true });

// Decoding is part of embedding too: it is taken off, so that each second counts once.
const decoding = rows.find((row) => row.step === "decode, resize, thumbnails")!;
const embedding = rows.find((row) => row.step === "the same, embed, cache")!;
const alone = {
  step: "embed, write the cache",
  seconds: embedding.seconds - decoding.seconds,
  processor: embedding.processor - decoding.processor,
};
const steps = [
  { step: "start", seconds: start, processor: start },
  ...rows.filter((row) => row !== embedding && row.step !== "read the cache").flatMap((row) => {
    return row === decoding ? [row, alone] : [row];
  }),
];
const whole = steps.reduce((sum, row) => sum + row.processor, 0);
console.log(`\n${images.length} images, ${preset}, ${engine}\n\n| step | seconds | seconds of all threads | share |`);
console.log("|---|---|---|---|");
for (const { step, seconds, processor } of steps) {
  if (processor < 0.005 * whole) continue;
  const share = `${(100 * processor / whole).toFixed(0)} %`;
  console.log(`| ${step} | ${seconds.toFixed(2)} | ${processor.toFixed(2)} | ${share} |`);
}
const passed = steps.reduce((sum, row) => sum + row.seconds, 0);
console.log(`| all | ${passed.toFixed(2)} | ${whole.toFixed(2)} | |`);
const read = rows.find((row) => row.step === "read the cache")!;
console.log(`\nIn a second run the cache gives all images in ${read.seconds.toFixed(2)} s.`);
Deno.exit(0);
