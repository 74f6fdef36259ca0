import { AnomalyClusterError } from "../errors.ts";

/** A number for each of red, green and blue. */
export type Channels = readonly [number, number, number];

/** One output of a network: a grid of patches. */
export interface ModelLevel {
  /** Name of the ONNX output. */
  readonly name: string;
  /** Where in the network the output is taken from, in the words of the network's authors. */
  readonly layer: string;
  /** Pixels from one patch to the next: the grid has side ÷ stride rows and columns. */
  readonly stride: number;
  /** How many values a patch has. */
  readonly channels: number;
  /**
   * Order of the output's numbers: `[1, channels, rows, cols]`, `[1, rows, cols, channels]` or `[1, tokens, channels]`,
   * row by row. @default "channels-first"
   */
  readonly layout?: "channels-first" | "channels-last" | "tokens";
  /** How many tokens come before those of the grid, such as a ViT's class token and registers. @default 0 */
  readonly extraTokens?: number;
}

/** Describes an ONNX file: its input and outputs, its source and its licence. This is the JSON file beside it. */
export interface ModelManifest {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-model/1";
  /** Short name of the network, for reports and ids. */
  readonly name: string;
  /** The image that the network accepts. */
  readonly input: {
    /** Side in pixels, if the user gives no other. */
    readonly side: number;
    /** Sides must be a multiple of this. */
    readonly multiple: number;
    /** Whether this is the only side that the network accepts. */
    readonly fixed: boolean;
    /** Order of the channels and range of their values, before `mean` and `deviation` apply. */
    readonly pixels: "RGB, 0 to 255";
    /** Subtracted from each channel. */
    readonly mean: Channels;
    /** Each channel is divided by this, after the subtraction. */
    readonly deviation: Channels;
  };
  /** The network's outputs. They are put side by side on the grid of the first. */
  readonly levels: readonly ModelLevel[];
  /** Licence of the weights, or `random weights`. */
  readonly licence: string;
  /** Where the network and its weights come from. */
  readonly source: string;
  /**
   * Name of a file beside this one that comes first: the bytes of both files, one after the other, are one network.
   * ONNX files are protocol buffers, whose lists can be joined like this.
   */
  readonly after?: string;
  /** SHA-256 of the ONNX file, including the file that comes first; 64 hexadecimal digits. */
  readonly sha256: string;
  /** SHA-256 of earlier versions of the file that give the same numbers. */
  readonly formerly?: readonly string[];
  /** How the file was made: program, versions, and the largest difference found, as a share of the largest output. */
  readonly made: Readonly<Record<string, string | number>>;
}

const FORMAT: ModelManifest["format"] = "anomaly-cluster-model/1";

type Rule = readonly [wanted: string, holds: (value: unknown) => boolean];

const TEXT: Rule = ["a text", (value) => typeof value === "string" && value !== ""];
const SHA256 = /^[0-9a-f]{64}$/i;
const COUNT: Rule = ["a whole number from 1 on", (value) => Number.isInteger(value) && (value as number) > 0];
const THREE: Rule = ["three numbers", isThreeNumbers];
const RULES: Readonly<Record<string, Rule>> = {
  "name": TEXT,
  "input.side": COUNT,
  "input.multiple": COUNT,
  "input.fixed": ["true or false", (value) => typeof value === "boolean"],
  "input.pixels": ['"RGB, 0 to 255"', (value) => value === "RGB, 0 to 255"],
  "input.mean": THREE,
  "input.deviation": ["three numbers above 0", (value) => isThreeNumbers(value) && value.every((one) => one > 0)],
  "levels": ["a list of at least one output", (value) => Array.isArray(value) && value.length > 0],
  "licence": TEXT,
  "source": TEXT,
  "after": [
    "the name of a file beside it",
    (value) => value === undefined || typeof value === "string" && /^[^/\\]+$/.test(value) && !/^\.+$/.test(value),
  ],
  "sha256": ["64 hexadecimal digits", (value) => typeof value === "string" && SHA256.test(value)],
  "formerly": [
    "a list of SHA-256",
    (value) => value === undefined || Array.isArray(value) && value.every((one) => SHA256.test(one)),
  ],
  "made": ["an object", (value) => typeof value === "object" && value !== null],
};
const LEVEL_RULES: Readonly<Record<string, Rule>> = {
  name: TEXT,
  layer: TEXT,
  stride: COUNT,
  channels: COUNT,
  layout: [
    "channels-first, channels-last or tokens",
    (value) => value === undefined || ["channels-first", "channels-last", "tokens"].includes(value as string),
  ],
  extraTokens: [
    "a whole number from 0 on",
    (value) => value === undefined || Number.isInteger(value) && (value as number) >= 0,
  ],
};

function isThreeNumbers(value: unknown): value is Channels {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
}

/**
 * Reads and checks a manifest. `file` is its name in errors.
 *
 * @throws {AnomalyClusterError} `bad-model` if the text is not JSON, has another format version, or lacks a field.
 */
export function readManifest(json: string, file = "the model's manifest"): ModelManifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new AnomalyClusterError("bad-model", `${file} is not JSON: export the model again`, { cause });
  }
  const format = fieldOf(value, "format");
  if (format !== FORMAT) {
    const found = typeof format === "string" ? `is of the format ${format}` : "names no format";
    throw new AnomalyClusterError("bad-model", `${file} ${found}: ${FORMAT} is needed, export the model again`);
  }
  checkFields(value, RULES, file);
  const manifest = value as ModelManifest;
  for (const at of manifest.levels.keys()) {
    const rules = Object.entries(LEVEL_RULES).map(([field, rule]) => [`levels.${at}.${field}`, rule]);
    checkFields(manifest, Object.fromEntries(rules), file);
  }
  const { side, multiple } = manifest.input;
  if (side % multiple) {
    throw new AnomalyClusterError("bad-model", `${file}: input.side ${side} is not a multiple of ${multiple}`);
  }
  return manifest;
}

function fieldOf(value: unknown, path: string): unknown {
  return path.split(".").reduce((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}

function checkFields(value: unknown, rules: Readonly<Record<string, Rule>>, file: string): void {
  for (const [path, [wanted, holds]] of Object.entries(rules)) {
    if (!holds(fieldOf(value, path))) throw new AnomalyClusterError("bad-model", `${file}: ${path} is not ${wanted}`);
  }
}

/** Throws `bad-model` unless the manifest belongs to these bytes. */
export async function checkSum(model: Uint8Array, { name, sha256: wanted }: ModelManifest): Promise<void> {
  const found = await sha256(model);
  if (found !== wanted.toLowerCase()) {
    throw new AnomalyClusterError(
      "bad-model",
      `${name}: the model is not the one of its manifest, its SHA-256 is ${found.slice(0, 12)}… and not ` +
        `${wanted.slice(0, 12)}…: put both files of one export side by side`,
    );
  }
}

/** Returns the SHA-256 of some bytes as 64 hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as BufferSource));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
