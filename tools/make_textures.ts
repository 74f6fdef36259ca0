/**
 * Draws labelled sets with defects of known kinds, in the layout of MVTec AD, for `deno task evaluate`.
 * There are three surfaces, parts that lie in any direction (`parts`), and a set in which some defects are local and
 * others cover the whole image (`mixed`), all with masks. In the large photos (`photos`) and line scans (`strips`) the
 * damage is about 50 pixels wide; `damage.csv` has its boxes. Defects of one kind differ in place, size, direction and
 * strength. In the small images some are hardly visible.
 *
 * Run: deno task textures FOLDER [SET…]     writes FOLDER/SET/…; the same files every time
 */
import encodeJpeg from "@jsquash/jpeg/encode.js";
import encodePng from "@jsquash/png/encode.js";
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
import { DAMAGES, drawnPart } from "./drawn_parts.ts";
import { drawLargeSet } from "./draw_large_set.ts";
import { LARGE_SETS } from "./drawn_surfaces.ts";

const PER_KIND = 24;
const GOOD = 36;

type Ground = (x: number, y: number) => Colour;

/**
 * Returns smooth noise from −1 to 1. Its grid has cells of `width` × `height` pixels, with a random value at each
 * crossing.
 */
function noise(random: Random, width: number, height: number): (x: number, y: number) => number {
  const [columns, rows] = [Math.ceil(SIDE * 1.5 / width) + 3, Math.ceil(SIDE * 1.5 / height) + 3];
  const values = Float32Array.from({ length: columns * rows }, () => between(random, -1, 1));
  const [left, top] = [between(random, 0, 1), between(random, 0, 1)];
  const smooth = (t: number) => t * t * (3 - 2 * t);
  return (x, y) => {
    const [u, v] = [Math.max(0, x / width + left), Math.max(0, y / height + top)];
    const [column, row] = [Math.min(columns - 2, Math.floor(u)), Math.min(rows - 2, Math.floor(v))];
    const [right, down] = [smooth(Math.min(1, u - column)), smooth(Math.min(1, v - row))];
    const at = row * columns + column;
    const upper = values[at] + (values[at + 1] - values[at]) * right;
    const lower = values[at + columns] + (values[at + columns + 1] - values[at + columns]) * right;
    return upper + (lower - upper) * down;
  };
}

/** Metal brushed from left to right. */
function brushed(random: Random): Ground {
  const [long, fine, light] = [noise(random, 90, 1.4), noise(random, 14, 1), noise(random, 160, 120)];
  const tone = between(random, 0.9, 1.08);
  return (x, y) => shade([168, 172, 178], tone * (1 + 0.11 * long(x, y) + 0.07 * fine(x, y) + 0.05 * light(x, y)));
}

/** Speckled stone of three minerals. */
function granite(random: Random): Ground {
  const [coarse, middle, fine] = [noise(random, 9, 9), noise(random, 4, 4), noise(random, 1.5, 1.5)];
  const tone = between(random, 0.94, 1.05);
  return (x, y) => {
    const mineral = coarse(x, y) + 0.8 * middle(x, y);
    const light = mix([150, 136, 128], [204, 196, 188], ramp(-0.2, 0.3, mineral));
    return shade(mix([66, 64, 68], light, ramp(-0.75, -0.5, mineral)), tone * (1 + 0.1 * fine(x, y)));
  };
}

/** Planed wood: bent rings along the image, pores across them. */
function wood(random: Random): Ground {
  const [bend, pores, patch] = [noise(random, 150, 60), noise(random, 26, 1.2), noise(random, 70, 40)];
  const rings = between(random, 0.16, 0.24);
  const tone = between(random, 0.92, 1.06);
  return (x, y) => {
    const ring = Math.sin((y + 26 * bend(x, y)) * rings) * 0.5 + 0.5;
    const base = mix([206, 164, 112], [158, 108, 66], ring ** 3);
    return shade(base, tone * (1 + 0.09 * pores(x, y) + 0.05 * patch(x, y)));
  };
}

/** Draws a kind of defect, at random. The mask has only the pixels that the defect changes by more than noise. */
type Kind = (random: Random) => Defect;

const place = (random: Random, margin: number) => [0, 1].map(() => between(random, margin, SIDE - margin));

/** A straight bright line, hardly wider than a pixel. */
const scratch: Kind = (random) => {
  const [cx, cy] = place(random, 60);
  const angle = between(random, 0, Math.PI);
  const [half, width, strength] = [between(random, 40, 90), between(random, 0.8, 1.8), between(random, 0.35, 0.9)];
  return (colour, x, y) => {
    const along = (x - cx) * Math.cos(angle) + (y - cy) * Math.sin(angle);
    const off = Math.abs((y - cy) * Math.cos(angle) - (x - cx) * Math.sin(angle));
    const cover = (1 - ramp(half - 8, half, Math.abs(along))) * (1 - ramp(width, width + 1.2, off));
    return mix(colour, [244, 244, 240], cover * strength);
  };
};

/** A dark crack that wanders, and branches once. */
const crack: Kind = (random) => {
  const segments: [number, number, number, number, number][] = [];
  const walk = (x: number, y: number, angle: number, steps: number, width: number) => {
    for (let step = 0; step < steps; step++) {
      const [toX, toY] = [x + 7 * Math.cos(angle), y + 7 * Math.sin(angle)];
      segments.push([x, y, toX, toY, width * (1 - step / steps * 0.7)]);
      [x, y, angle] = [toX, toY, angle + between(random, -0.6, 0.6)];
      if (step === Math.floor(steps / 2) && width > 1.2) walk(x, y, angle + 0.8, Math.floor(steps / 2), width * 0.6);
    }
  };
  const [cx, cy] = place(random, 80);
  walk(cx, cy, between(random, 0, 2 * Math.PI), Math.floor(between(random, 9, 16)), between(random, 1.3, 2.4));
  const strength = between(random, 0.6, 0.95);
  return (colour, x, y) => {
    let cover = 0;
    for (const [fromX, fromY, toX, toY, width] of segments) {
      const [dx, dy] = [toX - fromX, toY - fromY];
      const share = Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy)));
      const off = Math.hypot(x - fromX - share * dx, y - fromY - share * dy);
      cover = Math.max(cover, 1 - ramp(width * 0.6, width * 0.6 + 1.2, off));
    }
    return mix(colour, [24, 22, 22], cover * strength);
  };
};

/** A shallow round dent: bright on one side, dark on the other. */
const dent: Kind = (random) => {
  const [cx, cy] = place(random, 50);
  const [radius, depth] = [between(random, 12, 26), between(random, 0.22, 0.5)];
  return (colour, x, y) => {
    const [dx, dy] = [(x - cx) / radius, (y - cy) / radius];
    const from = Math.hypot(dx, dy);
    if (from >= 1) return colour;
    return shade(colour, 1 + depth * (dx + dy) * (1 - from * from) * 1.6);
  };
};

/** Many small dark pits close together. */
const pits: Kind = (random) => {
  const [cx, cy] = place(random, 60);
  const spread = between(random, 16, 34);
  const spots = Array.from({ length: Math.floor(between(random, 7, 18)) }, () => {
    const [angle, from] = [between(random, 0, 7), spread * Math.sqrt(random())];
    return [cx + from * Math.cos(angle), cy + from * Math.sin(angle), between(random, 1.5, 3.6)];
  });
  const strength = between(random, 0.55, 0.95);
  return (colour, x, y) => {
    let cover = 0;
    for (const [sx, sy, radius] of spots) {
      cover = Math.max(cover, 1 - ramp(radius - 0.6, radius + 0.8, Math.hypot(x - sx, y - sy)));
    }
    return mix(colour, [30, 28, 30], cover * strength);
  };
};

/** A soft discolouration without an edge. */
const stain: Kind = (random) => {
  const [cx, cy] = place(random, 60);
  const outline = wobblyRadius(random, between(random, 26, 52), 0.25);
  const strength = between(random, 0.3, 0.7);
  const tint = between(random, 0, 1) < 0.5 ? [0.72, 0.62, 0.5] : [0.6, 0.7, 0.82];
  return (colour, x, y) => {
    const beyond = Math.hypot(x - cx, y - cy) / outline(Math.atan2(y - cy, x - cx));
    const soaked = colour.map((channel, at) => channel * tint[at]) as Colour;
    return mix(colour, soaked, (1 - ramp(0.7, 1.1, beyond)) * strength);
  };
};

/** Waves over the whole image, as a worn roll makes them. */
const waves: Kind = (random) => {
  const [angle, length] = [between(random, 0, Math.PI), between(random, 16, 30)];
  const [strength, phase] = [between(random, 0.07, 0.16), between(random, 0, 7)];
  return (colour, x, y) => {
    return shade(
      colour,
      1 + strength * Math.sin((x * Math.cos(angle) + y * Math.sin(angle)) * 2 * Math.PI / length + phase),
    );
  };
};

/** The whole image has taken on a colour, unevenly. */
const tarnish: Kind = (random) => {
  const [tint, patch] = [between(random, 0.25, 0.55), noise(random, 90, 90)];
  return (colour, x, y) => {
    const soaked: Colour = [colour[0] * 1.02, colour[1] * 0.86, colour[2] * 0.62];
    return mix(colour, soaked, tint * (1 + 0.5 * patch(x, y)));
  };
};

/** A sound image, and what each kind of defect does to it. */
interface Scene {
  readonly ground: Ground;
  readonly kinds: Readonly<Record<string, Kind>>;
}

/** A set: its number of labelled normals, its kinds, and a function that draws its images at random. */
interface DrawnSet {
  readonly normals: number;
  readonly kinds: readonly string[];
  scene(random: Random): Scene;
}

const KINDS: Record<string, Kind> = { scratch, crack, dent, pits, stain };
const MIXED: Record<string, Kind> = { scratch, pits, dent, waves, tarnish };

function surface(ground: (random: Random) => Ground, kinds: Record<string, Kind>): DrawnSet {
  return { normals: 60, kinds: Object.keys(kinds), scene: (random) => ({ ground: ground(random), kinds }) };
}

const SETS: Record<string, DrawnSet> = {
  brushed: surface(brushed, KINDS),
  granite: surface(granite, KINDS),
  wood: surface(wood, KINDS),
  mixed: surface(brushed, MIXED),
  parts: {
    normals: 200,
    kinds: DAMAGES,
    scene: (random) => {
      const { ground, damages } = drawnPart(random);
      return { ground, kinds: damages };
    },
  },
};

async function store(file: string, image: ImageData, quality = 85): Promise<void> {
  const encoded = file.endsWith(".png") ? await encodePng(image) : await encodeJpeg(image, { quality });
  await Deno.writeFile(file, new Uint8Array(encoded));
}

/** Returns a mask that is white where two images differ by more than a few grey levels. */
function maskOf(sound: ImageData, defective: ImageData): ImageData {
  const data = new Uint8ClampedArray(sound.data.length).fill(255);
  for (let at = 0; at < data.length; at += 4) {
    const change = [0, 1, 2].reduce((sum, c) => sum + Math.abs(sound.data[at + c] - defective.data[at + c]), 0);
    data.fill(change > 24 ? 255 : 0, at, at + 3);
  }
  return { ...sound, data } as ImageData;
}

const [folder, ...chosen] = Deno.args;
if (!folder) throw new Error("name the folder to write to");
const all = [...Object.keys(SETS), ...Object.keys(LARGE_SETS)];
const unknown = chosen.find((name) => !all.includes(name));
if (unknown) throw new Error(`there is no set ${unknown}: there are ${all.join(", ")}`);
const isWanted = (name: string) => chosen.length === 0 || chosen.includes(name);

for (const [setAt, [name, set]] of Object.entries(SETS).entries()) {
  if (isWanted(name)) await drawSet(setAt, name, set);
}
for (const name of Object.keys(LARGE_SETS)) if (isWanted(name)) await drawLargeSet(`${folder}/${name}`, name);

async function drawSet(setAt: number, name: string, set: DrawnSet): Promise<void> {
  const sound = async (part: string, count: number, seed: number) => {
    await Deno.mkdir(`${folder}/${name}/${part}`, { recursive: true });
    for (let number = 0; number < count; number++) {
      const { ground } = set.scene(seededRandom(1e6 * setAt + seed + number));
      await store(`${folder}/${name}/${part}/${String(number).padStart(3, "0")}.jpg`, draw(ground, (colour) => colour));
    }
  };
  await sound("train/good", set.normals, 100);
  await sound("test/good", GOOD, 300);
  for (const [kindAt, kind] of set.kinds.entries()) {
    const [images, masks] = ["test", "ground_truth"].map((part) => `${folder}/${name}/${part}/${kind}`);
    for (const path of [images, masks]) await Deno.mkdir(path, { recursive: true });
    for (let number = 0; number < PER_KIND; number++) {
      const seed = 1e6 * setAt + 1000 * (kindAt + 1) + number;
      const file = String(number).padStart(3, "0");
      const { ground, kinds } = set.scene(seededRandom(seed));
      const clean = draw(ground, (colour) => colour);
      const spoilt = draw(ground, kinds[kind](seededRandom(seed + 500)));
      await store(`${images}/${file}.jpg`, spoilt);
      await store(`${masks}/${file}_mask.png`, maskOf(clean, spoilt));
    }
  }
}
