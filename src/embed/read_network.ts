// Reads the files of a network, the ONNX file and its manifest, from a folder or an address.

import { isDeno } from "../runtime/deno.ts";
import { AnomalyClusterError, isMissing } from "../errors.ts";
import { readAddress } from "../runtime/read_address.ts";
import { hubNetwork, hubWeights } from "./hub_network.ts";
import { type ModelManifest, readManifest } from "./manifest.ts";
import { joinNetworks, networkInModule, unpackNetwork } from "./packed.ts";

/** The files of a network. */
export interface NetworkFiles {
  /** The ONNX file's bytes. */
  readonly model: Uint8Array;
  /**
   * The manifest: the JSON file beside the network, or made from config.json and preprocessor_config.json. Absent if
   * there are none of these.
   */
  readonly manifest?: ModelManifest;
}

/** The functions of `engine.js`, which only Deno can import and other runtimes cannot parse. */
interface DenoImports {
  importedModule(address: string): Promise<WebAssembly.Module>;
  importedText(address: string): Promise<string>;
}

/**
 * Reads a network and its manifest. `address` is that of an included network, such as `PRESETS.default.model`, or of an
 * ONNX file. Deno imports addresses of https: it needs no permission for the hosts from which it imports modules, and
 * it caches the files. In other runtimes a file is read, or an address fetched. If a file has no manifest, one is made
 * from config.json and preprocessor_config.json, in its folder or the one above, as in repositories of the Hugging Face
 * hub.
 *
 * @throws {AnomalyClusterError} `bad-argument` for a file that cannot be read; `bad-model` if it cannot be fetched, or
 * its manifest is damaged; `unsupported-runtime` if modules have no address, as in edge workers.
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

/** The whole network of a manifest. If its file continues other files, their bytes come first. */
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

/** Reads one file of a network, and its manifest. */
async function partAt(address: URL): Promise<NetworkFiles> {
  const [model, manifest] = await Promise.all([modelAt(address), manifestAt(manifestAddress(address))]);
  return { model, ...(manifest && { manifest }) };
}

/**
 * Reads a file around an ONNX file. `path` starts from the folder of the ONNX file, as in `../config.json`. Returns
 * undefined if there is no such file, and throws an `AnomalyClusterError` if it cannot be read.
 */
export type ReadBeside = (path: string) => Promise<Uint8Array | undefined>;

/** An ONNX file, and a way to read the files around it. */
export interface NetworkAmongFiles {
  readonly model: Uint8Array;
  /** Its folders and its name, as far as they are known: `dinov2-small/onnx/model.onnx`. */
  readonly path: string;
  readonly read: ReadBeside;
}

/**
 * Returns the network with its own manifest. If it has none, makes one from the files that the hub's repositories have.
 * Without these there is no manifest.
 */
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

/** The same as `partAt`, for a file beside an ONNX file. */
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

/**
 * The name of a network from the hub: the repository's name, and what differs in the file's name from the usual one,
 * such as `dinov2-small-fp16` for `model_fp16.onnx`.
 */
export function hubNetworkName(repository: string, file: string): string {
  const stem = file.split("/").at(-1)!.replace(/\.onnx$/i, "");
  if (!repository) return stem;
  const kind = stem.replace(/^model(_|$)/, "");
  return kind ? `${repository}-${kind}` : repository;
}

/** Makes a function that reads the files around an ONNX file, by its address. */
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

/** The file name of a network, the same whether the file is packed or not. */
export function networkFileName(address: URL): string {
  return decodeURIComponent(address.pathname.split("/").pop()!).replace(/\.onnx\.wasm$/i, ".onnx");
}

/** The file name of the manifest that belongs to a network's file. */
function manifestName(file: string): string {
  return `${file.replace(/\.onnx(\.wasm)?$/i, "")}.json`;
}

/** The address of a network's manifest: FILE.json for FILE.onnx. */
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

/** Reads a manifest; undefined if there is no such file. */
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

/** Whether Deno imports the address like a module: without a permission, and into its cache. */
function isImported({ protocol }: URL): boolean {
  return isDeno && (protocol === "https:" || protocol === "http:");
}

async function denoImports(): Promise<DenoImports> {
  return await import("./engine.js") as DenoImports;
}

/** Ends the sentence that begins with the name of a file that could not be read or fetched. */
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
