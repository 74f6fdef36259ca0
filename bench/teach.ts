// Compares learning from a few labels with what people use in Python for it, and compares the accuracy on new images
// with that on the images learned from: deno task bench:teach PYTHON SET...
//
// PYTHON has scikit-learn (bench/requirements.txt). Each SET is a labelled folder in a layout of `evaluate`. Prints two
// Markdown tables.

import { join } from "node:path";
import process from "node:process";
import { groupModel } from "../src/assign/group_model.ts";
import { kindsOfVector, learnedKinds } from "../src/assign/learned_kinds.ts";
import { kindOf } from "../src/learn/kind_classifier.ts";
import { learnGroups } from "../src/learn/learn_groups.ts";
import { pointBy, pointsOf } from "../src/learn/points.ts";
import { RunCache } from "../src/cli/images/image_cache.ts";
import { loadSubject } from "../src/cli/evaluate/subject.ts";
import { linkage } from "../src/cluster/linkage.ts";
import { labelledDataset } from "../src/dataset/labelled.ts";
import { embedPatches } from "../src/fitted/embed_blocks.ts";
import { squaredDistance } from "../src/distance/squared_distance.ts";
import { euclideanDistances } from "../src/distance/weighted_average.ts";
import { joinPatches, someImages } from "../src/embed/embedder.ts";
import { estimate } from "../src/evaluate/protocol.ts";
import { shortNumber } from "../src/evaluate/tables.ts";
import { drawnLabels, nearestLabelled, shuffled } from "../src/evaluate/teaching.ts";
import { clusterPatches } from "../src/pipeline.ts";
import { presetSettings } from "../src/preset.ts";
import { seededRandom } from "../src/random.ts";
import type { Embeddings, PatchSet } from "../src/types.ts";

const RUNS = 20;
const EACH = [1, 3, 5, 10, 20];
/**
 * Labels of each kind, share of the images that is learned from, and number of random splits, in the test on new
 * images.
 */
const [LABELS, KEPT, SPLITS] = [10, 0.7, 3];

/** Labels drawn for one run. */
interface Draw {
  readonly each: number;
  readonly labels: Int32Array;
}

async function main([python, ...sets]: readonly string[]): Promise<void> {
  if (sets.length === 0) throw new Error("usage: deno task bench:teach PYTHON SET...");
  const settings = presetSettings("default", false);
  const [peers, held]: string[][] = [[], []];
  for (const set of sets) {
    const name = set.split("/").filter(Boolean).at(-1)!;
    const { patches, truth, members } = await load(set);
    const { embeddings } = await clusterPatches(patches, { ...settings, k: 1 });
    const draws = EACH.flatMap((each) =>
      Array.from({ length: RUNS }, (_, run) => ({
        each,
        labels: drawnLabels(members, patches.count, each, seededRandom(1000 * each + run)),
      }))
    );
    peers.push(...await againstPeers(name, embeddings!, truth, draws, python));
    held.push(await onNewImages(name, patches, truth, members));
  }
  const methods = ["learned", "learned, likeliest kind", "nearest label", ...PEERS.map(([title]) => title)];
  console.log(`| set | labels a kind | ${methods.join(" | ")} |\n|---|---|${"---|".repeat(methods.length)}`);
  console.log(peers.join("\n"));
  console.log(
    "\n| set | learned from, run's vectors | learned from, model's vectors | new images, model's vectors | " +
      "new images by what the run learned |\n|---|---|---|---|---|",
  );
  console.log(held.join("\n"));
}

async function load(set: string): Promise<{ patches: PatchSet; truth: Int32Array; members: number[][] }> {
  using cache = new RunCache({ cacheLimit: 40e9 });
  const subject = { name: "default", preset: "default" } as const;
  const dataset = labelledDataset(set, {});
  const { loaded: [images] } = await loadSubject(
    subject,
    [["images", dataset.images]],
    { size: 224, engine: "auto" },
    cache,
  );
  const labels = images.map(({ label }) => label!);
  const names = [...new Set(labels)];
  const truth = Int32Array.from(labels, (label) => names.indexOf(label));
  const members = names.map((_, kind) => Array.from(truth.keys()).filter((image) => truth[image] === kind));
  return { patches: joinPatches(images.map((image) => image.patches)), truth, members };
}

const PEERS: readonly (readonly [title: string, job: string])[] = [
  ["scikit-learn logistic regression", "logistic"],
  ["scikit-learn label spreading, k nearest", "spreading-knn"],
  ["scikit-learn label spreading, RBF", "spreading-rbf"],
];

/** Returns a row for each number of labels: the accuracy on the unlabelled images. */
async function againstPeers(
  name: string,
  embeddings: Embeddings,
  truth: Int32Array,
  draws: readonly Draw[],
  python: string,
): Promise<string[]> {
  const distances = euclideanDistances(embeddings);
  const tree = linkage(distances, "ward");
  const { points } = pointsOf(distances);
  const ours = draws.map(({ labels }) => {
    const { groups, probabilities, kinds } = learnGroups(points, labels, { tree });
    const open = Array.from(labels.keys()).filter((image) => labels[image] < 0);
    const likeliest = open.filter((image) => mostLikely(probabilities, image, kinds) === truth[image]);
    const near = nearestLabelled(points, labels);
    return [
      open.filter((image) => groups[image] === truth[image]),
      likeliest,
      open.filter((image) => near[image] === truth[image]),
    ].map((right) => right.length / open.length);
  });
  const theirs = await askPython(python, embeddings, truth, draws);
  return EACH.map((each) => {
    const runs = Array.from(draws.keys()).filter((at) => draws[at].each === each);
    const means = [
      ...[0, 1, 2].map((method) => estimate(runs.map((at) => ours[at][method])).mean),
      ...PEERS.map(([, job]) => estimate(runs.map((at) => theirs[job][at])).mean),
    ];
    const best = Math.max(...means).toFixed(3);
    const cells = means.map((mean) => mean.toFixed(3) === best ? `**${shortNumber(mean)}**` : shortNumber(mean));
    return `| ${name} | ${each} | ${cells.join(" | ")} |`;
  });
}

/** Returns the peers' accuracies of each draw, by the name of the method. */
async function askPython(
  python: string,
  embeddings: Embeddings,
  truth: Int32Array,
  draws: readonly Draw[],
): Promise<Record<string, number[]>> {
  const folder = await Deno.makeTempDir();
  try {
    const data = Float32Array.from(embeddings.data);
    await Deno.writeFile(join(folder, "embeddings.f32"), new Uint8Array(data.buffer));
    const job = {
      data: join(folder, "embeddings.f32"),
      shape: [embeddings.count, embeddings.channels],
      truth: Array.from(truth),
      draws: draws.map(({ labels }) => Array.from(labels)),
    };
    await Deno.writeTextFile(join(folder, "job.json"), JSON.stringify(job));
    const script = new URL("teach_peers.py", import.meta.url).pathname;
    const { success, stdout } = await new Deno.Command(python, {
      args: [script, join(folder, "job.json")],
      stderr: "inherit",
    }).output();
    if (!success) throw new Error(`${python} bench/teach_peers.py failed`);
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns a row: the accuracy on the images learned from and on images that come later, by ten labels of each kind. */
async function onNewImages(
  name: string,
  patches: PatchSet,
  truth: Int32Array,
  members: readonly (readonly number[])[],
): Promise<string> {
  const settings = presetSettings("default", false);
  const found: number[][] = [[], [], [], []];
  for (let split = 0; split < SPLITS; split++) {
    const random = seededRandom(split);
    const mixed = members.map((own) => shuffled(own, random));
    const kept = mixed.flatMap((own) => own.slice(0, Math.round(KEPT * own.length))).sort((a, b) => a - b);
    const later = mixed.flatMap((own) => own.slice(Math.round(KEPT * own.length)));
    const own = someImages(patches, kept);
    const result = await clusterPatches(own, { ...settings, k: members.length });
    const model = await groupModel(own, result, { ...settings, weight: result.spread?.weighting ?? settings.weight });
    const vectors = await embedPatches(someImages(patches, later), model.fit);
    const { points, axes } = pointsOf(result.matrix);
    const ownMembers = members.map((_, kind) => [...kept.keys()].filter((at) => truth[kept[at]] === kind));
    for (let run = 0; run < RUNS / 4; run++) {
      const labels = drawnLabels(ownMembers, kept.length, LABELS, random);
      const open = [...kept.keys()].filter((at) => labels[at] < 0);
      const inRun = learnGroups(points, labels, result.tree && { tree: result.tree });
      const kinds = learnedKinds(model.embeddings, labels);
      const share = (right: readonly unknown[], of: readonly unknown[]) => right.length / of.length;
      found[0].push(share(
        open.filter((at) => mostLikely(inRun.probabilities, at, members.length) === truth[kept[at]]),
        open,
      ));
      found[1].push(share(
        open.filter((at) => most(kindsOfVector(kinds, model.embeddings, model.embeddings, at)) === truth[kept[at]]),
        open,
      ));
      found[2].push(share(
        later.filter((image, at) => most(kindsOfVector(kinds, model.embeddings, vectors, at)) === truth[image]),
        later,
      ));
      const byRun = (at: number) => {
        const squared = Float64Array.from(axes.anchors, (anchor) => {
          return squaredDistance(vectors, at, result.embeddings!, anchor);
        });
        return most(kindOf(inRun.classifier, pointBy(axes, squared)));
      };
      found[3].push(share(later.filter((image, at) => byRun(at) === truth[image]), later));
    }
  }
  return `| ${name} | ${found.map((values) => shortNumber(estimate(values).mean)).join(" | ")} |`;
}

function mostLikely(probabilities: Float64Array, image: number, kinds: number): number {
  return most(probabilities.subarray(image * kinds, (image + 1) * kinds));
}

function most(values: Float64Array): number {
  return values.reduce((best, value, at) => value > values[best] ? at : best, 0);
}

await main(process.argv.slice(2));
