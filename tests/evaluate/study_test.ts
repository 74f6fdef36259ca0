// What a study measures is what the program does.

import assert from "node:assert/strict";
import { clusterPatches, normalizedMutualInformation, type PatchSet } from "../../mod.ts";
import { study } from "../../src/evaluate/study.ts";
import type { Feature } from "../../src/feature.ts";
import { seededRandom } from "../../src/random.ts";

/** Images of noise, some patches of which are marked by their kind. */
function images(count: number, kindOf: (image: number) => number, seed: number): PatchSet {
  const random = seededRandom(seed);
  const [places, channels] = [16, 6];
  const data = Float32Array.from({ length: count * places * channels }, () => random() - 0.5);
  for (let image = 0; image < count; image++) {
    const kind = kindOf(image);
    const marked = Math.floor(random() * 3) + 1;
    for (let mark = 0; kind > 0 && mark < marked; mark++) {
      data[(image * places + Math.floor(random() * places)) * channels + kind] += 0.3;
    }
  }
  return { data, count, rows: 4, cols: 4, channels };
}

Deno.test("rows by labelled normals, and by none, have the groups that clusterPatches makes with the same settings", async () => {
  const labels = Array.from({ length: 60 }, (_, image) => String(image % 4));
  const patches = images(60, (image) => image % 4, 1);
  const normals = images(30, () => 0, 2);
  const features: readonly Feature[] = [{ whiten: true, length: "root" }, { content: "residual", length: "root" }];
  const over = { quantile: 0.05 } as const;
  const { rows } = await study({
    patches,
    labels,
    features,
    over,
    tau: "auto",
    references: "auto",
    seeds: 0,
    normals,
    hausdorff: false,
  }, () => undefined);
  for (const [supervision, source] of [["none", over], ["labelled normals", "normal"]] as const) {
    const row = rows.find((one) => one.supervision === supervision && one.headline)!;
    const { groups } = await clusterPatches(patches, {
      k: 4,
      features,
      weight: { kind: "soft", tau: "auto", over: source },
      normals,
    });
    assert(Math.abs(row.nmi.mean - normalizedMutualInformation(labels, groups)) < 1e-9, supervision);
  }
});
