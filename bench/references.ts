/**
 * Measures how much quality is lost by comparing images with a sample of the others. Compares groups and weights by R
 * references with those by all images, on labelled images, in a cut into as many groups as classes. Prints a Markdown
 * table.
 *
 * Run: deno task bench:references FOLDER [PRESET…]     some minutes; layouts as of deno task evaluate
 */
import { adjustedRandIndex, clusterPatches, joinPatches, normalizedMutualInformation, PRESETS } from "../mod.ts";
import type { PresetName } from "../src/preset.ts";
import { RunCache } from "../src/cli/images/image_cache.ts";
import { loadImages } from "../src/cli/images/load_images.ts";
import { openModel } from "../src/cli/network/open_model.ts";
import { labelledDataset } from "../src/dataset/labelled.ts";
import type { References } from "../src/reference/choose_references.ts";

const SIZES = [16, 32, 64, 128, 256, 512];
const SEEDS = 5;

const [folder, ...names] = Deno.args;
if (!folder) {
  console.error("name a folder of labelled images: deno task bench:references FOLDER");
  Deno.exit(2);
}
const dataset = labelledDataset(folder);

for (const preset of (names.length ? names : ["paper", "default"]) as PresetName[]) {
  using cache = new RunCache({ cacheLimit: 8e9 });
  const opened = await openModel({ preset }, []);
  const network = { ...opened, cache: cache.of(opened.maker) };
  const images = await loadImages(dataset.images, network, [], `${preset}: images`);
  await opened.embedder.release();
  const patches = joinPatches(images.map((image) => image.patches));
  const truth = dataset.images.map(({ label }) => label);
  const { features, tau, over = "mean" } = PRESETS[preset];
  const run = async (references: References, seed = 0) => {
    const started = performance.now();
    const weight = { kind: "soft", tau, over } as const;
    const k = new Set(truth).size;
    const result = await clusterPatches(patches, { features, weight, k, references, seed });
    return { ...result, seconds: (performance.now() - started) / 1000 };
  };
  const exact = await run("all");
  const spread = deviation(exact.weights.data);
  console.log(`\n${preset}, ${patches.count} images, seeds 0 to ${SEEDS - 1}\n`);
  console.log("| references | NMI | ARI to the exact groups | correlation of weights | standard error | seconds |");
  console.log("|---|---|---|---|---|---|");
  const nmi = (groups: Int32Array) => normalizedMutualInformation(truth, groups);
  console.log(
    `| all ${patches.count - 1} | ${nmi(exact.groups).toFixed(3)} | 1 | 1 | 0 | ${exact.seconds.toFixed(1)} |`,
  );
  for (const size of SIZES.filter((size) => size < patches.count)) {
    const sampled = [];
    for (let seed = 0; seed < SEEDS; seed++) sampled.push(await run(size, seed));
    const coreset = await run({ coreset: size });
    for (const [name, all] of [[`${size} at random`, sampled], [`coreset of ${size}`, [coreset]]] as const) {
      const values = all.map(({ groups }) => nmi(groups));
      const cells = [
        name,
        all.length > 1 ? `${mean(values).toFixed(3)} ± ${deviation(values).toFixed(3)}` : values[0].toFixed(3),
        mean(all.map(({ groups }) => adjustedRandIndex(exact.groups, groups))).toFixed(3),
        mean(all.map(({ weights }) => correlation(weights.data, exact.weights.data, spread))).toFixed(4),
        mean(all.map(({ standardErrors }) => mean(standardErrors!.data))).toPrecision(2),
        mean(all.map(({ seconds }) => seconds)).toFixed(1),
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - centre) ** 2)));
}

/** Returns Pearson's correlation. `spread` is the standard deviation of b. */
function correlation(a: Float32Array, b: Float32Array, spread: number): number {
  const [centreA, centreB] = [mean(a), mean(b)];
  return mean(a.map((value, at) => (value - centreA) * (b[at] - centreB))) / deviation(a) / spread;
}
