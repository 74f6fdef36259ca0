/**
 * Draws the fabric set: 60 photos of one woven fabric, 12 without a defect and 12 with each of four kinds.
 *
 * Run: deno run -A tools/make_fabric.ts     writes tests/data/fabric/KIND/KIND-NN.jpg; the same files every time
 */
import { fileURLToPath } from "node:url";
import encodeJpeg from "@jsquash/jpeg/encode.js";
import { seededRandom } from "../src/random.ts";
import {
  between,
  type Colour,
  type Defect,
  draw,
  mix,
  ramp,
  type Random,
  shade,
  SIDE,
  wobblyRadius,
} from "./drawing.ts";

const PER_KIND = 12;
const FABRIC = fileURLToPath(new URL("../tests/data/fabric/", import.meta.url));

/** Plain weave: at each crossing one of two threads lies on top. Threads differ a little in brightness and width. */
function fabric(random: Random): (x: number, y: number) => Colour {
  const period = 8;
  const threads = SIDE / period + 3;
  const irregular = (spread: number) => Array.from({ length: threads }, () => between(random, -spread, spread));
  const [warpTone, weftTone] = [irregular(0.09), irregular(0.09)];
  const [warpShift, weftShift] = [irregular(0.7), irregular(0.7)];
  const [left, top] = [between(random, 0, period), between(random, 0, period)];
  const light = between(random, 0.93, 1.05);
  const slope = between(random, -0.06, 0.06);
  return (x, y) => {
    const [column, row] = [Math.floor((x + left) / period), Math.floor((y + top) / period)];
    const across = (x + left + warpShift[column]) / period % 1 * 2 - 1;
    const along = (y + top + weftShift[row]) / period % 1 * 2 - 1;
    const warpOnTop = (column + row) % 2 === 0;
    const [profile, crest] = warpOnTop ? [across, along] : [along, across];
    const tone = warpOnTop ? warpTone[column] : weftTone[row];
    const roundness = Math.sqrt(Math.max(0, 1 - 0.8 * profile * profile)) * (1 - 0.22 * crest * crest);
    const grain = between(random, -0.05, 0.05);
    const brightness = (0.45 + 0.55 * roundness + tone + grain) * light * (1 + slope * (x / SIDE - 0.5) * 2);
    const base: Colour = warpOnTop ? [172, 180, 178] : [158, 168, 174];
    return shade(base, brightness);
  };
}

function place(random: Random, margin: number): [number, number] {
  return [between(random, margin, SIDE - margin), between(random, margin, SIDE - margin)];
}

/** Dark and ragged, with light frayed ends around it. */
function hole(random: Random): Defect {
  const [cx, cy] = place(random, 45);
  const outline = wobblyRadius(random, between(random, 13, 21), 0.22);
  return (colour, x, y) => {
    const ragged = outline(Math.atan2(y - cy, x - cx)) + (x * 7 + y * 13) % 5 * 0.5;
    const beyond = Math.hypot(x - cx, y - cy) - ragged;
    if (beyond > 9) return colour;
    if (beyond > 0) return mix(mix(colour, [222, 222, 214], 0.65), colour, ramp(0, 9, beyond));
    return mix([22, 23, 26], [70, 72, 74], ramp(-5, 0, beyond));
  };
}

/** Brownish and soft, darker towards its edge like dried liquid. */
function stain(random: Random): Defect {
  const [cx, cy] = place(random, 65);
  const outline = wobblyRadius(random, between(random, 34, 52), 0.2);
  const strength = between(random, 0.55, 0.8);
  return (colour, x, y) => {
    const beyond = Math.hypot(x - cx, y - cy) / outline(Math.atan2(y - cy, x - cx));
    const cover = (1 - ramp(0.86, 1.06, beyond)) * (0.7 + 0.3 * ramp(0.55, 0.95, beyond)) * strength;
    const soaked = colour.map((channel, at) => channel * [0.62, 0.44, 0.28][at]) as Colour;
    return mix(colour, soaked, cover);
  };
}

/** A thin dark slash, slightly bent, with light lips. */
function slash(random: Random): Defect {
  const [cx, cy] = place(random, 80);
  const angle = between(random, 0, Math.PI);
  const half = between(random, 42, 70);
  const bend = between(random, -0.0022, 0.0022);
  const width = between(random, 1.6, 2.6);
  return (colour, x, y) => {
    const along = (x - cx) * Math.cos(angle) + (y - cy) * Math.sin(angle);
    const off = Math.abs((y - cy) * Math.cos(angle) - (x - cx) * Math.sin(angle) - bend * along * along);
    const opening = width * (1 - (along / half) ** 2);
    if (opening <= 0) return colour;
    const lip = mix(colour, [226, 226, 220], 0.6 * (1 - ramp(opening, opening + 4, off)));
    return mix([26, 26, 30], lip, ramp(opening - 0.8, opening + 0.8, off));
  };
}

/** One to three raised round knots, lit from the upper left, with a shadow. */
function knot(random: Random): Defect {
  const [cx, cy] = place(random, 60);
  const knots = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, at) => ({
    x: cx + at * between(random, 14, 26),
    y: cy + at * between(random, -18, 18),
    radius: between(random, 8, 11.5),
  }));
  return (colour, x, y) => {
    for (const { x: kx, y: ky, radius } of knots) {
      const [dx, dy] = [(x - kx) / radius, (y - ky) / radius];
      const from = Math.hypot(dx, dy);
      if (from < 1) {
        const height = Math.sqrt(1 - from * from);
        const lit = 0.62 + 0.5 * Math.max(0, (height - 0.6 * dx - 0.6 * dy) / 1.5);
        return mix(colour, shade([236, 232, 218], lit), ramp(1, 0.85, from));
      }
      const shadow = 1 - ramp(0.7, 1.35, Math.hypot(dx - 0.35, dy - 0.35));
      if (shadow > 0) return shade(colour, 1 - 0.5 * shadow);
    }
    return colour;
  };
}

const KINDS: Record<string, (random: Random) => Defect> = {
  good: () => (colour) => colour,
  hole,
  stain,
  cut: slash,
  knot,
};

let bytes = 0;
for (const [kindAt, kind] of Object.keys(KINDS).entries()) {
  await Deno.mkdir(`${FABRIC}${kind}`, { recursive: true });
  for (let number = 1; number <= PER_KIND; number++) {
    const random = seededRandom(1000 * kindAt + number);
    const image = draw(fabric(random), KINDS[kind](random));
    const jpeg = new Uint8Array(await encodeJpeg(image, { quality: 80 }));
    await Deno.writeFile(`${FABRIC}${kind}/${kind}-${String(number).padStart(2, "0")}.jpg`, jpeg);
    bytes += jpeg.length;
  }
}
console.log(`tests/data/fabric/: ${Object.keys(KINDS).length * PER_KIND} images, ${bytes} bytes`);
