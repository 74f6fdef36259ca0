/**
 * Compares our speed with what people use in Python, on the same cores and in one run. Each peer and our code run in
 * turn; the median of the rounds' ratios counts. Peers are installed into bench/.venv on the first run (about 5 GB with
 * PyTorch).
 *
 * Run: deno task bench:speed [FOLDER] [--rounds 5] [--only TEXT]
 *      FOLDER: images whose features are compared, at best a few hundred (default: tests/data/fabric)
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { linkage, type PatchSet, type Raster, ThreadPool, wardLinkage } from "../mod.ts";
import { prepareImages } from "../src/cli/images/image_pool.ts";
import { withRegion } from "../src/core/memory.ts";
import { spreadImageDistances } from "../src/distance/image_distances.ts";
import { spreadNormalScores } from "../src/distance/normal_scores.ts";
import { spreadPatchScores } from "../src/distance/patch_minima.ts";
import { euclideanDistances } from "../src/distance/weighted_average.ts";
import { featuresOf } from "./features.ts";

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: { rounds: { type: "string", default: "5" }, only: { type: "string", default: "" } },
});
const HERE = fileURLToPath(new URL(".", import.meta.url));
const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const PYTHON = `${HERE}.venv/bin/python`;
const folder = positionals[0] ?? `${PROJECT}tests/data/fabric`;
const threads = navigator.hardwareConcurrency;
const scratch = await Deno.makeTempDir();
/** A pool that lasts, because the peers keep their threads from round to round too. */
const kept = new ThreadPool(threads);

/** Runs a command to its end, and returns its seconds. */
async function timedCommand(command: string, ...args: string[]): Promise<number> {
  const started = performance.now();
  const env = { ANOMALY_CLUSTER_CACHE: "off" }; // Every run starts without cached embeddings.
  const { success, stderr } = await new Deno.Command(command, { args, cwd: PROJECT, env, stdout: "null" }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return (performance.now() - started) / 1000;
}

async function installPeers(): Promise<void> {
  try {
    await Deno.stat(PYTHON);
  } catch {
    console.error("installing the peers into bench/.venv");
    await timedCommand("python3", "-m", "venv", `${HERE}.venv`);
    await timedCommand(PYTHON, "-m", "pip", "install", "--quiet", "-r", `${HERE}requirements.txt`);
  }
}

/** The Python process that runs the peers' jobs. It keeps its threads and caches from round to round. */
class Peers {
  readonly #process = new Deno.Command(PYTHON, { args: [`${HERE}peers.py`], stdin: "piped", stdout: "piped" }).spawn();
  readonly #writer = this.#process.stdin.getWriter();
  readonly #reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();

  async run(job: string, details: object): Promise<number> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify({ job, threads, ...details })}\n`));
    let line = "";
    while (!line.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`the peers ended during ${job}`);
      line += value;
    }
    return JSON.parse(line);
  }

  end(): Promise<void> {
    return this.#writer.close();
  }
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

const rows: string[] = [];

/** Measures one row, our code and the peer in turn. */
async function compare(
  work: string,
  peer: string,
  goal: string,
  ours: () => Promise<unknown>,
  theirs: () => Promise<number>,
  rounds = Number(values.rounds),
): Promise<void> {
  if (!`${work} ${peer}`.includes(values.only)) return;
  const times: { ours: number; theirs: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const peerSeconds = await theirs();
    const started = performance.now();
    const result = await ours();
    const seconds = typeof result === "number" ? result : (performance.now() - started) / 1000;
    if (round > 0) times.push({ ours: seconds, theirs: peerSeconds }); // The first round warms both up.
  }
  const ratios = times.map(({ ours, theirs }) => theirs / ours);
  const seconds = (side: "ours" | "theirs") => median(times.map((time) => time[side])).toPrecision(3);
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  const row = `| ${work} | ${peer} | ${seconds("theirs")} s | ${seconds("ours")} s | **${
    median(ratios).toFixed(2)
  }×** (${spread}) | ${goal} |`;
  rows.push(row);
  console.error(row);
}

function store(name: string, data: Float32Array): string {
  const file = `${scratch}/${name}`;
  Deno.writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return file;
}

/** Draws photos of 12 megapixels: a texture with some noise, shifted a little from photo to photo. */
async function storePhotos(count: number): Promise<string> {
  const photos = `${scratch}/photos`;
  Deno.mkdirSync(photos);
  const [width, height] = [4000, 3000];
  const whole = new Uint8ClampedArray((width * height + count * 31) * 4);
  for (let at = 0, pixel = 0; at < whole.length; at += 4, pixel++) {
    const wave = 60 * Math.sin(pixel % width / 29) + 40 * Math.sin(Math.floor(pixel / width) / 17);
    whole[at] = whole[at + 1] = whole[at + 2] = 128 + wave + (Math.imul(pixel, 2654435761) >>> 28);
    whole[at + 3] = 255;
  }
  for (let number = 0; number < count; number++) {
    const data = whole.slice(number * 31 * 4, (number * 31 + width * height) * 4);
    const jpeg = await encodeJpeg({ data, width, height, colorSpace: "srgb" } as ImageData, { quality: 90 });
    Deno.writeFileSync(`${photos}/${String(number).padStart(3, "0")}.jpg`, new Uint8Array(jpeg));
  }
  return photos;
}

await installPeers();
const features = await featuresOf(folder, 64);
const peers = new Peers();

for (const [name, goal] of [["D = 40", 1.2], ["D = 112", 1.2], ["D = 344", 1.5], ["D = 464", 1.7]] as const) {
  const set = features[name];
  const shape = [set.count, set.rows * set.cols, set.channels];
  const data = store(name, set.data);
  const what = `N = ${shape[0]}, M = ${shape[1]}, ${name}${name === "D = 344" ? ", whitened pyramid" : ""}`;
  if (!`patch minima both ways max-Hausdorff matrix, ${what}`.includes(values.only)) continue;
  const forms: [string, number][] = [];
  for (const form of ["minima flat", "minima batched", "minima pair"]) {
    const times: number[] = [];
    for (let run = 0; run <= 3; run++) times.push(await peers.run(form, { data, shape }));
    forms.push([form, median(times.slice(1))]);
  }
  const [fastest] = forms.toSorted((a, b) => a[1] - b[1])[0];
  await compare(
    `patch minima both ways, ${what}`,
    `PyTorch cdist + amin, ${fastest.slice(7)}`,
    `≥ ${goal}×`,
    () => spreadPatchScores(set, { threads: kept }),
    () => peers.run(fastest, { data, shape }),
  );
  if (name === "D = 112") {
    const naive = () => peers.run("naive", { data, shape });
    await compare(
      `patch minima both ways, ${what}`,
      "PyTorch, each ordered pair",
      "≥ 2.5×",
      () => spreadPatchScores(set, { threads: kept }),
      naive,
    );
  }
  if (name === "D = 40" || name === "D = 112") {
    const ours = () => spreadImageDistances(set, "max-hausdorff", { threads: kept });
    await compare(`max-Hausdorff matrix, ${what}`, "PyTorch", "", ours, () => peers.run("hausdorff", { data, shape }));
    await compare(`max-Hausdorff matrix, ${what}`, "our own patch minima", "", ours, async () => {
      const started = performance.now();
      await spreadPatchScores(set, { threads: kept });
      return (performance.now() - started) / 1000;
    });
    if (name === "D = 112") {
      const byHand = () => Promise.resolve(everyDistance(set));
      await compare(`max-Hausdorff matrix, ${what}`, "our own, every distance measured", "≥ 5×", ours, byHand, 3);
    }
  }
}

/**
 * Returns the seconds to find the nearest patches of all pairs by measuring every distance, both ways, on this thread.
 */
function everyDistance({ data, count, rows, cols, channels }: PatchSet): number {
  const started = performance.now();
  const patches = rows * cols;
  withRegion((region) => {
    const at = region.copyIn(data);
    for (let m = 0; m < count * patches; m++) {
      const own = Math.floor(m / patches);
      for (let other = 0; other < count; other++) {
        if (other === own) continue;
        const others = at + other * patches * channels * 4;
        region.core.nearestSquared(at + m * channels * 4, others, patches, channels);
      }
    }
  });
  return (performance.now() - started) / 1000;
}

// 761 labelled normals, made from the real images with noise, so that no image is its own nearest.
const queries = features["D = 112"];
const references = moreImages(queries, 761);
const faiss = {
  data: store("queries", queries.data),
  shape: [queries.count, 196, 112],
  references: store("references", references.data),
  references_shape: [761, 196, 112],
};
await compare(
  `nearest labelled normal, ${queries.count} images against 761 × 196 patches, D = 112`,
  "Faiss IndexFlatL2, k = 1",
  "≥ 1.5×",
  () => spreadNormalScores(queries, references, { threads: kept }),
  () => peers.run("faiss", faiss),
  Math.min(3, Number(values.rounds)),
);

function moreImages(set: PatchSet, count: number): PatchSet {
  const image = set.rows * set.cols * set.channels;
  let square = 0;
  for (const value of set.data) square += value * value / set.data.length;
  const data = Float32Array.from({ length: count * image }, (_, at) => {
    // A patch of any image, plus noise from a hash of the place: the same on every machine.
    const patch = Math.floor(at / set.channels);
    const source = (Math.imul(patch, 2654435761) >>> 0) % (set.count * set.rows * set.cols);
    const noise = ((Math.imul(at + 1, 2246822519) >>> 0) / 2 ** 32 - 0.5) * Math.sqrt(square);
    return set.data[source * set.channels + at % set.channels] + noise;
  });
  return { ...set, data, count };
}

const points = { data: references.data.slice(0, 10000 * 112), count: 10000, channels: 112 };
const pointsFile = { data: store("points", points.data), shape: [10000, 112] };
if ("Ward, 10,000 points, without their distances fastcluster linkage_vector SciPy".includes(values.only)) {
  const distances = euclideanDistances(points);
  for (const [peer, goal] of [["fastcluster", "≥ 2×"], ["scipy", "≥ 3×"]]) {
    const ours = () => Promise.resolve(linkage(distances, "ward"));
    const theirs = () => peers.run(peer, pointsFile);
    await compare("Ward, 10,000 points", peer, goal, ours, theirs, Math.min(3, Number(values.rounds)));
  }
  for (
    const [name, job, goal] of [["fastcluster linkage_vector", "fastcluster-points", "≥ 2×"], [
      "SciPy",
      "scipy-points",
      "≥ 3×",
    ]]
  ) {
    const ours = () => Promise.resolve(wardLinkage(points));
    const theirs = () => peers.run(job, pointsFile);
    const rounds = Math.min(3, Number(values.rounds));
    await compare("Ward, 10,000 points, without their distances", name, goal, ours, theirs, rounds);
  }
}

if ("decode + resize, 100 photos of 12 megapixels Pillow".includes(values.only)) {
  const photos = await storePhotos(100);
  const files = Array.from(Deno.readDirSync(photos), ({ name }) => `${photos}/${name}`).sort();
  const ours = async () => {
    const seen: Raster[] = [];
    for await (const image of prepareImages(files, { size: 224, decoder: "own" })) {
      if ("pixels" in image) seen.push(image.pixels);
    }
    return seen.length === files.length ? undefined : Promise.reject(new Error("not all photos were read"));
  };
  for (const [peer, job, goal] of [["Pillow", "pillow", "≥ 1×"], ["Pillow, reduced decode", "pillow-draft", ""]]) {
    const theirs = () => peers.run(job, { folder: photos });
    const name = "decode + resize, 100 photos of 12 megapixels";
    await compare(name, `${peer}, ${threads} processes`, goal, ours, theirs, 2);
  }
}
await peers.end();

// Whole programs take long enough to be run once each.
const images = `${countImages(folder)} images, folder to groups`;
if (`${images} PyTorch clustimage`.includes(values.only)) {
  const PEER = "PyTorch + Pillow + fastcluster, same network and settings";
  const programs = [
    { preset: "paper", peers: { [PEER]: "peer_pipeline.py", "clustimage (PCA), no network": "peer_clustimage.py" } },
    { preset: "default", peers: { [PEER]: "peer_default.py" } },
  ];
  for (const { preset, peers } of programs) {
    const ours: Record<string, number> = {};
    for (const [task, engine] of [["cluster", ""], ["cluster:native", ", native engine"]]) {
      const settings = [folder, "--preset", preset, "--k", "6", "--out", `${scratch}/out`];
      ours[`${images} and report, \`${preset}\`${engine}`] = await timedCommand(
        Deno.execPath(),
        "task",
        task,
        ...settings,
      );
    }
    for (const [peer, script] of Object.entries(peers)) {
      const other = await timedCommand(PYTHON, `${HERE}${script}`, folder, "6");
      for (const [work, own] of Object.entries(ours)) {
        const goal = peer !== PEER ? "" : work.includes("native") ? "≥ 5×" : "≥ 3×";
        rows.push(
          `| ${work} | ${peer} | ${other.toFixed(1)} s | ${own.toFixed(1)} s | **${
            (other / own).toFixed(2)
          }×** | ${goal} |`,
        );
      }
    }
  }
}

function countImages(within: string): number {
  let count = 0;
  for (const { name, isDirectory } of Deno.readDirSync(within)) {
    count += isDirectory ? countImages(`${within}/${name}`) : /\.jpe?g$/i.test(name) ? 1 : 0;
  }
  return count;
}

await Deno.remove(scratch, { recursive: true });
const cpu = (await Deno.readTextFile("/proc/cpuinfo").catch(() => "")).match(/model name\s*: (.*)/)?.[1] ??
  "unknown CPU";
console.log(`${cpu}, ${threads} cores, Deno ${Deno.version.deno}, ${values.rounds} rounds\n`);
console.log("| work | peer | peer | ours | ratio (range) | goal |\n|---|---|---|---|---|---|");
console.log(rows.join("\n"));
Deno.exit(0);
