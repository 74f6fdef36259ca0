// Distances as a report stores them, read back by the code of its page.

import assert from "node:assert/strict";
import { distanceReader } from "../../src/report/client/grouping.js";
import { nearestImages, packDistances } from "../../src/report/distances.ts";
import type { DistanceMatrix } from "../../src/types.ts";

/** Distances of points on a line. */
function onLine(count: number): DistanceMatrix {
  const data = Float32Array.from({ length: count * count }, (_, at) => {
    return Math.abs(Math.sin(Math.floor(at / count)) - Math.sin(at % count));
  });
  return { data, count };
}

Deno.test("packed distances are right to half a step: two bytes, one byte, and none for too many images", () => {
  for (const [count, bits] of [[50, 16], [1999, 16], [2000, 8]]) {
    const matrix = onLine(count);
    const packed = packDistances(matrix)!;
    assert.equal(packed.bits, bits);
    const distance = distanceReader(packed, count);
    const error = packed.largest / (2 ** bits - 1) * 0.501;
    for (let at = 0; at < 5000; at++) {
      const [i, j] = [(at * 7919) % count, (at * 104729) % count];
      assert(Math.abs(distance(i, j) - matrix.data[i * count + j]) <= error, `${count}: ${i}, ${j}`);
      assert.equal(distance(i, j), distance(j, i));
    }
  }
  assert.equal(packDistances({ data: new Float32Array(0), count: 6001 }), undefined);
  assert.equal(distanceReader(packDistances({ data: new Float64Array(9), count: 3 })!, 3)(0, 2), 0, "all equal");
});

Deno.test("nearest images are those of a full sort, ties in their order", () => {
  const { data, count } = onLine(80);
  const rounded = { data: data.map((distance) => Math.round(distance * 8)), count };
  nearestImages(rounded).forEach((found, i) => {
    const all = Array.from({ length: count }, (_, image) => image).filter((image) => image !== i);
    const distance = (image: number) => rounded.data[i * count + image];
    all.sort((a, b) => distance(a) - distance(b) || a - b);
    assert.deepEqual(found, all.slice(0, 16).map((image) => ({ image, distance: distance(image) })));
  });
});
