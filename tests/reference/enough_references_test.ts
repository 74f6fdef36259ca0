// How many references are enough: all images if there are few, otherwise a sample that is large enough and no larger.

import assert from "node:assert/strict";
import { clusterPatches, patchScores, type PatchSet } from "../../mod.ts";
import { enoughReferences, FEW, WANTED_STANDARD_ERROR } from "../../src/reference/enough_references.ts";
import { prepareFeatures } from "../../src/feature.ts";
import { seededRandom } from "../../src/random.ts";

/** Images of noise about `images` centres of `apart` units; every tenth has something unusual in one patch. */
function drawn(count: number, apart: number): PatchSet {
  const random = seededRandom(3);
  const centres = Array.from({ length: count }, () => apart * random());
  const data = Float32Array.from({ length: count * 4 * 3 }, (_, at) => {
    const [image, place, channel] = [Math.floor(at / 12), Math.floor(at / 3) % 4, at % 3];
    return random() + centres[image] + (image % 10 === 0 && place === 1 && channel === 2 ? 4 : 0);
  });
  return { data, count, rows: 2, cols: 2, channels: 3 };
}

async function enough(patches: PatchSet): Promise<number | "all"> {
  return await enoughReferences(await prepareFeatures(patches, [{}]), "mean", 0, {});
}

Deno.test("a few images are all compared; of more as many as the standard error asks for", async () => {
  assert.equal(await enough(drawn(FEW, 0)), "all");
  const [alike, unlike] = [drawn(900, 0), drawn(900, 40)];
  assert.equal(await enough(alike), 64);
  const wanted = await enough(unlike) as number;
  assert(wanted >= 64 && wanted <= 512);
  for (const patches of [alike, unlike]) {
    const { scores, references, standardErrors } = await clusterPatches(patches, { k: 2 });
    assert.equal(references, await enough(patches));
    assert.equal(scores.length, 900);
    const exact = patchScores(patches).data;
    const mean = exact.reduce((sum, score) => sum + score, 0) / exact.length;
    const deviation = Math.sqrt(exact.reduce((sum, score) => sum + (score - mean) ** 2, 0) / exact.length);
    const error = standardErrors!.data.reduce((sum, one) => sum + one, 0) / exact.length;
    assert(error <= 1.1 * WANTED_STANDARD_ERROR * deviation, `${error} of ${deviation}`);
  }
});

Deno.test("who asks for all gets all, and labelled normals stand in for references", async () => {
  const patches = drawn(300, 1);
  assert.equal((await clusterPatches(patches, { k: 2, references: "all" })).references, undefined);
  const normals = { ...patches, count: 40, data: patches.data.subarray(0, 40 * 12) };
  const { references } = await clusterPatches(patches, { k: 2, normals, weight: { kind: "soft", over: "normal" } });
  assert.equal(references, undefined);
});
