// Choosing from the images how far weights spread.

import assert from "node:assert/strict";
import {
  assignPatches,
  clusterPatches,
  groupModel,
  normalizedMutualInformation,
  type PatchSet,
  type PatchValues,
  type Temperatures,
} from "../../mod.ts";
import { chooseSpread } from "../../src/choose_spread.ts";
import { compareFeatures, prepareFeatures } from "../../src/feature.ts";
import { seededRandom } from "../../src/random.ts";
import { sharesOf } from "../../src/weight/weighting.ts";

const [ROWS, CHANNELS, KINDS, PER_KIND] = [8, 6, 4, 12];
const PLACES = ROWS * ROWS;

/** Images of noise under different light, in each a share of the patches changed towards its kind. */
function drawn(share: number, seed = 1): PatchSet {
  const random = seededRandom(seed);
  const count = KINDS * PER_KIND;
  const [noise, change] = share < 0.5 ? [1, 2] : [4, 0.4]; // What fills the image may be faint in each of its patches.
  const data = Float32Array.from({ length: count * PLACES * CHANNELS }, () => noise * (random() - 0.5));
  for (let image = 0; image < count; image++) {
    const light = Array.from({ length: CHANNELS }, () => (share < 0.5 ? 1.6 : 0.4) * (random() - 0.5));
    for (let at = 0; at < PLACES * CHANNELS; at++) data[image * PLACES * CHANNELS + at] += light[at % CHANNELS];
    const places = Array.from({ length: PLACES }, (_, at) => [random(), at]).sort(([a], [b]) => a - b);
    for (const [, place] of places.slice(0, Math.max(1, Math.round(share * PLACES)))) {
      data[(image * PLACES + place) * CHANNELS + image % KINDS] += change * (1 + 0.7 * (image % KINDS)); // Kinds are not all as unlike each other.
    }
  }
  return { data, count, rows: ROWS, cols: ROWS, channels: CHANNELS };
}

async function chosen(patches: PatchSet) {
  const compared = await compareFeatures(await prepareFeatures(patches, [{}]), "mean", {}, {});
  return chooseSpread(compared, { kind: "soft", tau: "auto" });
}

Deno.test("whether small marks or the whole image differ, what is chosen groups as well as the best single spread", async () => {
  const truth = Array.from({ length: KINDS * PER_KIND }, (_, image) => image % KINDS);
  const agreement = async (patches: PatchSet, tau: Temperatures) => {
    const { groups } = await clusterPatches(patches, { k: KINDS, weight: { kind: "soft", tau } });
    return normalizedMutualInformation(truth, Array.from(groups));
  };
  for (const [share, wrong] of [[0.03, 0.7], [1, 0.03]]) {
    for (const seed of [1, 2, 3]) {
      const patches = drawn(share, seed);
      const fixed = await Promise.all([0.03, 0.1, 0.3, 0.7].map((perplexity) => agreement(patches, { perplexity })));
      const own = await agreement(patches, "auto");
      const told = `${share}: ${own} against ${fixed}`;
      assert(own > Math.max(...fixed) - 0.1, told);
      assert(own > await agreement(patches, { perplexity: wrong }) + 0.1, told);
    }
  }
});

Deno.test("shares sum to 1, the most stable has the largest, and the same images lead to the same choice", async () => {
  const patches = drawn(0.1);
  const choice = await chosen(patches);
  assert.deepEqual(await chosen(patches), choice);
  const shares = choice.tried.map(({ share }) => share);
  assert(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-3);
  const most = (values: readonly number[]) => values.indexOf(Math.max(...values));
  assert.equal(most(shares), most(choice.tried.map(({ stability }) => stability)));
  assert(choice.tried.every(({ stability }) => stability > -0.5 && stability <= 1));
  assert.deepEqual([...sharesOf(choice.weighting)], shares.filter((share) => share > 0));
});

Deno.test("of a few images nothing can be told: all spreads in the middle count alike", async () => {
  const { data, ...shape } = drawn(0.1);
  const few = { ...shape, count: 8, data: data.slice(0, 8 * PLACES * CHANNELS) };
  const { tried, weighting } = await chosen(few);
  assert.deepEqual(tried, []);
  assert.deepEqual(sharesOf(weighting), [1, 1, 1, 1, 1]);
  assert.equal((await clusterPatches(few, { k: 2, weight: { kind: "soft", tau: "auto" } })).k, 2);
});

Deno.test("a share counts as so many equal temperatures do", async () => {
  const patches = drawn(0.1);
  const [a, b] = [{ perplexity: 0.1 }, { perplexity: 0.5 }];
  const group = (tau: readonly ({ perplexity: number; share?: number })[]) =>
    clusterPatches(patches, { k: 4, weight: { kind: "soft", tau } });
  const shared = await group([{ ...a, share: 0.75 }, { ...b, share: 0.25 }]);
  const repeated = await group([a, a, a, b]);
  const ratio = repeated.matrix.data[1] / shared.matrix.data[1];
  shared.matrix.data.forEach((distance, at) => {
    assert(Math.abs(repeated.matrix.data[at] - ratio * distance) < 1e-4 * ratio, `distance ${at}`);
  });
  const whole = (weights: PatchValues) => weights.data.subarray(0, PLACES).reduce((sum, weight) => sum + weight, 0);
  assert(Math.abs(whole(shared.weights) - 1) < 1e-5);
});

Deno.test("a model keeps what was chosen: an image that was grouped gets its own vector again", async () => {
  const patches = drawn(0.1);
  const weight = { kind: "soft", tau: "auto" } as const;
  const result = await clusterPatches(patches, { k: 4, weight });
  assert(result.spread!.tried.length > 0);
  for (const settings of [{ weight: result.spread!.weighting }, { weight }]) {
    const model = await groupModel(patches, result, settings);
    const assigned = await assignPatches(model, patches);
    assigned.forEach(({ group, distance, image }, at) => {
      assert.equal(image, at);
      assert.equal(distance, 0);
      assert.equal(group, result.groups[at]);
    });
  }
});

Deno.test("what the choice embedded by each spread is what the chosen spreads embed, where they are given", async () => {
  const patches = drawn(0.1);
  const features = [{ whiten: true }, { content: "residual", length: "root" }] as const;
  const chosen = await clusterPatches(patches, { k: 4, features, weight: { kind: "soft", tau: "auto" } });
  const given = await clusterPatches(patches, { k: 4, features, weight: chosen.spread!.weighting });
  assert.deepEqual(given.embeddings, chosen.embeddings);
  assert.deepEqual(given.weights, chosen.weights);
});
