/**
 * The magnetic tile set (Huang, Qiu, Yuan 2018) in the six-class protocol: all defect images, and every
 * fifth image of MT_Free, sorted by name, as the sixth class. Prints a Markdown table beside the
 * paper's rows (Sohn et al., table 7) and the seconds of each stage.
 *
 * Run: deno task bench:tiles FOLDER     FOLDER holds MT_Blowhole, MT_Break, … each with Imgs/
 */
import { join } from "node:path";
import {
  adjustedRandIndex,
  cut,
  decodeImage,
  DEFAULT_MODEL,
  euclideanDistances,
  f1Score,
  joinPatches,
  linkage,
  normalizedMutualInformation,
  onnxEmbedder,
  patchScores,
  type PatchValues,
  softWeights,
  uniformWeights,
  weightedAverage,
} from "../mod.ts";

const CLASSES = ["MT_Blowhole", "MT_Break", "MT_Crack", "MT_Fray", "MT_Uneven", "MT_Free"];
const soft = (standardDeviations: number) => (scores: PatchValues) =>
  softWeights(scores, { tau: { standardDeviations } });
const ROWS: [name: string, paper: string, weights: (scores: PatchValues) => PatchValues][] = [
  ["average", ".065 / .024 / .289", (scores) => uniformWeights(scores.count, scores.patches)],
  ["soft (eq. 5), τ = 0.1 sd", "", soft(0.1)],
  ["soft (eq. 5), τ = 0.2 sd", "", soft(0.2)],
  ["soft (eq. 5), τ = 0.3 sd (default)", ".179 / .120 / .346", soft(0.3)],
  ["soft (eq. 5), τ = 0.5 sd", "", soft(0.5)],
  ["soft (eq. 5), τ = 1 sd", "", soft(1)],
];

function imagesOf(folder: string, name: string): string[] {
  const images = join(folder, name, "Imgs");
  const files = [...Deno.readDirSync(images)].map((entry) => entry.name).filter((file) => file.endsWith(".jpg")).sort();
  return files.filter((_, at) => name !== "MT_Free" || at % 5 === 0).map((file) => join(images, file));
}

function tell(stage: string, started: number): void {
  console.log(`- ${stage}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function groupsBy(weights: PatchValues): Int32Array {
  return cut(linkage(euclideanDistances(weightedAverage(patches, weights)), "ward"), 6);
}

function row(name: string, paper: string, truth: string[], groups: Int32Array): string {
  const scores = [
    normalizedMutualInformation(truth, groups),
    adjustedRandIndex(truth, groups),
    f1Score(truth, groups).micro,
  ];
  return `| ${name} | ${scores.map((score) => score.toFixed(3).slice(1)).join(" / ")} | ${paper} |`;
}

const [folder] = Deno.args;
if (!folder) {
  console.error("name the folder of the magnetic tile set: deno task bench:tiles FOLDER");
  Deno.exit(2);
}
const files = CLASSES.flatMap((name) => imagesOf(folder, name).map((file) => ({ file, label: name })));
const truth = files.map(({ label }) => label);
const embedder = await onnxEmbedder({ model: await Deno.readFile(DEFAULT_MODEL) });
let started = performance.now();
const rasters = [];
for (const { file } of files) rasters.push(await decodeImage(await Deno.readFile(file)));
tell(`decode ${files.length} images`, started);
started = performance.now();
const parts = [];
for (const raster of rasters) parts.push(await embedder.embed(raster));
const patches = joinPatches(parts);
tell("resize and embed", started);
started = performance.now();
const scores = patchScores(patches);
tell("patch minima and scores", started);
started = performance.now();
const lines = ROWS.map(([name, paper, weights]) => row(name, paper, truth, groupsBy(weights(scores))));
tell(`${ROWS.length} × weights, distances, linkage`, started);
console.log(`\n${embedder.id}, ${files.length} images, 6 groups\n`);
console.log("| weights | NMI / ARI / F1 micro | the paper's |\n|---|---|---|");
console.log(lines.join("\n"));
await embedder.release();
