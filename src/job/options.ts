// The fields of a request, which say how its images are grouped.

import { AnomalyClusterError } from "../errors.ts";
import { type Detail, presetDetail } from "../look/detail.ts";
import type { PresetName } from "../preset.ts";
import { parseTemperature, TEMPERATURE_FORM } from "../weight/temperature_text.ts";
import type { Temperatures } from "../weight/weighting.ts";

/** How images are grouped. Each field means the same as the program's option of that name. */
export interface JobOptions {
  readonly preset: PresetName;
  readonly k: number | "auto";
  readonly threshold?: number;
  readonly smallestGroup: number;
  readonly tau?: Temperatures;
  /** The smallest defect that matters in large photos, in their own pixels. */
  readonly detail: Detail;
}

/** A JSON schema. */
export interface FieldSchema {
  readonly type: "string" | "number" | "integer";
  readonly description: string;
  readonly [more: string]: unknown;
}

/** A JSON schema of each field, for the documentation. */
export function fieldSchemas(
  presets: readonly PresetName[],
  standard: PresetName,
): Readonly<Record<keyof JobOptions, FieldSchema>> {
  return {
    preset: {
      type: "string",
      enum: presets,
      default: standard,
      description:
        "How thorough: quick, default and best take longer and find more, in this order; paper is the published method.",
    },
    k: {
      type: "string",
      pattern: "^(auto|[1-9][0-9]*)$",
      default: "auto",
      description: "Number of groups; auto: the clearest from 2 to 20.",
    },
    threshold: { type: "number", minimum: 0, description: "In place of k: height at which the tree of groups is cut." },
    smallestGroup: { type: "integer", minimum: 1, default: 1, description: "Images in smaller groups are outliers." },
    detail: {
      type: "string",
      pattern: "^(auto|off|[1-9][0-9]*)$",
      default: "auto",
      description:
        "Smallest defect that matters in large photos, in pixels; auto: as small as usual time allows; off: photos are seen only as a whole.",
    },
    tau: {
      type: "string",
      description:
        `How widely weights spread over an image (temperature): auto, or one or several with commas, each ${TEMPERATURE_FORM}.`,
    },
  };
}

/** Parses the fields of a request. Throws `bad-argument` for an unknown field or an invalid value. */
export function jobOptions(
  fields: ReadonlyMap<string, string>,
  presets: readonly PresetName[],
  standard: PresetName,
): JobOptions {
  const known = Object.keys(fieldSchemas(presets, standard));
  const unknown = [...fields.keys()].find((name) => !known.includes(name));
  refuse(unknown !== undefined, `there is no field ${unknown}: there are images, ${known.join(", ")}`);
  const given = (name: string) => fields.get(name)?.trim() || undefined;

  const preset = given("preset") ?? standard;
  refuse(!(presets as readonly string[]).includes(preset), `preset is one of ${presets.join(", ")}, not ${preset}`);
  const k = given("k") ?? "auto";
  refuse(k !== "auto" && !/^[1-9]\d{0,8}$/.test(k), `k is auto or a whole number from 1 on, not ${k}`);
  const threshold = given("threshold");
  refuse(threshold !== undefined && !(Number(threshold) >= 0 && Number(threshold) < Infinity), notHeight(threshold));
  refuse(threshold !== undefined && k !== "auto", "k and threshold exclude each other: leave one out");
  const smallest = given("smallestGroup") ?? "1";
  refuse(!/^[1-9]\d{0,8}$/.test(smallest), `smallestGroup is a whole number from 1 on, not ${smallest}`);
  const detail = given("detail") ?? String(presetDetail(preset as PresetName));
  refuse(
    !/^(auto|off|[1-9]\d{0,5})$/.test(detail) || detail === "1",
    `detail is auto, off or a whole number of pixels from 2 on, not ${detail}`,
  );
  const isAuto = given("tau") === "auto";
  const tau = isAuto ? undefined : given("tau")?.split(",").map((text) => parseTemperature(text.trim()));
  refuse(tau?.includes(undefined) ?? false, `tau is auto, or ${TEMPERATURE_FORM}`);

  return {
    preset: preset as PresetName,
    k: k === "auto" ? k : Number(k),
    ...(threshold !== undefined && { threshold: Number(threshold) }),
    smallestGroup: Number(smallest),
    detail: detail === "auto" || detail === "off" ? detail : Number(detail),
    ...(isAuto && { tau: "auto" as const }),
    ...(tau && { tau: (tau.length === 1 ? tau[0] : tau) as Temperatures }),
  };
}

function notHeight(threshold: string | undefined): string {
  return `threshold is a number from 0 on, not ${threshold}`;
}

function refuse(wrong: boolean, message: string): void {
  if (wrong) throw new AnomalyClusterError("bad-argument", message);
}
