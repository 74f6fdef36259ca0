/**
 * Measures how time grows with the number of images, from 100 to 10,000: for the scores of patches, which compare all
 * pairs, and for Ward linkage with its distances. Uses synthetic embeddings of 7 × 7 patches with 40 channels. Writes
 * docs/growth.svg.
 *
 * Run: deno task bench:growth     some minutes
 */
import { euclideanDistances, linkage, uniformWeights, weightedAverage } from "../mod.ts";
import { spreadPatchScores } from "../src/distance/patch_minima.ts";

const SIZES = [100, 200, 500, 1000, 2000, 5000, 10000];
const [rows, cols, channels] = [7, 7, 40];

interface Point {
  readonly count: number;
  readonly seconds: number;
}

/** Makes clouds of patches around a few centres, like those of real textures. */
function syntheticPatches(count: number) {
  const data = Float32Array.from({ length: count * rows * cols * channels }, (_, at) => {
    const patch = Math.floor(at / channels);
    const centre = Math.sin((Math.imul(patch, 2654435761) >>> 28) * 7.1 + at % channels);
    return centre + ((Math.imul(at + 1, 2246822519) >>> 0) / 2 ** 32 - 0.5);
  });
  return { data, count, rows, cols, channels };
}

async function seconds(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

const curves: Record<string, Point[]> = { "scores of all patches": [], "distances and Ward": [] };
for (const count of SIZES) {
  const patches = syntheticPatches(count);
  curves["scores of all patches"].push({ count, seconds: await seconds(() => spreadPatchScores(patches)) });
  const embeddings = weightedAverage(patches, uniformWeights(count, rows * cols));
  curves["distances and Ward"].push({ count, seconds: await seconds(() => linkage(euclideanDistances(embeddings))) });
  console.log(
    `${count} images: ${Object.values(curves).map((points) => `${points.at(-1)!.seconds.toFixed(2)} s`).join(", ")}`,
  );
}
await Deno.writeTextFile("docs/growth.svg", plot());

/** Draws both curves on logarithmic axes. */
function plot(): string {
  const [width, height, left, top, right, bottom] = [640, 400, 70, 40, 20, 50];
  const x = (count: number) => left + Math.log10(count / 100) / 2 * (width - left - right);
  const exponents = [-3, -2, -1, 0, 1, 2, 3];
  const y = (value: number) => {
    return top + (3 - Math.log10(Math.max(value, 1e-3))) / 6 * (height - top - bottom);
  };
  const colours = ["#2563eb", "#d97706"];
  const lines = Object.entries(curves).map(([name, points], at) => {
    const path = points.map(({ count, seconds }) => `${x(count).toFixed(1)},${y(seconds).toFixed(1)}`);
    const dots = path.map((place) => `<circle cx="${place.split(",")[0]}" cy="${place.split(",")[1]}" r="3"/>`).join(
      "",
    );
    const label = `<text x="${left + 12}" y="${top + 16 + at * 18}" stroke="none">${name}</text>`;
    return `<g fill="${colours[at]}" stroke="${colours[at]}"><polyline points="${
      path.join(" ")
    }" fill="none" stroke-width="2"/>${dots}${label}</g>`;
  });
  const grid = [
    ...exponents.map((power) =>
      `<path d="M${left} ${y(10 ** power)}H${width - right}"/><text x="${left - 8}" y="${
        y(10 ** power) + 4
      }" text-anchor="end">${10 ** power} s</text>`
    ),
    ...SIZES.map((count) =>
      `<path d="M${x(count)} ${top}V${height - bottom}"/><text x="${x(count)}" y="${
        height - bottom + 18
      }" text-anchor="middle">${count}</text>`
    ),
  ];
  const cores = navigator.hardwareConcurrency;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="22" font-size="14">Seconds by number of images (${rows} × ${cols} patches, ${channels} channels, ${cores} cores)</text>
<g stroke="#e5e7eb" fill="#4b5563">${grid.join("").replaceAll("<text", '<text stroke="none"')}</g>
${lines.join("\n")}
<text x="${(left + width) / 2}" y="${height - 10}" text-anchor="middle" fill="#4b5563">images</text>
</svg>
`;
}
