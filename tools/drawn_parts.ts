// Draws steel washers on a belt, in any direction. Position, size, light and grain vary among sound washers too, so
// that only the damage differs between kinds.

import { between, type Colour, type Defect, mix, ramp, type Random, shade, SIDE, wobblyRadius } from "./drawing.ts";

/** A part in its place, and a drawing function for each kind of damage to it. */
export interface Part {
  ground(x: number, y: number): Colour;
  readonly damages: Readonly<Record<string, (random: Random) => Defect>>;
}

export const DAMAGES: readonly string[] = ["chip", "burr", "scratch", "rust", "dent"];

const STEEL: Colour = [176, 180, 186];
const BELT: Colour = [58, 62, 60];

/** Draws a washer with a flat side and a hole off its middle, so that its direction can be seen. */
export function drawnPart(random: Random): Part {
  const [centreX, centreY] = [SIDE / 2 + between(random, -26, 26), SIDE / 2 + between(random, -26, 26)];
  const [radius, angle] = [between(random, 66, 80), between(random, 0, 2 * Math.PI)];
  const [light, from] = [between(random, 0.86, 1.12), between(random, 0, 2 * Math.PI)];
  const slope = between(random, 0.02, 0.1);
  const outline = wobblyRadius(random, 1, 0.006);
  const grain = grainOf(random);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];

  /** Returns where a pixel lies along the part's own axes, in radii. */
  const within = (x: number, y: number): [number, number] => {
    const [dx, dy] = [(x - centreX) / radius, (y - centreY) / radius];
    return [dx * cos + dy * sin, dy * cos - dx * sin];
  };
  /** Returns how far a place is inside the part, in radii; negative outside. */
  const depth = (u: number, v: number) => {
    const rim = outline(Math.atan2(v, u)) - Math.hypot(u, v);
    return Math.min(rim, 0.82 - u, Math.hypot(u + 0.18, v) - 0.34);
  };
  const lightAt = (x: number, y: number) => {
    return light * (1 + slope * ((x - SIDE / 2) * Math.cos(from) + (y - SIDE / 2) * Math.sin(from)) / (SIDE / 2));
  };
  const steel = (x: number, y: number, inside: number): Colour => {
    const bevel = 1 - 0.25 * (1 - ramp(0, 0.07, inside));
    return shade(STEEL, lightAt(x, y) * bevel * (1 + 0.05 * grain(x * cos + y * sin, y * cos - x * sin)));
  };
  const belt = (x: number, y: number): Colour => shade(BELT, lightAt(x, y) * (1 + 0.08 * grain(y, x)));
  const at = (x: number, y: number, cover: number, inside: number) => mix(belt(x, y), steel(x, y, inside), cover);
  const cover = (inside: number) => ramp(-0.012, 0.012, inside);

  const onFace = (random: Random): [number, number] => {
    for (;;) {
      const [u, v] = [between(random, -0.9, 0.8), between(random, -0.9, 0.9)];
      if (depth(u, v) > 0.12) return [u, v];
    }
  };
  const onRim = (random: Random): [number, number] => {
    const around = between(random, 0.75, 2 * Math.PI - 0.75); // Not at the flat side.
    return [Math.cos(around), Math.sin(around)];
  };

  return {
    ground: (x, y) => {
      const inside = depth(...within(x, y));
      return at(x, y, cover(inside), inside);
    },
    damages: {
      /** A bit of the rim is missing. */
      chip: (random) => {
        const [[u, v], size] = [onRim(random), between(random, 0.07, 0.13)];
        const edge = wobblyRadius(random, size, 0.2);
        return (_, x, y) => {
          const [a, b] = within(x, y);
          const left = Math.hypot(a - u, b - v) - edge(Math.atan2(b - v, a - u));
          const inside = Math.min(depth(a, b), left);
          return at(x, y, cover(inside), Math.max(0, depth(a, b)));
        };
      },
      /** Metal stands over the rim. */
      burr: (random) => {
        const [[u, v], size] = [onRim(random), between(random, 0.06, 0.11)];
        const edge = wobblyRadius(random, size, 0.25);
        return (_, x, y) => {
          const [a, b] = within(x, y);
          const more = edge(Math.atan2(b - v, a - u)) - Math.hypot(a - u, b - v);
          const inside = Math.max(depth(a, b), more);
          return at(x, y, cover(inside), inside);
        };
      },
      /** A thin bright line on the face. */
      scratch: (random) => {
        const [[u, v], turned] = [onFace(random), between(random, 0, Math.PI)];
        const [half, width, strength] = [between(random, 0.14, 0.3), 0.011, between(random, 0.5, 0.9)];
        return (colour, x, y) => {
          const [a, b] = within(x, y);
          const along = (a - u) * Math.cos(turned) + (b - v) * Math.sin(turned);
          const off = Math.abs((b - v) * Math.cos(turned) - (a - u) * Math.sin(turned));
          const line = (1 - ramp(half - 0.05, half, Math.abs(along))) * (1 - ramp(width, width + 0.015, off));
          return mix(colour, [246, 246, 244], line * strength * cover(depth(a, b)));
        };
      },
      /** A brown spot without a sharp edge. */
      rust: (random) => {
        const [[u, v], size, strength] = [onFace(random), between(random, 0.07, 0.13), between(random, 0.45, 0.85)];
        const edge = wobblyRadius(random, size, 0.3);
        return (colour, x, y) => {
          const [a, b] = within(x, y);
          const beyond = Math.hypot(a - u, b - v) / edge(Math.atan2(b - v, a - u));
          return mix(
            colour,
            shade([128, 74, 40], lightAt(x, y)),
            (1 - ramp(0.6, 1.1, beyond)) * strength * cover(depth(a, b)),
          );
        };
      },
      /** A hollow, bright on one side and dark on the other. */
      dent: (random) => {
        const [[u, v], size, strength] = [onFace(random), between(random, 0.08, 0.14), between(random, 0.3, 0.6)];
        return (colour, x, y) => {
          const [a, b] = within(x, y);
          const [dx, dy] = [(a - u) / size, (b - v) / size];
          const out = Math.hypot(dx, dy);
          if (out >= 1) return colour;
          const [right, down] = [dx * cos - dy * sin, dx * sin + dy * cos]; // In the image's axes.
          return shade(colour, 1 + strength * 1.5 * (right * Math.cos(from) + down * Math.sin(from)) * (1 - out * out));
        };
      },
    },
  };
}

/** Returns fine grain along the first direction, from −1 to 1. */
function grainOf(random: Random): (along: number, across: number) => number {
  const waves = Array.from({ length: 6 }, () => ({
    across: between(random, 0.5, 2.4),
    along: between(random, -0.06, 0.06),
    phase: between(random, 0, 7),
  }));
  return (along, across) => {
    return waves.reduce((sum, wave) => sum + Math.sin(across * wave.across + along * wave.along + wave.phase), 0) / 6;
  };
}
