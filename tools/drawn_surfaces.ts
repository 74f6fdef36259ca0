// Draws large photos of a surface and line scans of strip, as inspection cameras take them, each with one small damage.
// Ground, light and colour vary in the same way in all kinds, so that only the damage differs between kinds.

import { seededRandom } from "../src/random.ts";
import { between, type Colour, type Defect, mix, ramp, type Random, shade, wobblyRadius } from "./drawing.ts";

/** A box in pixels of the image, half-open. */
export interface DamageBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A set of large images: its kinds of damage, and how its ground is drawn. */
export interface LargeSet {
  readonly width: number;
  readonly height: number;
  readonly kinds: Readonly<Record<string, Damage>>;
  ground(random: Random, width: number, height: number): Uint8ClampedArray;
  /** How much of the damage's change is drawn, from 0 to 1. @default 1 */
  readonly strength?: number;
  /** Number of specks of dust, light and dark. Sound images have them too. @default 0 */
  readonly specks?: number;
}

/** Draws a damage around its middle, which is at `0, 0`. It changes nothing farther off than {@linkcode REACH}. */
type Damage = (random: Random) => Defect;

/** Largest distance in pixels from the middle of a damage to a pixel that it changes. */
const REACH = 40;

/** A pixel belongs to the damage if it changes by this many grey levels, summed over the channels. */
const SEEN = 18;

/**
 * Adds smooth noise to `field`: from −1 to 1, times `strength`, with one random value per `cellWidth` × `cellHeight`
 * pixels.
 */
function addNoise(
  field: Float32Array,
  width: number,
  random: Random,
  [cellWidth, cellHeight]: readonly [number, number],
  strength: number,
): void {
  const height = field.length / width;
  const [columns, rows] = [Math.ceil(width / cellWidth) + 2, Math.ceil(height / cellHeight) + 2];
  const values = Float32Array.from({ length: columns * rows }, () => strength * between(random, -1, 1));
  const [left, top] = [random(), random()];
  const smooth = (t: number) => t * t * (3 - 2 * t);
  const [cells, shares] = [new Int32Array(width), new Float32Array(width)];
  for (let x = 0; x < width; x++) {
    const u = x / cellWidth + left;
    cells[x] = Math.floor(u);
    shares[x] = smooth(u - cells[x]);
  }
  const line = new Float32Array(columns);
  for (let y = 0; y < height; y++) {
    const v = y / cellHeight + top;
    const row = Math.floor(v);
    const down = smooth(v - row);
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      line[column] = values[at] + (values[at + columns] - values[at]) * down;
    }
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const cell = cells[x];
      field[at] += line[cell] + (line[cell + 1] - line[cell]) * shares[x];
    }
  }
}

/**
 * Returns the RGBA pixels of a colour under a light that varies by pixel. A camera's noise is added, up to `grain` grey
 * levels either way.
 */
function lit(colour: Colour, light: Float32Array, grain: number, random: Random): Uint8ClampedArray {
  const data = new Uint8ClampedArray(light.length * 4);
  let state = Math.floor(random() * 2 ** 32) | 1;
  for (let at = 0; at < light.length; at++) {
    // Xorshift, because millions of numbers are drawn.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const noise = ((state & 0xffff) + (state >>> 16)) / 65535 - 1;
    for (let channel = 0; channel < 3; channel++) {
      data[at * 4 + channel] = colour[channel] * light[at] + grain * noise;
    }
    data[at * 4 + 3] = 255;
  }
  return data;
}

/** Shifts a colour at random: each photo is a little warmer or colder than the others. */
function shifted(colour: Colour, random: Random): Colour {
  const [tone, warmth] = [between(random, 0.92, 1.06), between(random, -0.02, 0.02)];
  return [colour[0] * tone * (1 + warmth), colour[1] * tone, colour[2] * tone * (1 - warmth)];
}

/** A painted casting: fine orange peel, cloudy shades, light from one side. */
function casting(random: Random, width: number, height: number): Uint8ClampedArray {
  const light = new Float32Array(width * height);
  const [angle, slope] = [between(random, 0, 2 * Math.PI), between(random, 0.03, 0.13)];
  const [right, down] = [Math.cos(angle) * slope, Math.sin(angle) * slope];
  for (let at = 0; at < light.length; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    light[at] = 1 + right * (2 * x / width - 1) + down * (2 * y / height - 1);
  }
  addNoise(light, width, random, [420, 380], between(random, 0.02, 0.05));
  addNoise(light, width, random, [70, 70], 0.02);
  addNoise(light, width, random, [7, 7], between(random, 0.03, 0.05));
  return lit(shifted([168, 166, 160], random), light, 5, random);
}

/** Cold-rolled strip, running from left to right: streaks along it, and scan lines of unequal brightness. */
function strip(random: Random, width: number, height: number): Uint8ClampedArray {
  const light = new Float32Array(width * height).fill(1);
  addNoise(light, width, random, [1100, 90], between(random, 0.03, 0.06));
  addNoise(light, width, random, [260, 3], between(random, 0.04, 0.07));
  addNoise(light, width, random, [40, 1.6], 0.03);
  const lines = Float32Array.from({ length: width }, () => between(random, -0.012, 0.012));
  const [tilt, rim] = [between(random, -0.08, 0.08), between(random, 0.04, 0.12)];
  for (let at = 0; at < light.length; at++) {
    const across = 2 * Math.floor(at / width) / height - 1;
    light[at] += lines[at % width] + tilt * across - rim * across * across;
  }
  return lit(shifted([146, 152, 162], random), light, 5, random);
}

/** Returns how far a pixel is along a line through the middle, and its distance from that line. */
function alongLine(angle: number, x: number, y: number): [along: number, off: number] {
  return [x * Math.cos(angle) + y * Math.sin(angle), Math.abs(y * Math.cos(angle) - x * Math.sin(angle))];
}

/** Returns a blob with a wobbly outline: 1 at its middle, 0 beyond its edge, which is `soft` radii wide. */
function blob(random: Random, radius: number, wobble: number, soft: number): (x: number, y: number) => number {
  const outline = wobblyRadius(random, radius, wobble);
  return (x, y) => 1 - ramp(1 - soft, 1, Math.hypot(x, y) / outline(Math.atan2(y, x)));
}

/** Small dots of one colour close together. */
function dots(random: Random, colour: Colour, strength: number): Defect {
  const reach = between(random, 13, 27);
  const spots: [number, number, number][] = [];
  const wanted = Math.floor(between(random, 8, 15));
  for (let tries = 0; spots.length < wanted && tries < 300; tries++) {
    const [angle, from] = [between(random, 0, 2 * Math.PI), reach * Math.sqrt(random())];
    const [x, y, radius] = [from * Math.cos(angle), from * Math.sin(angle), between(random, 1.6, 3)];
    if (spots.every(([a, b, other]) => Math.hypot(x - a, y - b) > radius + other + 2)) spots.push([x, y, radius]);
  }
  return (ground, x, y) => {
    let cover = 0;
    for (const [a, b, radius] of spots) {
      cover = Math.max(cover, 1 - ramp(radius - 0.7, radius + 0.7, Math.hypot(x - a, y - b)));
    }
    return mix(ground, colour, cover * strength);
  };
}

const PHOTO_KINDS: Record<string, Damage> = {
  /** A hole: dark, round, with a sharp edge. */
  pit: (random) => {
    const cover = blob(random, between(random, 13, 26), 0.1, 0.15);
    const strength = between(random, 0.75, 0.95);
    return (ground, x, y) => mix(ground, [38, 36, 36], cover(x, y) * strength);
  },
  /** A thin straight line of bare metal. */
  scratch: (random) => {
    const [angle, half, width] = [between(random, 0, Math.PI), between(random, 22, 32), between(random, 0.9, 1.7)];
    const strength = between(random, 0.7, 0.95);
    return (ground, x, y) => {
      const [along, off] = alongLine(angle, x, y);
      const cover = (1 - ramp(half - 3, half, Math.abs(along))) * (1 - ramp(width, width + 1.2, off));
      return mix(ground, [250, 250, 248], cover * strength);
    };
  },
  /** Something dark has soaked in. The stain has no edge. */
  stain: (random) => {
    const cover = blob(random, between(random, 22, 36), 0.2, 0.85);
    const strength = between(random, 0.4, 0.6);
    return (ground, x, y) => mix(ground, shade(ground, 0.25), cover(x, y) * strength);
  },
  /** A splash of other paint: no darker than the ground, but red. */
  spot: (random) => {
    const cover = blob(random, between(random, 13, 28), 0.25, 0.3);
    const strength = between(random, 0.65, 0.9);
    return (ground, x, y) => mix(ground, [226, 128, 96], cover(x, y) * strength);
  },
  /** Pores: many small dark dots close together. */
  pores: (random) => dots(random, [40, 38, 38], between(random, 0.75, 0.95)),
};

const STRIP_KINDS: Record<string, Damage> = {
  /** A hollow: bright on one side, dark on the other. */
  dent: (random) => {
    const [radius, depth, angle] = [between(random, 15, 30), between(random, 0.5, 0.8), between(random, 0.5, 1.1)];
    return (ground, x, y) => {
      const out = Math.hypot(x, y) / radius;
      if (out >= 1) return ground;
      const [along] = alongLine(angle, x / radius, y / radius); // The light comes from one side in every scan.
      return shade(ground, 1 + depth * along * (1 - out * out) * 2);
    };
  },
  /** A dark line that wanders. */
  crack: (random) => {
    const [angle, half] = [between(random, 0, Math.PI), between(random, 20, 31)];
    const [bend, phase, width] = [between(random, 2, 4), between(random, 0, 7), between(random, 0.8, 1.8)];
    return (ground, x, y) => {
      const along = x * Math.cos(angle) + y * Math.sin(angle);
      const off = y * Math.cos(angle) - x * Math.sin(angle);
      const path = bend * (Math.sin(along / 7 + phase) + 0.6 * Math.sin(along / 3.1 + 2 * phase));
      const cover = (1 - ramp(half - 4, half, Math.abs(along))) * (1 - ramp(width, width + 1.4, Math.abs(off - path)));
      return mix(ground, [26, 26, 28], cover * 0.9);
    };
  },
  /** A bright round bump with a sharp edge. */
  blister: (random) => {
    const cover = blob(random, between(random, 13, 26), 0.08, 0.2);
    const strength = between(random, 0.6, 0.85);
    return (ground, x, y) => mix(ground, [240, 242, 244], cover(x, y) * strength);
  },
  /** Brown oil, without an edge. */
  oil: (random) => {
    const cover = blob(random, between(random, 22, 36), 0.25, 0.8);
    const strength = between(random, 0.55, 0.8);
    return (ground, x, y) => mix(ground, [150, 112, 58], cover(x, y) * strength);
  },
  /** Grit rolled in: many small bright dots close together. */
  grit: (random) => dots(random, [246, 246, 244], between(random, 0.75, 0.95)),
};

/** The sets, by name. */
export const LARGE_SETS: Readonly<Record<string, LargeSet>> = {
  photos: { width: 2048, height: 1536, kinds: PHOTO_KINDS, ground: casting },
  strips: { width: 4096, height: 512, kinds: STRIP_KINDS, ground: strip },
  "faint-photos": { width: 2048, height: 1536, kinds: PHOTO_KINDS, ground: casting, strength: 0.4, specks: 40 },
  "faint-strips": { width: 4096, height: 512, kinds: STRIP_KINDS, ground: strip, strength: 0.4, specks: 40 },
};

/** Adds a speck of dust: its radius is 1 to 3.5 pixels, its middle up to 25 grey levels lighter or darker. */
function addSpeck(data: Uint8ClampedArray, width: number, height: number, random: Random): void {
  const [cx, cy, radius, change] = [
    random() * width,
    random() * height,
    between(random, 1, 3.5),
    between(random, -25, 25),
  ];
  for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(height, cy + radius); y++) {
    for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(width, cx + radius); x++) {
      const share = Math.max(0, 1 - Math.hypot(x - cx, y - cy) / radius);
      for (let channel = 0; channel < 3; channel++) data[(y * width + x) * 4 + channel] += share * change;
    }
  }
}

/**
 * Draws an image of a set, the same for the same seed. If a kind is named the image has a damage, and `box` is where.
 */
export function drawLarge(
  { width, height, kinds, ground, strength = 1, specks = 0 }: LargeSet,
  seed: number,
  kind?: string,
): { image: ImageData; box?: DamageBox } {
  const random = seededRandom(seed);
  const data = ground(random, width, height);
  for (let speck = 0; speck < specks; speck++) addSpeck(data, width, height, random);
  const image = { data, width, height, colorSpace: "srgb" } as ImageData;
  if (kind === undefined) return { image };
  const defect = kinds[kind](random);
  const [cx, cy] = [width, height].map((side) => Math.floor(between(random, REACH + 2, side - REACH - 2)));
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = cy - REACH; y <= cy + REACH; y++) {
    for (let x = cx - REACH; x <= cx + REACH; x++) {
      const at = (y * width + x) * 4;
      const before: Colour = [data[at], data[at + 1], data[at + 2]];
      data.set(mix(before, defect(before, x - cx, y - cy), strength), at);
      const change = before.reduce((sum, value, channel) => sum + Math.abs(value - data[at + channel]), 0);
      if (change < SEEN) continue;
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
    }
  }
  return { image, box: { left, top, width: right - left, height: bottom - top } };
}
