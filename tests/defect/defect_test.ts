// Where defects are and what they look like, against reference values from scikit-image and on images with known
// damage.

import assert from "node:assert/strict";
import fc from "fast-check";
import { components } from "../../src/defect/components.ts";
import { labOf } from "../../src/defect/lab.ts";
import { type Defect, measureDefect } from "../../src/defect/measure.ts";
import { otsuThreshold } from "../../src/defect/otsu.ts";
import { type PixelBox, windowAround, within } from "../../src/image/pixel_box.ts";
import { shapeOf } from "../../src/defect/shape.ts";
import { takeMedian } from "../../src/defect/median.ts";
import { boxMeans } from "../../src/core/means_kernel.ts";
import { smoothed } from "../../src/defect/smooth.ts";
import { weightIn, weightRegion } from "../../src/defect/weight_region.ts";
import { groupLooks, nameByLooks } from "../../src/report/client/looks.js";
import { defectPicture } from "../../src/report/defect_picture.ts";
import { defectRecord } from "../../src/report/defect_record.ts";
import { drawLarge, LARGE_SETS } from "../../tools/drawn_surfaces.ts";
import { assertClose, golden } from "../support/golden.ts";

interface ShapeGolden {
  readonly shapes: readonly {
    readonly kind: string;
    readonly width: number;
    readonly mask: string;
    readonly parts: number;
    readonly area: number;
    readonly centroid: number[];
    readonly major: number;
    readonly minor: number;
    readonly eccentricity: number;
    readonly extent: number;
    readonly orientation: number;
  }[];
  readonly otsu: { readonly values: number[]; readonly threshold: number };
  readonly lab: { readonly rgb: number[][]; readonly lab: number[][] };
}

const reference = await golden<ShapeGolden>("defect_shapes");

Deno.test("shapes are those of scikit-image's regionprops, parts those of its label", () => {
  for (const { kind, width, mask, parts, ...expected } of reference.shapes) {
    const found = components(Array.from(mask, Number), width);
    assert.equal(found.length, parts, kind);
    const shape = shapeOf(found, width);
    assert.equal(shape.area, expected.area, kind);
    const ours = [...shape.centroid, shape.majorAxis, shape.minorAxis, shape.eccentricity, shape.extent];
    const theirs = [...expected.centroid, expected.major, expected.minor, expected.eccentricity, expected.extent];
    assertClose(ours, theirs, 1e-9, kind, 1e-3);
    const turned = Math.abs(shape.orientation - expected.orientation);
    assert(expected.eccentricity < 0.2 || Math.min(turned, 180 - turned) < 1e-6, `${kind}: ${shape.orientation}`);
  }
});

Deno.test("Otsu's threshold and CIELAB are scikit-image's", () => {
  const { otsu, lab } = reference;
  assertClose([otsuThreshold(otsu.values)], [otsu.threshold], 1e-9, "threshold");
  const data = Uint8Array.from(lab.rgb.flatMap((rgb) => [...rgb, 255]));
  const { planes } = labOf({ data, width: lab.rgb.length, height: 1 });
  planes.forEach((plane, channel) => {
    assertClose(plane, lab.lab.map((one) => one[channel]), 2e-4, `channel ${channel}`, 1);
  });
});

Deno.test("means over squares are those of the pixels in them", () => {
  const plane = fc.integer({ min: 1, max: 9 }).chain((width) =>
    fc.integer({ min: 1, max: 9 }).chain((height) =>
      fc.record({
        width: fc.constant(width),
        values: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: width * height, maxLength: width * height }),
      })
    )
  );
  fc.assert(fc.property(plane, fc.integer({ min: 0, max: 5 }), ({ width, values }, radius) => {
    const height = values.length / width;
    const means = boxMeans(Float32Array.from(values), width, radius);
    for (let at = 0; at < values.length; at++) {
      const [x, y] = [at % width, Math.floor(at / width)];
      const rows: number[] = [];
      for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
        const near = values.slice(row * width + Math.max(0, x - radius), row * width + Math.min(width, x + radius + 1));
        rows.push(near.reduce((sum, value) => sum + value, 0) / near.length);
      }
      const mean = rows.reduce((sum, value) => sum + value, 0) / rows.length;
      assert(Math.abs(means[at] - mean) < 1e-3, `${means[at]} at ${x}, ${y}, not ${mean}`);
    }
  }));
});

Deno.test("broad smoothing on fewer pixels comes near three means, and leaves out what does not count", () => {
  for (const [width, height, radius] of [[300, 280, 25], [150, 170, 12], [97, 203, 10], [64, 40, 5], [20, 9, 3]]) {
    const plane = Float32Array.from({ length: width * height }, (_, at) => {
      const [x, y] = [at % width, Math.floor(at / width)];
      return 50 * Math.sin(x / width * 5) + 30 * Math.cos(y / height * 7) + (x > width / 2 ? 20 : 0) + at * 7919 % 13;
    });
    const near = (found: Float32Array, wanted: Float32Array, most: number) => {
      found.forEach((value, at) => assert(Math.abs(value - wanted[at]) <= most, `${value}, not ${wanted[at]}`));
    };
    near(smoothed([plane], width, radius)[0], boxMeans(plane, width, radius, 3), 2);
    // A bright square that does not count leaves its surroundings as they are; where nothing counts near, the mean is.
    const [spot, counts] = [new Float32Array(plane.length).fill(40), new Float32Array(plane.length).fill(1)];
    for (let y = 2; y < Math.min(height, 2 + radius); y++) {
      for (let x = 2; x < Math.min(width, 2 + radius); x++) [spot[y * width + x], counts[y * width + x]] = [255, 0];
    }
    const [even] = smoothed([spot], width, radius, counts);
    near(even, new Float32Array(plane.length).fill(40), 1e-3);
    near(smoothed([spot], width, radius, new Float32Array(plane.length))[0], new Float32Array(plane.length), 0);
  }
});

Deno.test("a median is that of the sorted numbers", () => {
  fc.assert(fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 60 }), (values) => {
    const sorted = Float32Array.from(values).sort();
    assert.equal(takeMedian(Float32Array.from(values)) + 0, sorted[sorted.length >> 1] + 0);
  }));
});

Deno.test("the box of the weight holds the heaviest patch, lies in the window and moves with it", () => {
  const one = fc.record({
    weights: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 }),
    left: fc.integer({ min: 0, max: 900 }),
    top: fc.integer({ min: 0, max: 900 }),
    width: fc.integer({ min: 5, max: 400 }),
    height: fc.integer({ min: 4, max: 400 }),
  });
  fc.assert(fc.property(one, ({ weights, ...window }) => {
    const photo = { width: 2000, height: 2000 };
    const grid = { rows: 4, cols: 5 };
    const { box, parts } = weightRegion(weights, grid, photo, window);
    const inside = within(box, window);
    assert(Math.abs(inside.width - box.width) < 1e-6 && Math.abs(inside.height - box.height) < 1e-6);
    const heaviest = weights.indexOf(Math.max(...weights));
    const [x, y] = [
      window.left + (heaviest % 5 + 0.5) / 5 * window.width,
      window.top + (Math.floor(heaviest / 5) + 0.5) / 4 * window.height,
    ];
    assert(parts.some((part) => isIn(x, y, part)), "a part holds it");
    const whole = weightRegion(weights, grid, { width: 5, height: 4 }).box;
    assertClose(
      [box.left, box.top, box.width, box.height],
      [
        window.left + whole.left / 5 * window.width,
        window.top + whole.top / 4 * window.height,
        whole.width / 5 * window.width,
        whole.height / 4 * window.height,
      ],
      1e-9,
      "in shares of the window",
      1e-6,
    );
    const share = weightIn(window, weights, grid, window);
    assert(Math.abs(share - (weights.some((weight) => weight > 0) ? 1 : 0)) < 1e-9);
  }));
  const even = weightRegion(new Float32Array(12).fill(1 / 12), { rows: 3, cols: 4 }, { width: 80, height: 60 });
  assert.deepEqual(even.box, { left: 0, top: 0, width: 80, height: 60 });
});

Deno.test("a window around a box is of the size that is asked for, as far as the photo goes, and in it", () => {
  const side = fc.integer({ min: 1, max: 500 });
  const boxes = fc.record({ left: side, top: side, width: side, height: side });
  fc.assert(fc.property(side, side, boxes, side, side, (width, height, box, wide, high) => {
    const view = windowAround(box, wide, high, { width, height });
    assert.deepEqual([view.width, view.height], [Math.min(width, wide), Math.min(height, high)]);
    assert(view.left >= 0 && view.top >= 0 && view.left + view.width <= width && view.top + view.height <= height);
    assert(Object.values(view).every(Number.isInteger));
  }));
});

function isIn(x: number, y: number, { left, top, width, height }: PixelBox): boolean {
  return x >= left && x <= left + width && y >= top && y <= top + height;
}

function overlap(a: PixelBox, b: PixelBox): number {
  const common = within(a, b);
  const shared = common.width * common.height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** Patches of the weights that a drawn image gets: those near its damage. */
const GRID = { rows: 7, cols: 9 };

function heatOf(box: PixelBox | undefined, { width, height }: { width: number; height: number }): Float32Array {
  return Float32Array.from({ length: GRID.rows * GRID.cols }, (_, m) => {
    if (!box) return m === 31 ? 1 : 0.1;
    const [x, y] = [(m % GRID.cols + 0.5) / GRID.cols * width, (Math.floor(m / GRID.cols) + 0.5) / GRID.rows * height];
    const [dx, dy] = [(x - box.left - box.width / 2) / 70, (y - box.top - box.height / 2) / 70];
    return Math.exp(-(dx * dx + dy * dy)) + 0.02;
  });
}

interface Drawn {
  readonly kind: string;
  readonly box?: PixelBox;
  readonly defect: Defect;
}

/** Smaller pieces of the drawn sets, each image with the heat map of a method that sees where the damage is. */
function drawnDefects(name: string, perKind: number): Drawn[] {
  const set = { ...LARGE_SETS[name], width: 640, height: 448 };
  return [...Object.keys(set.kinds), "good"].flatMap((kind, kindAt) =>
    Array.from({ length: perKind }, (_, number) => {
      const { image, box } = drawLarge(set, 7000 * kindAt + number, kind === "good" ? undefined : kind);
      return { kind, box, defect: measureDefect(image, heatOf(box, image), GRID) };
    })
  );
}

for (const name of ["photos", "strips"]) {
  const expected: Record<string, RegExp> = {
    pit: /^Small, dark, round, sharp-edged/,
    scratch: /^Small, bright, long, sharp-edged/,
    stain: /^Small, dark, .*soft-edged/,
    spot: /^Small, reddish, round, sharp-edged/,
    pores: /^Small, dark, many spots/,
    dent: /^Small,.* with a light and a dark side/,
    crack: /^Small, dark, long, sharp-edged/,
    blister: /^Small, bright, round, sharp-edged/,
    oil: /^Small, (dark, )?brownish, .*soft-edged/,
    grit: /^Small, bright, many spots/,
    good: /^$/,
  };

  Deno.test(`${name}: damage is found to the pixel, and each kind is said as it was drawn`, () => {
    const drawn = drawnDefects(name, 6);
    const found = drawn.filter(({ box, defect }) => box && defect.look && overlap(box, defect.box) > 0.4);
    const damaged = drawn.filter(({ box }) => box);
    assert(found.length >= 0.95 * damaged.length, `${found.length} of ${damaged.length} boxes`);
    const kinds = [...new Set(drawn.map(({ kind }) => kind))];
    const groups = kinds.map((kind) => ({ members: [...drawn.keys()].filter((at) => drawn[at].kind === kind) }));
    const looks = groupLooks(groups, drawn.map(({ defect }) => ({ defect: defectRecord(defect) })));
    kinds.forEach((kind, at) => {
      assert.match(looks[at].text, expected[kind], kind);
      if (kind !== "good") assert(nameByLooks(looks[at]).length > 0);
    });
  });
}

Deno.test("a window of the photo finds the same damage where it lies", () => {
  const set = { ...LARGE_SETS.photos, width: 900, height: 700 };
  for (const seed of [3, 4, 5]) {
    const { image, box } = drawLarge(set, seed, "pit");
    const window = windowAround(box!, 300, 300, image);
    const heat = heatOf({ ...box!, left: box!.left - window.left, top: box!.top - window.top }, window);
    const defect = measureDefect(image, heat, GRID, window);
    assert(overlap(defect.box, box!) > 0.7, JSON.stringify([defect.box, box]));
    assert.deepEqual(defect.photo, { width: 900, height: 700 });
  }
});

Deno.test("a plain image, one of few pixels, and even weights have no look and still a box", () => {
  const plain = { data: new Uint8Array(16 * 16 * 4).fill(128), width: 16, height: 16 };
  for (const weights of [new Float32Array(4).fill(0.25), Float32Array.from([1, 0, 0, 0])]) {
    const { box, look } = measureDefect(plain, weights, { rows: 2, cols: 2 });
    assert.equal(look, undefined);
    assert(box.width >= 8 && box.height >= 8);
  }
});

Deno.test("the picture of a defect is a square around it at the photo's resolution, none where it fills the photo", async () => {
  const { image, box } = drawLarge({ ...LARGE_SETS.photos, width: 640, height: 448 }, 1, "pit");
  const picture = (await defectPicture(image, box!))!;
  assert.equal(picture.crop.width, picture.crop.height);
  assert(overlap(within(box!, picture.crop), box!) === 1 && picture.crop.width <= 2 * Math.max(64, box!.width));
  assert.match(picture.url, /^data:image\/jpeg;base64,/);
  assert.equal(await defectPicture(image, { left: 0, top: 0, width: 600, height: 440 }), undefined);
});

Deno.test("words hold for two thirds of a group, those counted in that show nothing", () => {
  const base = { photoWidth: 1000, photoHeight: 1000, left: 480, top: 480, width: 40, height: 40 };
  const dark = {
    ...base,
    ...{ area: 1200, diameter: 39, elongation: 1.1, orientation: 0, extent: 0.78, parts: 1, lightness: -30 },
    ...{ brighter: 0, chroma: 1, hue: 0, edge: 3, x: 0.5, y: 0.5 },
  };
  const looks = (defects: (typeof dark | typeof base | undefined)[]) => {
    return groupLooks([{ members: [...defects.keys()] }], defects.map((defect) => ({ defect })))[0];
  };
  assert.equal(looks([dark, dark, base]).text, "Small, dark, round, sharp-edged; in the middle of the photo");
  assert.equal(looks([dark, base, base]).text, "");
  assert.equal(looks([undefined, undefined]).text, "");
  assert.equal(looks([dark, dark, base]).measured, 2);
});
