// A network's files, the ONNX file and its manifest, from wherever the modules come from.

import { isDeno } from "../deno.ts";
import { AnomalyClusterError, isMissing } from "../errors.ts";
import { readAddress } from "../read_address.ts";
import { hubNetwork, hubWeights } from "./hub_network.ts";
import { type ModelManifest, readManifest } from "./manifest.ts";
import { networkInModule, unpackNetwork } from "./packed.ts";

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
  const file = networkFileName(address);
  if (address.protocol === "about:") {
    throw new AnomalyClusterError(
      "unsupported-runtime",
      "this runtime has no files beside the modules: hand in the network's bytes, see docs/runtimes.md",
    );
  }
  const [model, manifest] = await Promise.all([
    bytesAt(address).catch((cause) => {
      if (cause instanceof AnomalyClusterError) throw cause;
      const isFile = address.protocol === "file:";
      const message = `the network ${isFile ? decodeURIComponent(address.pathname) : file} ${reasonOf(address, cause)}`;
      throw new AnomalyClusterError(isFile ? "bad-argument" : "bad-model", message, { cause });
    }),
    manifestAt(manifestAddress(address)),
  ]);
  if (manifest) return { model, manifest };
  return address.protocol === "file:" ? await describedByConfig(address, model) ?? { model } : { model };
}

/** The network of an export for the hub, if the files of one lie beside it or in the folder above. */
async function describedByConfig(file: URL, model: Uint8Array): Promise<NetworkFiles | undefined> {
  for (const folder of [new URL(".", file), new URL("..", file)]) {
    const config = await textAt(new URL("config.json", folder));
    const preprocessor = await textAt(new URL("preprocessor_config.json", folder));
    if (config === undefined || preprocessor === undefined) continue;
    const weights = new Map<string, Uint8Array>();
    for (const name of hubWeights(model, networkFileName(file))) {
      const beside = new URL(encodeURIComponent(name), file);
      weights.set(
        name,
        await readAddress(beside).catch((cause) => {
          const reason = `${name}, which holds the network's weights, cannot be read beside ${networkFileName(file)}`;
          throw new AnomalyClusterError("bad-model", reason, { cause });
        }),
      );
    }
    const name = hubNetworkName(decodeURIComponent(folder.pathname.split("/").at(-2)!), networkFileName(file));
    const card = await textAt(new URL("README.md", folder));
    return await hubNetwork({ model, config, preprocessor, weights, name, ...(card !== undefined && { card }) });
  }
  return undefined;
}

/** A repository's name, with what tells its file from the usual one: `dinov2-small-fp16` for `model_fp16.onnx`. */
export function hubNetworkName(repository: string, file: string): string {
  const kind = file.split("/").at(-1)!.replace(/\.onnx$/i, "").replace(/^model(_|$)/, "");
  return kind ? `${repository}-${kind}` : repository;
}

/** Nothing where there is no such file. */
async function textAt(file: URL): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readAddress(file));
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const reason = `${decodeURIComponent(file.pathname)} cannot be read`;
    throw new AnomalyClusterError("bad-model", reason, { cause });
  }
}

/** What a network's file is called, whether it is packed or not. */
export function networkFileName(address: URL): string {
  return decodeURIComponent(address.pathname.split("/").pop()!).replace(/\.onnx\.wasm$/i, ".onnx");
}

/** Where the manifest of FILE.onnx lies: FILE.json. */
function manifestAddress(network: URL): URL {
  const address = new URL(network);
  address.pathname = `${network.pathname.replace(/\.onnx(\.wasm)?$/i, "")}.json`;
  return address;
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
