// What the tools that draw image sets share: random numbers, colours, outlines.

/** Side of the drawn images in pixels. */
export const SIDE = 256;

/** Returns random numbers from 0 to below 1. */
export type Random = () => number;
/** Red, green, blue from 0 to 255, not yet rounded. */
export type Colour = [number, number, number];
/** Returns the changed colour of the pixel at x, y. */
export type Defect = (colour: Colour, x: number, y: number) => Colour;

export const between = (random: Random, low: number, high: number) => low + (high - low) * random();
export const shade = (colour: Colour, factor: number): Colour => colour.map((channel) => channel * factor) as Colour;
export const mix = (a: Colour, b: Colour, share: number): Colour =>
  a.map((channel, at) => channel + (b[at] - channel) * share) as Colour;
/** Returns 0 below `from`, 1 above `to`, and a smooth step between. */
export function ramp(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** Returns a closed outline that wobbles around a circle, as its radius in each direction. */
export function wobblyRadius(random: Random, radius: number, wobble: number): (angle: number) => number {
  const waves = [2, 3, 5, 8].map((frequency) => ({
    frequency,
    phase: between(random, 0, 7),
    size: between(random, 0, wobble / Math.sqrt(frequency)),
  }));
  return (angle) =>
    radius * waves.reduce((sum, { frequency, phase, size }) => sum + size * Math.sin(frequency * angle + phase), 1);
}

/** Draws an image of a ground with a defect on it. Both are called for each pixel at x, y. */
export function draw(ground: (x: number, y: number) => Colour, defect: Defect): ImageData {
  const data = new Uint8ClampedArray(SIDE * SIDE * 4).fill(255);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) data.set(defect(ground(x, y), x, y), (y * SIDE + x) * 4);
  }
  return { data, width: SIDE, height: SIDE, colorSpace: "srgb" } as ImageData;
}
