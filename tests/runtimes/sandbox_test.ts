// Grouping from pixels and from embeddings without any permission.

import assert from "node:assert/strict";
import { clusterImages, clusterPatches, type Embedder, type PatchSet, type Raster, resize } from "../../mod.ts";

/** A picture of stripes in one of three directions: three kinds of "defect". */
function stripes(kind: number, shift: number): Raster {
  const side = 64;
  const data = new Uint8Array(side * side * 4).fill(128);
  for (let y = 16; y < 40; y++) {
    for (let x = 16; x < 40; x++) {
      const along = [x, y, x + y][kind] + shift;
      data.fill(along % 8 < 4 ? 255 : 0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { data, width: side, height: side };
}

/** Mean absolute differences along three directions in each cell of an 8 × 8 grid. */
const gradients: Embedder = {
  id: "gradients",
  embed(image) {
    const { data, width } = resize(image, 64, 64);
    const at = (x: number, y: number) => data[(Math.min(y, 63) * width + Math.min(x, 63)) * 4];
    const patches = Float32Array.from({ length: 8 * 8 * 3 }, (_, index) => {
      const [dx, dy] = [[1, 0], [0, 1], [1, -1]][index % 3];
      const [left, top] = [Math.floor(index / 3) % 8 * 8, Math.floor(index / 24) * 8];
      let sum = 0;
      for (let y = top; y < top + 8; y++) {
        for (let x = left; x < left + 8; x++) sum += Math.abs(at(x + dx, Math.max(y + dy, 0)) - at(x, y)) / 255;
      }
      return sum / 64;
    });
    return Promise.resolve<PatchSet>({ data: patches, count: 1, rows: 8, cols: 8, channels: 3 });
  },
  release: () => Promise.resolve(),
};

Deno.test("pixel arrays are resized, embedded and grouped by kind without permissions", {
  permissions: "none",
}, async () => {
  const images = Array.from({ length: 18 }, (_, i) => stripes(i % 3, i));
  const { groups } = await clusterImages(images, { embedder: gradients, k: 3 });
  for (let i = 3; i < 18; i++) assert.equal(groups[i], groups[i % 3]);
});

Deno.test("given embeddings are grouped without permissions", { permissions: "none" }, async () => {
  const data = Float32Array.from({ length: 12 * 6 * 5 }, (_, at) => Math.sin(at) * 0.1);
  for (let i = 0; i < 12; i++) data.fill(i % 2 ? 4 : -4, i * 30, i * 30 + 5); // One odd patch of two kinds.
  const { groups } = await clusterPatches({ data, count: 12, rows: 2, cols: 3, channels: 5 });
  assert.deepEqual(Array.from(groups), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
});
