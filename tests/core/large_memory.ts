// Matrices of more than 2 GiB in the core, as real runs have them: `deno task test:large`, half a minute and 5 GB.

import assert from "node:assert/strict";
import { chainMerges } from "../../src/core/linkage_kernel.ts";
import { resize } from "../../src/image/resize.ts";

Deno.test("single linkage of 24,500 points on a line, a matrix of 2.4 GB, finds the gaps between them", () => {
  const count = 24_500;
  // Gaps of 1 to count − 1 in a mixed order: the heights are these gaps.
  const gaps = Float64Array.from({ length: count - 1 }, (_, at) => 1 + at * 7919 % (count - 1));
  const places = new Float64Array(count);
  for (let at = 1; at < count; at++) places[at] = places[at - 1] + gaps[at - 1] / count;
  const merges = chainMerges((i) => places.map((place) => Math.abs(places[i] - place)), count, "single");
  const heights = Float64Array.from({ length: count - 1 }, (_, at) => merges[at * 3 + 2]).sort();
  const expected = gaps.map((gap) => gap / count).sort();
  heights.forEach((height, at) => assert(Math.abs(height - expected[at]) < 2e-3, `${height}, not ${expected[at]}`));
});

Deno.test("an image of 400 million pixels, 1.6 GB and rows between, is resized to the mean of its stripes", () => {
  const [width, height] = [16_000, 25_000];
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) data.fill(Math.floor(y / 100) % 2 ? 200 : 40, y * width * 4, (y + 1) * width * 4);
  const small = resize({ data, width, height }, 2_000, 25);
  // At the ends the filter is cut off, and weighs the stripes unevenly.
  assert(small.data.every((value) => Math.abs(value - 120) <= 8));
});
