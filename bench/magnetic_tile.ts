/**
 * The magnetic tile set (Huang, Qiu, Yuan 2018) in the six-class protocol: all defect images, and every
 * fifth image of MT_Free, sorted by name, as the sixth class; the other images of MT_Free are the
 * labelled normals. Prints the rows of the paper's tables 7, 8, 9 and 10 (Sohn et al., WACV 2023) beside the
 * paper's numbers, and the seconds of each stage. Takes some minutes.
 *
 * Run: deno task bench:tiles FOLDER     FOLDER holds MT_Blowhole, MT_Break, … each with Imgs/
 */
import { join } from "node:path";
import {
  adjustedRandIndex,
  buildCodebook,
  cut,
  decodeImage,
  DEFAULT_MODEL,
  type DistanceMatrix,
  type Embeddings,
  euclideanDistances,
  f1Score,
  gaussianMixture,
  hardWeights,
  hybridWeights,
  imageDistances,
  joinPatches,
  kmeans,
  kmedoids,
  linkage,
  maskPatches,
  maskWeights,
  normalizedMutualInformation,
  normalScores,
  onnxEmbedder,
  patchScores,
  pool,
  softWeights,
  spectral,
  uniformWeights,
  weightedAverage,
} from "../mod.ts";

const DEFECTS = ["MT_Blowhole", "MT_Break", "MT_Crack", "MT_Fray", "MT_Uneven"];
const K = 6;

const [folder] = Deno.args;
if (!folder) {
  console.error("name the folder of the magnetic tile set: deno task bench:tiles FOLDER");
  Deno.exit(2);
}
const embedder = await onnxEmbedder({ model: await Deno.readFile(DEFAULT_MODEL) });

function imagesOf(name: string): string[] {
  const images = join(folder, name, "Imgs");
  const files = [...Deno.readDirSync(images)].map((entry) => entry.name).filter((file) => file.endsWith(".jpg")).sort();
  return files.map((file) => join(images, file));
}

async function timed<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.log(`- ${stage}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

async function embedded(files: string[]) {
  const parts = [];
  for (const file of files) parts.push(await embedder.embed(await decodeImage(await Deno.readFile(file))));
  return joinPatches(parts);
}

/** Prints a row of a table: our NMI / ARI / F1 micro beside the paper's. */
function row(name: string, groups: Int32Array, paper = ""): void {
  const ours = [
    normalizedMutualInformation(truth, groups),
    adjustedRandIndex(truth, groups),
    f1Score(truth, groups).micro,
  ];
  const shown = ours.map((score) => score.toFixed(3).replace("0.", ".")).join(" / ");
  console.log(`| ${name.padEnd(46)} | ${shown.padEnd(18)} | ${paper.padEnd(18)} |`);
}

function heading(title: string): void {
  console.log(`\n${title}\n\n| method | NMI / ARI / F1 micro | the paper's |\n|---|---|---|`);
}

const ward = (distances: DistanceMatrix) => cut(linkage(distances, "ward"), K);
const wardOf = (embeddings: Embeddings) => ward(euclideanDistances(embeddings));

const free = imagesOf("MT_Free");
const classes = [...DEFECTS.map(imagesOf), free.filter((_, at) => at % 5 === 0)];
const files = classes.flat();
const truth = classes.flatMap((images, label) => images.map(() => label));

const patches = await timed(`decode, resize, embed ${files.length} images`, () => embedded(files));
const normals = await timed("the same, labelled normals", () => embedded(free.filter((_, at) => at % 5 !== 0)));
const scores = await timed("patch minima and scores", () => patchScores(patches));
const normal = await timed(`scores against ${normals.count} labelled normals`, () => normalScores(patches, normals));
const hausdorff = await timed("max-hausdorff", () => imageDistances(patches, "max-hausdorff"));
const marks = new Float32Array(scores.data.length);
for (const [at, file] of files.entries()) {
  const mask = await decodeImage(await Deno.readFile(file.replace(/jpg$/, "png")));
  marks.set(maskPatches(mask, patches.rows, patches.cols), at * scores.patches);
}
const soft = weightedAverage(patches, softWeights(scores));
const softDistances = euclideanDistances(soft);
console.log(`\n${embedder.id}, ${files.length} images, ${K} groups, seed 0`);

heading("Table 7: distances and supervision, Ward");
row("average", wardOf(weightedAverage(patches, uniformWeights(patches.count, scores.patches))), ".065 / .024 / .289");
row("max-hausdorff", ward(hausdorff), ".193 / .112 / .381");
for (const standardDeviations of [0.1, 0.2, 0.3, 0.5, 1]) {
  const isDefault = standardDeviations === 0.3;
  const weights = softWeights(scores, { tau: { standardDeviations } });
  const paper = isDefault ? ".179 / .120 / .346" : "";
  row(
    `soft, τ = ${standardDeviations} sd${isDefault ? " (preset paper)" : ""}`,
    wardOf(weightedAverage(patches, weights)),
    paper,
  );
}
row("hard, k = 10", wardOf(weightedAverage(patches, hardWeights(scores, { k: 10 }))));
row("hybrid, k = 10", wardOf(weightedAverage(patches, hybridWeights(scores, { k: 10 }))));
row("labelled normals", wardOf(weightedAverage(patches, softWeights(normal))), ".390 / .314 / .490");
const masks = maskWeights({ ...scores, data: marks });
row("ground-truth masks", wardOf(weightedAverage(patches, masks)), ".467 / .359 / .482");

heading("Tables 8 and 10: clusterers; maxH is max-hausdorff, WA the soft weighted average");
row("kmeans, WA", kmeans(soft, { k: K }).labels, ".204 / .135 / .374");
row("gmm diagonal, WA", gaussianMixture(soft, { k: K }).labels, ".204 / .141 / .377");
row("gmm full, 20 components, WA", gaussianMixture(soft, { k: K, covariance: "full" }).labels);
const paper: Record<string, [maxH: string, wa: string]> = {
  spectral: [".143 / .089 / .354", ".150 / .098 / .341"],
  kmedoids: [".050", ".076"],
  single: [".087 / .019 / .202", ".065 / .012 / .200"],
  complete: [".128 / .062 / .320", ".116 / .075 / .310"],
  average: [".080 / .024 / .242", ".094 / .034 / .284"],
  ward: [".193 / .112 / .381", ".179 / .120 / .346"],
};
for (const [at, [name, distances]] of ([["maxH", hausdorff], ["WA", softDistances]] as const).entries()) {
  row(`spectral, ${name}`, spectral(distances, { k: K }), paper.spectral[at]);
  row(`kmedoids, ${name}`, kmedoids(distances, { k: K }).labels, paper.kmedoids[at]);
  for (const method of ["single", "complete", "average", "ward"] as const) {
    row(`${method}, ${name}`, cut(linkage(distances, method), K), paper[method][at]);
  }
}

heading("Table 9: poolings, Ward (the paper reports them on MVTec only)");
row("max", wardOf(pool(patches, { kind: "max" })));
row("gem, p = 20", wardOf(pool(patches, { kind: "gem" })));
row("spoc, σ = 1000", wardOf(pool(patches, { kind: "spoc" })));
const codebook = buildCodebook(patches);
row("bag-of-words, 512 words", wardOf(pool(patches, { kind: "bag-of-words", codebook })));
await embedder.release();
