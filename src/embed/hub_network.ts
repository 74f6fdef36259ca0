// Reads networks in the form in which the Hugging Face hub stores them: an ONNX file, config.json and
// preprocessor_config.json. The manifest is made from these.

import { AnomalyClusterError } from "../errors.ts";
import { type Channels, type ModelLevel, type ModelManifest, sha256 } from "./manifest.ts";
import { type OnnxArray, readOnnxHeader, withWeightsInside } from "./onnx_header.ts";

/** The files of an exported network, as repositories of the hub store them. */
export interface HubFiles {
  /** The ONNX file's bytes, exported for feature extraction: output `last_hidden_state`. */
  readonly model: Uint8Array;
  /** Text of config.json, which says the kind of network, the patch size and the registers. */
  readonly config: string;
  /** Text of preprocessor_config.json, which says the side, the mean and the deviation. */
  readonly preprocessor: string;
  /**
   * The files beside the ONNX file that hold its weights, by name, such as `model.onnx_data`. {@linkcode hubWeights}
   * lists the names.
   */
  readonly weights?: ReadonlyMap<string, Uint8Array>;
  /** The network's name in reports. */
  readonly name: string;
  /** Where the network comes from. @default "Hugging Face hub" */
  readonly source?: string;
  /** Text of README.md. Its first lines state the licence. */
  readonly card?: string;
}

/** What all networks of one kind have in common. */
interface Family {
  /** How many tokens come before those of the grid, not counting registers. Undefined if the output is a grid. */
  readonly extra?: number;
  /** Pixels from one patch to the next, if config.json does not say. */
  readonly patch: number;
  /** Whether each stage after the first halves the grid. */
  readonly staged?: boolean;
  /** Whether the network accepts images of any side, not only of the side that it was trained with. */
  readonly anySide?: boolean;
}

// The keys are values of model_type in config.json. Extra tokens are those of transformers' `last_hidden_state`.
const FAMILIES: Readonly<Record<string, Family>> = {
  "dinov2": { extra: 1, patch: 14, anySide: true },
  "dinov2_with_registers": { extra: 1, patch: 14, anySide: true },
  "dinov3_vit": { extra: 1, patch: 16 }, // Exports made by tracing silently give wrong results on other sides.
  "dinov3_convnext": { extra: 1, patch: 4, staged: true, anySide: true },
  "vit": { extra: 1, patch: 16 },
  "vit_msn": { extra: 1, patch: 16 },
  "deit": { extra: 2, patch: 16 },
  "beit": { extra: 1, patch: 16 },
  "ijepa": { extra: 0, patch: 14 },
  "clip_vision_model": { extra: 1, patch: 32 },
  "siglip_vision_model": { extra: 0, patch: 16 },
  "swin": { extra: 0, patch: 4, staged: true },
  "swinv2": { extra: 0, patch: 4, staged: true },
  "convnext": { patch: 4, staged: true, anySide: true },
  "convnextv2": { patch: 4, staged: true, anySide: true },
  "resnet": { patch: 4, staged: true, anySide: true },
};

const OUTPUT = "last_hidden_state";
const FLOAT32 = 1;

/**
 * Returns the names of the files beside an ONNX file that hold its weights. Most networks have none.
 *
 * @param name the network's name in errors.
 * @throws {AnomalyClusterError} `bad-model` if the bytes are not an ONNX file.
 */
export function hubWeights(model: Uint8Array, name = "the network"): readonly string[] {
  return readOnnxHeader(model, name).weights;
}

/**
 * Makes a network with its weights inside, and its manifest, from the files of an export. The patch grid is
 * `last_hidden_state` without class token and registers. Images become squares with the side to which
 * preprocessor_config.json crops or resizes.
 *
 * @throws {AnomalyClusterError} `bad-model` for a file that cannot be read, an unknown kind of network, and an export
 * for another purpose.
 */
export async function hubNetwork(
  files: HubFiles,
): Promise<{ readonly model: Uint8Array; readonly manifest: ModelManifest }> {
  const { name, source = "Hugging Face hub" } = files;
  const header = readOnnxHeader(files.model, name);
  const model = header.weights.length ? withWeightsInside(files.model, files.weights ?? new Map()) : files.model;
  const config = objectOf(files.config, "config.json", name);
  const preprocessor = objectOf(files.preprocessor, "preprocessor_config.json", name);
  const image = imageInput(header.inputs, name);
  const output = header.outputs.find((one) => one.name === OUTPUT);
  if (!output) {
    const outputs = header.outputs.map((one) => one.name).join(", ");
    throw badModel(name, `its output is ${outputs}, not ${OUTPUT}: take an export for feature extraction`);
  }
  const family = familyOf(config, name);
  const level = levelOf(config, family, output, name);
  const fixed = image.shape?.[2];
  const trained = family.anySide ? undefined : sideOf(config.image_size);
  const wanted = fixed ?? trained ?? preparedSide(preprocessor) ?? sideOf(config.image_size);
  if (wanted === undefined) throw badModel(name, "preprocessor_config.json says no side of images: size, crop_size");
  const isFixed = fixed !== undefined || trained !== undefined;
  const side = isFixed ? wanted : Math.max(1, Math.floor(wanted / level.stride)) * level.stride;
  if (side % level.stride) {
    throw badModel(
      name,
      `it takes images of side ${side}, which is no multiple of its patches' ${level.stride} pixels`,
    );
  }
  const manifest: ModelManifest = {
    format: "anomaly-cluster-model/1",
    name,
    input: {
      side,
      multiple: level.stride,
      fixed: isFixed,
      pixels: "RGB, 0 to 255",
      ...normalisation(preprocessor, name),
    },
    levels: [level],
    licence: files.card === undefined ? NO_LICENCE : cardLicence(files.card),
    source,
    sha256: await sha256(model),
    made: { from: "config.json, preprocessor_config.json", model_type: config.model_type as string },
  };
  return { model, manifest };
}

/** The licence text for a network whose card states no licence. */
export const NO_LICENCE = "not stated";

/** Returns the licence that is stated at the head of a model card. */
export function cardLicence(card: string): string {
  const [, head = ""] = card.match(/^\uFEFF?---\r?\n(.*?)\r?\n---/s) ?? [];
  const field = (name: string) => {
    const [, value] = head.match(new RegExp(`^${name}:[ \\t]*["']?([^"'\\r\\n#]+)`, "m")) ?? [];
    return value?.trim() || undefined;
  };
  const licence = field("license");
  if (licence && licence !== "other") return licence;
  const named = field("license_name");
  if (named) return named;
  const base = field("base_model");
  return base ? `${licence ?? NO_LICENCE} (made from ${base})` : licence ?? NO_LICENCE;
}

function badModel(name: string, reason: string): AnomalyClusterError {
  return new AnomalyClusterError("bad-model", `${name}: ${reason}`);
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(json: string, file: string, name: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new AnomalyClusterError("bad-model", `${name}: ${file} is not JSON: fetch it again`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw badModel(name, `${file} holds no object: fetch it again`);
}

function imageInput(inputs: readonly OnnxArray[], name: string): OnnxArray {
  const [image, another] = inputs;
  if (!image || another) {
    const found = inputs.map((input) => input.name).join(", ") || "nothing";
    throw badModel(name, `it takes ${found}, not one image alone: take an export of the vision network`);
  }
  const { type, shape = [] } = image;
  if (type !== FLOAT32) throw badModel(name, "it takes images of other numbers than float32: take another file of it");
  if (shape.length && (shape.length !== 4 || shape[2] !== shape[3])) {
    const found = shape.map((size) => size ?? "?").join(" × ");
    throw badModel(name, `it takes ${found} and not square images: take another file of it`);
  }
  return image;
}

function familyOf({ model_type: type }: Fields, name: string): Family {
  if (typeof type === "string" && Object.hasOwn(FAMILIES, type)) return FAMILIES[type];
  if (typeof type !== "string") {
    throw badModel(name, "config.json names no model_type: write a manifest (docs/models.md)");
  }
  throw badModel(
    name,
    `config.json's model_type ${type.slice(0, 40)} is not one that is known: write a manifest (docs/models.md)`,
  );
}

function levelOf(config: Fields, { extra, patch, staged }: Family, output: OnnxArray, name: string): ModelLevel {
  const registers = config.num_register_tokens ?? 0;
  const stages = [config.depths, config.hidden_sizes].find(Array.isArray)?.length ?? 4;
  const stride = (sideOf(config.patch_size) ?? patch) * (staged ? 2 ** (stages - 1) : 1);
  if (!isCount(registers, 0)) throw badModel(name, "config.json's num_register_tokens is no whole number");
  const { shape } = output;
  const isGrid = shape ? shape.length === 4 : extra === undefined;
  const sizes = Array.isArray(config.hidden_sizes) ? config.hidden_sizes.at(-1) : undefined;
  const channels = shape?.[isGrid ? 1 : 2] ?? config.hidden_size ?? sizes ??
    (isCount(config.embed_dim, 1) ? config.embed_dim * 2 ** (stages - 1) : undefined);
  if (!isCount(channels, 1)) throw badModel(name, "config.json says no hidden_size");
  return {
    name: OUTPUT,
    layer: "last hidden state",
    stride,
    channels,
    ...(!isGrid && { layout: "tokens" as const, extraTokens: (extra ?? 0) + registers }),
  };
}

function isCount(value: unknown, least: number): value is number {
  return Number.isInteger(value) && (value as number) >= least;
}

/** Reads a side in any form that these files use: 224, [224, 224], {height, width} or {shortest_edge}. */
function sideOf(value: unknown): number | undefined {
  if (isCount(value, 1)) return value;
  if (Array.isArray(value)) return sideOf(value[0]);
  if (typeof value !== "object" || value === null) return undefined;
  const { height, width, shortest_edge: edge } = value as Fields;
  const sides = [height, width].filter((side) => isCount(side, 1)) as number[];
  return sides.length ? Math.min(...sides) : sideOf(edge);
}

/**
 * The side of the images that the network gets: that of the crop if images are cropped, otherwise that of the resizing.
 */
function preparedSide(preprocessor: Fields): number | undefined {
  const cropped = preprocessor.do_center_crop === false ? undefined : sideOf(preprocessor.crop_size);
  return cropped ?? (preprocessor.do_resize === false ? undefined : sideOf(preprocessor.size));
}

/**
 * Mean and deviation for pixels from 0 to 255. The file's values apply after `rescale_factor`, so they are divided by
 * it.
 */
function normalisation(preprocessor: Fields, name: string): { mean: Channels; deviation: Channels } {
  const { do_rescale, do_normalize, rescale_factor = 1 / 255, image_mean, image_std } = preprocessor;
  const factor = do_rescale === false ? 1 : rescale_factor;
  if (typeof factor !== "number" || !(factor > 0)) {
    throw badModel(name, "preprocessor_config.json's rescale_factor is no number above 0");
  }
  const channels = (field: string, value: unknown, least: number): Channels => {
    const three = Array.isArray(value) ? value : [value, value, value];
    if (three.length !== 3 || !three.every((one) => typeof one === "number" && Number.isFinite(one) && one >= least)) {
      throw badModel(name, `preprocessor_config.json's ${field} is not three numbers`);
    }
    return three.map((one) => rounded(one / factor)) as unknown as Channels;
  };
  if (do_normalize === false) return { mean: channels("", 0, 0), deviation: channels("", 1, 0) };
  return {
    mean: channels("image_mean", image_mean, -Infinity),
    deviation: channels("image_std", image_std, Number.MIN_VALUE),
  };
}

/** Rounds to seven digits, about as many as float32 keeps. 0.485 × 255 then is 123.675. */
function rounded(value: number): number {
  return Number(value.toPrecision(7));
}
