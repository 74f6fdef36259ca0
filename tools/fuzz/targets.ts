// The kinds of files that are fuzzed: undamaged examples of each, and the function that reads them.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import {
  assignPatches,
  clusterPatches,
  decodeImage,
  groupModel,
  type GroupModelOptions,
  type PatchSet,
} from "../../mod.ts";
import { copiesOf } from "../../src/cli/images/copy_images.ts";
import { readGroups } from "../../src/cli/results/groups_file.ts";
import { readModel, writeModel } from "../../src/cli/results/model_files.ts";
import { EmbeddingCache } from "../../src/embed/cache.ts";
import { cacheKey } from "../../src/embed/cache_entry.ts";
import { hubNetwork } from "../../src/embed/hub_network.ts";
import { readManifest } from "../../src/embed/manifest.ts";
import { AnomalyClusterError } from "../../src/errors.ts";
import { seededRandom } from "../../src/random.ts";
import { printable } from "../../src/report/printable.ts";
import { groupsFile } from "../../src/report/result.ts";
import { DEFAULT_LIMITS } from "../../src/serve/limits.ts";
import { Problem } from "../../src/serve/problem.ts";
import { withSafeNames } from "../../src/serve/uploaded_image.ts";
import { readZip } from "../../src/serve/zip.ts";

/** A kind of file. */
export interface Target {
  /** Undamaged files, by name. */
  readonly corpus: ReadonlyMap<string, Uint8Array>;
  /** Whether the files are JSON. They are then damaged as JSON too. */
  readonly json?: boolean;
  /** How often this kind is drawn, relative to the others. */
  readonly share: number;
  /** Reads a file, damaged or not. It must throw nothing but errors that {@linkcode isExpected} accepts. */
  read(bytes: Uint8Array<ArrayBuffer>): unknown;
  /** Whether an error is a proper refusal of a file of this kind. */
  isExpected(error: unknown): boolean;
}

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const ENDINGS = {
  jpeg: /\.jpg$/,
  png: /\.png$/,
  tiff: /\.tif$/,
  webp: /\.webp$/,
  gif: /\.gif$/,
  bmp: /\.bmp$/,
  netpbm: /\.p[bgp]m$/,
  avif: /\.avif$/,
  jxl: /\.jxl$/,
};

const withCode = (...codes: string[]) => (error: unknown) =>
  error instanceof AnomalyClusterError && codes.includes(error.code) && isSentence(printable(error.message)); // As it is printed.

/** Whether a message is one line and not a JavaScript engine's text on a programming error. */
function isSentence(message: string): boolean {
  return message.length > 10 && !/\p{Cc}/u.test(message) && !/undefined|not iterable|is not a function/.test(message);
}

/** Returns all kinds. Files that they need are written to `scratch`. */
export async function targets(scratch: string): Promise<Record<string, Target>> {
  const images = imageFiles();
  const decoded = Object.entries(ENDINGS).map(([name, ending]): [string, Target] => [name, {
    corpus: new Map([...images].filter(([file]) => ending.test(file))),
    share: 4,
    async read(bytes) {
      const { data, width, height } = await decodeImage(bytes, {
        maxPixels: 5e5,
        ...(bytes.length % 2 && { atLeast: 40 }),
        ...(bytes.length % 3 === 0 && { white: 4095 }),
      });
      assert.equal(data.length, width * height * 4);
      for (let at = 3; at < data.length; at += 4) assert.equal(data[at], 255); // Laid over white.
    },
    isExpected: withCode("bad-image"),
  }]);
  return { ...Object.fromEntries(decoded), ...await otherTargets(images, scratch) };
}

function imageFiles(): Map<string, Uint8Array> {
  const folders = [
    "tests/data/images",
    ...["cut", "good", "hole", "knot", "stain"].map((kind) => `tests/data/fabric/${kind}`),
  ];
  return new Map(folders.flatMap((folder) => {
    return [...Deno.readDirSync(join(PROJECT, folder))].map(({ name }) => name).sort().map((name) => {
      return [name, Deno.readFileSync(join(PROJECT, folder, name))] as const;
    });
  }));
}

async function otherTargets(images: ReadonlyMap<string, Uint8Array>, scratch: string): Promise<Record<string, Target>> {
  const limits = { ...DEFAULT_LIMITS, bytes: 1e6, images: 50 };
  const patches = drawnPatches();
  const { models, file } = await modelsAndGroups(patches, scratch);
  const manifest = Deno.readFileSync(join(PROJECT, "models/efficientnet-lite0-pyramid.json"));
  const hub = (file: string) => Deno.readFileSync(join(PROJECT, "tests/data/hub/dinov2", file));
  const hubText = (file: string) => new TextDecoder().decode(hub(file));
  const exported = {
    model: hub("onnx/model_external.onnx"),
    config: hubText("config.json"),
    preprocessor: hubText("preprocessor_config.json"),
    weights: new Map([["model_external.onnx_data", hub("onnx/model_external.onnx_data")]]),
    name: "dinov2",
  };
  const written = (name: string, bytes: Uint8Array) => {
    Deno.writeFileSync(join(scratch, name), bytes);
    return join(scratch, name);
  };
  const cacheFolder = join(scratch, "cache");
  const key = await cacheKey(new Uint8Array(1), "drawn");
  const cacheFile = join(cacheFolder, "anomaly-cluster-embeddings.sqlite");
  const openCache = () =>
    new EmbeddingCache({ folder: cacheFolder, limit: 1e6, warn: (text) => assert(isSentence(text)) });
  {
    using cache = openCache();
    cache.put(key, { patches: { ...patches, count: 1, data: patches.data.slice(0, 36) }, extra: "drawn" });
  }
  const cache = Deno.readFileSync(cacheFile);
  return {
    zip: {
      corpus: await zips(images),
      share: 4,
      async read(bytes) {
        withSafeNames(await readZip(bytes, limits, AbortSignal.timeout(60_000)));
      },
      isExpected: (error) => error instanceof Problem && [413, 422].includes(error.status) && isSentence(error.message),
    },
    model: {
      corpus: models,
      json: true,
      share: 3,
      async read(bytes) {
        const { model } = await readModel(written("model.json", bytes), "model.json");
        const few = { ...patches, count: 2, data: patches.data.slice(0, 72) };
        for (const { distance } of await assignPatches(model, few)) assert(!Number.isNaN(distance));
      },
      isExpected: withCode("bad-model", "bad-argument"),
    },
    groups: {
      corpus: new Map([["groups.json", new TextEncoder().encode(JSON.stringify(file))]]),
      json: true,
      share: 3,
      read(bytes) {
        const output = join(scratch, "out");
        for (const { to } of copiesOf(readGroups("--apply", written("groups.json", bytes)), scratch, output).copies) {
          assert(to.startsWith(output));
        }
      },
      isExpected: withCode("bad-argument"),
    },
    manifest: {
      corpus: new Map([["manifest.json", manifest]]),
      json: true,
      share: 1,
      read: (bytes) => readManifest(new TextDecoder().decode(bytes), "manifest.json"),
      isExpected: withCode("bad-model"),
    },
    onnx: {
      corpus: new Map([["model_external.onnx", exported.model]]),
      share: 1,
      read: (bytes) => hubNetwork({ ...exported, model: bytes }),
      isExpected: withCode("bad-model"),
    },
    hubConfig: {
      corpus: new Map(["config.json", "preprocessor_config.json"].map((file) => [file, hub(file)])),
      json: true,
      share: 1,
      async read(bytes) {
        const text = new TextDecoder().decode(bytes);
        const isConfig = text.includes("model_type") || !text.includes("image_");
        await hubNetwork({ ...exported, [isConfig ? "config" : "preprocessor"]: text });
      },
      isExpected: withCode("bad-model"),
    },
    cache: {
      corpus: new Map([["cache.sqlite", cache]]),
      share: 1,
      read(bytes) {
        for (const ending of ["-wal", "-shm"]) removeIfThere(`${cacheFile}${ending}`);
        Deno.writeFileSync(cacheFile, bytes);
        using cache = openCache();
        const found = cache.get(key);
        if (found) assert.deepEqual(found.patches.data, patches.data.slice(0, 36));
      },
      isExpected: () => false,
    },
  };
}

const MODELS: Record<string, GroupModelOptions> = {
  plain: { weight: { kind: "soft", over: { quantile: 0.2 } }, features: [{ whiten: true }] },
  consensus: {
    weight: { kind: "hybrid", k: 2, tau: [{ perplexity: 0.3 }, { standardDeviations: 0.5 }] },
    features: [{ levels: [1], content: "residual" }, { length: "unit", whiten: true }],
  },
  words: { pooling: { kind: "bag-of-words", codebook: { data: new Float32Array(12).fill(1), count: 3, channels: 4 } } },
};

/** Writes a model.json for each of several settings, with its own data file in `scratch`, and makes a groups.json. */
async function modelsAndGroups(patches: PatchSet, scratch: string) {
  const models = new Map<string, Uint8Array>();
  const result = await clusterPatches(patches, { k: 3 });
  const images = Array.from({ length: patches.count }, (_, at) => ({ path: `kind-${at % 3}/${at}.jpg` }));
  const file = groupsFile(result, { images, settings: {}, model: "", warnings: [] });
  const network = { id: "drawn", file: "drawn.onnx", sha256: "0".repeat(64), preset: "paper", size: 64 } as const;
  for (const [name, options] of Object.entries(MODELS)) {
    await writeModel(scratch, {
      model: await groupModel(patches, result, options),
      images: file.images.map(({ path }) => path),
      network,
      groups: file.groups,
      thumbnails: new Map(),
    });
    Deno.renameSync(join(scratch, "model.bin"), join(scratch, `${name}.bin`));
    const json = Deno.readTextFileSync(join(scratch, "model.json")).replace('"model.bin"', `"${name}.bin"`);
    models.set(name, new TextEncoder().encode(json));
  }
  return { models, file };
}

function removeIfThere(file: string): void {
  try {
    Deno.removeSync(file);
  } catch {
    // It is not there.
  }
}

async function zips(images: ReadonlyMap<string, Uint8Array>): Promise<Map<string, Uint8Array>> {
  const zip = async (level: number, names: readonly string[]) => {
    const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level });
    const options = { lastModDate: new Date(2026, 0, 1), extendedTimestamp: false }; // The same bytes each time.
    for (const name of names) await writer.add(`photos/${name}`, new Uint8ArrayReader(images.get(name)!), options);
    return await writer.close();
  };
  const names = ["grey.png", "palette.gif", "1-bit.bmp"];
  return new Map([["stored.zip", await zip(0, names)], ["deflated.zip", await zip(9, names)]]);
}

/** Returns patch embeddings of images of three kinds. */
function drawnPatches(): PatchSet {
  const random = seededRandom(3);
  const data = Float32Array.from({ length: 12 * 9 * 4 }, (_, at) => {
    const [image, patch, channel] = [Math.floor(at / 36), Math.floor(at / 4) % 9, at % 4];
    return random() + (patch === image % 3 * 2 && channel === image % 3 ? 5 : 0);
  });
  return { data, count: 12, rows: 3, cols: 3, channels: 4, levels: [2, 2] };
}
