/**
 * Measures time and memory by the number of images. Draws small images of a surface with four kinds of marks, groups
 * 1,000, 10,000, … of them, each time in a new process, and prints the time an image and the most memory. Needs 500 MB
 * of disk for each 100,000 images. If a folder is given, the images stay there.
 *
 * Run: deno task bench:many [MOST] [FOLDER]     100,000 by default, about an hour
 */
import { join } from "node:path";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { ramp, type Random, shade } from "../tools/drawing.ts";
import { seededRandom } from "../src/random.ts";
import type { GroupsFile } from "../src/report/result.ts";

const SIDE = 64;
const OPTIONS = ["--size", "64", "--references", "256", "--cache", "off", "--labels", "folders", "--memory"];
const KINDS = ["good", "line", "spot", "ring"] as const;

const [mostText = "100000", kept] = Deno.args;
const most = Number(mostText);
if (!Number.isInteger(most) || most < 1000) {
  console.error("name a number of images from 1000 on: deno task bench:many 100000 FOLDER");
  Deno.exit(2);
}
const base = kept ?? await Deno.makeTempDir();

/** Returns how dark the mark is at a place, from 0 to 1. */
function mark(kind: typeof KINDS[number], random: Random): (x: number, y: number) => number {
  const [left, top, angle, size] = [12 + 40 * random(), 12 + 40 * random(), 7 * random(), 4 + 5 * random()];
  const depth = 0.5 + 0.5 * random();
  const across = (x: number, y: number) => (x - left) * Math.cos(angle) + (y - top) * Math.sin(angle);
  const along = (x: number, y: number) => (x - left) * Math.sin(angle) - (y - top) * Math.cos(angle);
  const away = (x: number, y: number) => Math.hypot(x - left, y - top);
  if (kind === "good") return () => 0;
  if (kind === "line") {
    return (x, y) => Math.abs(along(x, y)) < 3 * size ? depth * ramp(2, 1, Math.abs(across(x, y))) : 0;
  }
  if (kind === "spot") return (x, y) => depth * ramp(size, size - 2, away(x, y));
  return (x, y) => depth * ramp(2, 1, Math.abs(away(x, y) - size - 2));
}

async function image(kind: typeof KINDS[number], random: Random): Promise<ArrayBuffer> {
  const darkness = mark(kind, random);
  const tone = 0.9 + 0.2 * random();
  const data = new Uint8ClampedArray(SIDE * SIDE * 4).fill(255);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const light = tone * (1 + 0.15 * (random() - 0.5)) * (1 - 0.8 * darkness(x, y));
      data.set(shade([150, 156, 160], light), (y * SIDE + x) * 4);
    }
  }
  return await encodeJpeg({ data, width: SIDE, height: SIDE, colorSpace: "srgb" } as ImageData, { quality: 85 });
}

/** Draws the images that a folder lacks. An image depends only on its number. */
async function drawUpTo(folder: string, count: number): Promise<void> {
  for (const kind of KINDS) Deno.mkdirSync(join(folder, kind), { recursive: true });
  for (let at = 0; at < count; at++) {
    const kind = KINDS[at % KINDS.length];
    const file = join(folder, kind, `${String(at).padStart(7, "0")}.jpg`);
    if (at % 1000 === 0) console.error(`drawing: ${at} of ${count}`);
    try {
      Deno.statSync(file);
    } catch {
      Deno.writeFileSync(file, new Uint8Array(await image(kind, seededRandom(at))));
    }
  }
}

console.log("| images | seconds | ms an image | most memory | groups: NMI |\n|---|---|---|---|---|");
for (let count = 1000; count <= most; count *= 10) {
  const folder = join(base, String(count));
  await drawUpTo(folder, count);
  const started = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "cluster", folder, ...OPTIONS, "--json", "-"],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const seconds = (performance.now() - started) / 1000;
  const told = new TextDecoder().decode(stderr);
  if (!success) throw new Error(told);
  console.error(told);
  const { metrics, settings }: GroupsFile = JSON.parse(new TextDecoder().decode(stdout));
  const memory = told.match(/memory: (\d+) MB/)?.[1];
  const cells = [count, seconds.toFixed(0), (1000 * seconds / count).toFixed(1), `${memory} MB`];
  console.log(`| ${cells.join(" | ")} | ${settings.k}: ${metrics!.nmi.toFixed(3)} |`);
}
if (!kept) await Deno.remove(base, { recursive: true });
