// A defect as groups.json, groups.csv and the report have it.

import type { Defect } from "../defect/measure.ts";

/** Whole pixels and rounded numbers; what they mean is said of {@linkcode Defect} and its look. */
export interface DefectRecord {
  readonly photoWidth: number;
  readonly photoHeight: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly weight: number;
  readonly area?: number;
  readonly diameter?: number;
  readonly share?: number;
  readonly eccentricity?: number;
  readonly elongation?: number;
  readonly orientation?: number;
  readonly extent?: number;
  readonly parts?: number;
  readonly lightness?: number;
  readonly brighter?: number;
  readonly chroma?: number;
  readonly hue?: number;
  readonly edge?: number;
  readonly x?: number;
  readonly y?: number;
}

/** Columns of groups.csv, in their order. */
export const DEFECT_COLUMNS: readonly (keyof DefectRecord)[] = [
  "left",
  "top",
  "width",
  "height",
  "area",
  "diameter",
  "share",
  "eccentricity",
  "elongation",
  "orientation",
  "extent",
  "parts",
  "lightness",
  "brighter",
  "chroma",
  "hue",
  "edge",
  "x",
  "y",
];

/** Three significant digits: more than a defect's outline is certain by. */
export function defectRecord({ photo, box, weight, look }: Defect): DefectRecord {
  const rounded = Object.entries({ weight, ...look }).map(([name, value]) => [name, Number(value.toPrecision(3))]);
  const { left, top, width, height } = box;
  return {
    photoWidth: photo.width,
    photoHeight: photo.height,
    left,
    top,
    width,
    height,
    ...Object.fromEntries(rounded) as Pick<DefectRecord, "weight">,
  };
}
