// The form in which groups.json, groups.csv and the report hold a defect.

import type { Defect } from "../defect/measure.ts";

/** A defect in whole pixels and rounded numbers. {@linkcode Defect} and its look describe the fields. */
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

/** Columns of groups.csv that describe a defect, in order. */
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

/**
 * Puts a defect into the form of groups.json. Numbers have three significant digits: more than the outline of a defect
 * is certain to.
 */
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
