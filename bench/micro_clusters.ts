/**
 * Measures what micro-clusters lose against exact Ward linkage, on vectors that `cluster --export embeddings` wrote.
 * Prints a Markdown table. "Share within" is the share of the variance that lies inside micro-clusters.
 *
 * Run: deno task bench:micro-clusters FOLDER-clusters/embeddings.npy
 */
import { adjustedRandIndex, clusterEmbeddings, type EmbeddingGroups, type Embeddings } from "../mod.ts";

const [file] = Deno.args;
if (!file) {
  console.error("name vectors: deno task bench:micro-clusters FOLDER-clusters/embeddings.npy");
  Deno.exit(2);
}
const points = readVectors(Deno.readFileSync(file));

/** Reads float32 vectors in NumPy's format 1.0, as the program writes them. */
function readVectors(bytes: Uint8Array): Embeddings {
  const length = bytes[8] + 256 * bytes[9];
  const header = new TextDecoder().decode(bytes.subarray(10, 10 + length));
  const [, count, channels] = header.match(/'<f4'.*\((\d+), (\d+)\)/)!.map(Number);
  return { data: new Float32Array(bytes.slice(10 + length).buffer), count, channels };
}

async function timed(options: { exactUpTo: number; microClusters?: number; k?: number }) {
  const started = performance.now();
  const groups = await clusterEmbeddings(points, options);
  return { groups, seconds: (performance.now() - started) / 1000 };
}

const exact = await timed({ exactUpTo: Infinity });
console.log(`${points.count} vectors of ${points.channels} numbers: exact in ${exact.seconds.toFixed(1)} s`);
console.log(
  `ARI is that of both cuts into the ${exact.groups.k} groups that the exact tree chooses, and into twice as many.\n`,
);
console.log(
  "| micro-clusters | share within | ARI | twice as many groups | k chosen | seconds |\n|---|---|---|---|---|---|",
);
const { k } = exact.groups;
const exactTwice = (await timed({ exactUpTo: Infinity, k: 2 * k })).groups;
const ari = (a: EmbeddingGroups, b: EmbeddingGroups) => adjustedRandIndex(a.groups, b.groups).toFixed(3);
for (const microClusters of [250, 500, 1000, 2500, 5000].filter((wanted) => wanted < points.count)) {
  const chosen = await timed({ exactUpTo: 1, microClusters });
  const same = await timed({ exactUpTo: 1, microClusters, k });
  const twice = await timed({ exactUpTo: 1, microClusters, k: 2 * k });
  const { micro } = chosen.groups;
  const cells = [micro!.count, micro!.within.toFixed(3), ari(same.groups, exact.groups), ari(twice.groups, exactTwice)];
  console.log(`| ${[...cells, chosen.groups.k, same.seconds.toFixed(1)].join(" | ")} |`);
}
