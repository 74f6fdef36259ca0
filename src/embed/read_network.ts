// A network's files, the ONNX file and its manifest, from wherever the modules come from.

import { isDeno } from "../runtime/deno.ts";
import { AnomalyClusterError, isMissing } from "../errors.ts";
import { readAddress } from "../runtime/read_address.ts";
import { hubNetwork, hubWeights } from "./hub_network.ts";
import { type ModelManifest, readManifest } from "./manifest.ts";
import { joinNetworks, networkInModule, unpackNetwork } from "./packed.ts";

/** A network as it was read. */
export interface NetworkFiles {
  /** The ONNX file's bytes. */
  readonly model: Uint8Array;
  /** What the JSON file beside it says, or config.json and preprocessor_config.json; absent where there is none. */
  readonly manifest?: ModelManifest;
}

/** What Deno alone imports, and what other runtimes do not parse: `engine.js`. */
interface DenoImports {
  importedModule(address: string): Promise<WebAssembly.Module>;
  importedText(address: string): Promise<string>;
}

/**
 * Reads a network and its manifest: the included ones by the address that their preset has, as `PRESETS.default.model`,
 * others by the address of an ONNX file. Over https Deno imports them, which takes no permission for the hosts that it
 * imports modules from, and keeps them in its cache for the next time. Elsewhere a file is read, or an address fetched.
 * A file without a manifest has one made from config.json and preprocessor_config.json, in its folder or the one above,
 * as repositories of the Hugging Face hub have them.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a file that cannot be read; `bad-model` where it cannot be fetched, or
 * its manifest is damaged; `unsupported-runtime` where modules have no address, as in edge workers.
 */
export async function readNetwork(address: URL): Promise<NetworkFiles> {
  if (address.protocol === "about:") {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "this runtime has no files beside the modules: hand in the network's bytes, see docs/runtimes.md",
    );
  }
  const { model, manifest } = await partAt(address);
  if (manifest) {
    return {
      model: await withFormer(model, manifest, (name) => partAt(new URL(encodeURIComponent(name), address))),
      manifest,
    };
  }
  if (address.protocol !== "file:") return { model };
  return await describedByConfig({ model, path: decodeURIComponent(address.pathname), read: besideFile(address) });
}

/** The network of a manifest whose file continues others: their bytes first. */
async function withFormer(
  model: Uint8Array,
  manifest: ModelManifest,
  read: (name: string) => Promise<NetworkFiles>,
): Promise<Uint8Array> {
  const parts = [model];
  const names = new Set<string>();
  for (let { after } = manifest; after !== undefined;) {
    if (names.has(after)) throw new AnomalyClusterError("bad-model", `${manifest.name}: ${after} continues itself`);
    names.add(after);
    const found = await read(after);
    parts.unshift(found.model);
    after = found.manifest?.after;
  }
  return parts.length === 1 ? model : joinNetworks(parts);
}

/** A file of a network of several, and its manifest. */
async function partAt(address: URL): Promise<NetworkFiles> {
  const [model, manifest] = await Promise.all([modelAt(address), manifestAt(manifestAddress(address))]);
  return { model, ...(manifest && { manifest }) };
}

/**
 * A file around an ONNX file: `path` is from its folder, as `../config.json`. Gives nothing where there is none, and throws
 * an `AnomalyClusterError` where it cannot be read.
 */
export type ReadBeside = (path: string) => Promise<Uint8Array | undefined>;

/** An ONNX file among others. */
export interface NetworkAmongFiles {
  readonly model: Uint8Array;
  /** Its folders and its name, as far as they are known: `dinov2-small/onnx/model.onnx`. */
  readonly path: string;
  readonly read: ReadBeside;
}

/** The network with its own manifest, else with one made of the files that the hub's repositories have, else without. */
export async function describedNetwork(network: NetworkAmongFiles): Promise<NetworkFiles> {
  const { model, path, read } = network;
  const file = path.split("/").at(-1)!;
  const manifest = await textBy(read)(manifestName(file));
  if (manifest !== undefined) {
    const own = readManifest(manifest, file);
    return {
      model: await withFormer(model, own, (name) => partBeside(name, file, read)),
      manifest: own,
    };
  }
  return await describedByConfig(network);
}

/** The same among files. */
async function partBeside(name: string, file: string, read: ReadBeside): Promise<NetworkFiles> {
  const bytes = await read(name);
  if (!bytes) throw new AnomalyClusterError("bad-model", `${name}, which ${file} continues, is not beside it`);
  const text = await textBy(read)(manifestName(name));
  return { model: unpackNetwork(bytes), ...(text !== undefined && { manifest: readManifest(text, name) }) };
}

function textBy(read: ReadBeside): (path: string) => Promise<string | undefined> {
  return async (path) => {
    const bytes = await read(path);
    return bytes && new TextDecoder().decode(bytes);
  };
}

async function describedByConfig({ model, path, read }: NetworkAmongFiles): Promise<NetworkFiles> {
  const text = textBy(read);
  const folders = path.split("/");
  const file = folders.pop()!;
  for (const above of ["", "../"]) {
    const config = await text(`${above}config.json`);
    const preprocessor = config && await text(`${above}preprocessor_config.json`);
    if (!config || !preprocessor) {
      folders.pop();
      continue;
    }
    const weights = new Map<string, Uint8Array>();
    for (const name of hubWeights(model, file)) {
      const bytes = await read(name);
      const reason = `${name}, which holds the network's weights, is not beside ${file}`;
      if (!bytes) throw new AnomalyClusterError("bad-model", reason);
      weights.set(name, bytes);
    }
    const name = hubNetworkName(folders.pop() ?? "", file);
    const card = await text(`${above}README.md`);
    return await hubNetwork({ model, config, preprocessor, weights, name, ...(card !== undefined && { card }) });
  }
  return { model };
}

/** A repository's name, with what tells its file from the usual one: `dinov2-small-fp16` for `model_fp16.onnx`. */
export function hubNetworkName(repository: string, file: string): string {
  const stem = file.split("/").at(-1)!.replace(/\.onnx$/i, "");
  if (!repository) return stem;
  const kind = stem.replace(/^model(_|$)/, "");
  return kind ? `${repository}-${kind}` : repository;
}

/** Files around an ONNX file, by its address. */
function besideFile(network: URL): ReadBeside {
  return async (path) => {
    const file = new URL(path.split("/").map(encodeURIComponent).join("/"), network);
    try {
      return await readAddress(file);
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw new AnomalyClusterError("bad-model", `${decodeURIComponent(file.pathname)} cannot be read`, { cause });
    }
  };
}

/** What a network's file is called, whether it is packed or not. */
export function networkFileName(address: URL): string {
  return decodeURIComponent(address.pathname.split("/").pop()!).replace(/\.onnx\.wasm$/i, ".onnx");
}

/** What the manifest of a network's file is called. */
function manifestName(file: string): string {
  return `${file.replace(/\.onnx(\.wasm)?$/i, "")}.json`;
}

/** Where the manifest of FILE.onnx lies: FILE.json. */
function manifestAddress(network: URL): URL {
  const address = new URL(network);
  address.pathname = manifestName(network.pathname);
  return address;
}

async function modelAt(address: URL): Promise<Uint8Array> {
  try {
    return await bytesAt(address);
  } catch (cause) {
    if (cause instanceof AnomalyClusterError) throw cause;
    const isFile = address.protocol === "file:";
    const name = isFile ? decodeURIComponent(address.pathname) : networkFileName(address);
    const message = `the network ${name} ${reasonOf(address, cause as Error)}`;
    throw new AnomalyClusterError(isFile ? "bad-argument" : "bad-model", message, { cause });
  }
}

async function bytesAt(address: URL): Promise<Uint8Array> {
  if (!isImported(address)) return unpackNetwork(await readAddress(address));
  return networkInModule(await (await denoImports()).importedModule(address.href));
}

/** Nothing where there is no such file, or none at this address. */
async function manifestAt(address: URL): Promise<ModelManifest | undefined> {
  const name = networkFileName(address);
  let json: string;
  try {
    json = isImported(address)
      ? await (await denoImports()).importedText(address.href)
      : new TextDecoder().decode(await readAddress(address));
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const reason = `${name}, the network's manifest, ${reasonOf(address, cause)}`;
    throw new AnomalyClusterError("bad-model", reason, { cause });
  }
  return readManifest(json, name);
}

/** Whether Deno imports it like a module: without a permission, and into its cache. */
function isImported({ protocol }: URL): boolean {
  return isDeno && (protocol === "https:" || protocol === "http:");
}

async function denoImports(): Promise<DenoImports> {
  return await import("./engine.js") as DenoImports;
}

/** What to say after the name of a file that could not be had. */
function reasonOf(address: URL, cause: unknown): string {
  const { protocol, host } = address;
  if (protocol === "file:") return "cannot be read";
  if (!isImported(address)) {
    const answer = /^the server answers \d+$/.test((cause as Error).message) && (cause as Error).message;
    return `cannot be loaded from ${host}: ${answer || "the server cannot be reached"}, try again`;
  }
  if (/import access/i.test(String(cause))) return `may not be fetched: allow it with --allow-import=${host}`;
  return `cannot be fetched from ${host}: the first run that needs it downloads it, so run once with a connection`;
}
