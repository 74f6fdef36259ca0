// Times our kernels alone: deno bench --allow-read --allow-env --allow-sys bench/kernels.ts
// The patch embeddings are synthetic, with the shapes of a network's. speed.ts compares with peers.

import { imageDistances, linkage, normalScores, patchScores, type PatchSet, type Raster, resize } from "../mod.ts";

function patchesLike(count: number, side: number, channels: number): PatchSet {
  const data = Float32Array.from({ length: count * side * side * channels }, (_, at) => {
    const patch = Math.floor(at / channels);
    const centre = Math.sin((Math.imul(patch, 2654435761) >>> 28) * 7.1 + at % channels);
    return centre + ((Math.imul(at + 1, 2246822519) >>> 0) / 2 ** 32 - 0.5);
  });
  return { data, count, rows: side, cols: side, channels };
}

for (const [side, channels] of [[28, 40], [14, 112], [14, 344]]) {
  const patches = patchesLike(8, side, channels);
  const shape = `8 images, ${side * side} patches, ${channels} channels`;
  Deno.bench(`patch minima both ways, ${shape}`, { group: shape, baseline: true }, () => void patchScores(patches));
  Deno.bench(`max-Hausdorff, ${shape}`, { group: shape }, () => void imageDistances(patches, "max-hausdorff"));
  Deno.bench(`nearest reference, ${shape}`, { group: shape }, () => void normalScores(patches, patches));
}

const points = 2000;
const distances = Float64Array.from({ length: points * points }, (_, at) => {
  const [i, j] = [Math.floor(at / points), at % points];
  return Math.abs(Math.sin(i * 12.9898) - Math.sin(j * 12.9898)) + (i === j ? 0 : 0.01);
});
for (const method of ["single", "complete", "average", "ward"] as const) {
  Deno.bench(`${method} linkage, ${points} points`, { group: "linkage" }, () => {
    linkage({ data: distances, count: points }, method);
  });
}

const photo: Raster = { data: new Uint8Array(4000 * 3000 * 4).fill(77), width: 4000, height: 3000 };
Deno.bench("resize 12 megapixels to 224 × 224", () => void resize(photo, 224, 224));
