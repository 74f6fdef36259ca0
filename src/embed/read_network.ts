// A network's two files, the ONNX file and its manifest, from wherever the modules come from.

import { isDeno } from "../deno.ts";
import { AnomalyClusterError, isMissing } from "../errors.ts";
import { readAddress } from "../read_address.ts";
import { type ModelManifest, readManifest } from "./manifest.ts";
import { networkInModule, unpackNetwork } from "./packed.ts";

/** A network as it was read. */
export interface NetworkFiles {
  /** The ONNX file's bytes. */
  readonly model: Uint8Array;
  /** What the JSON file beside it says; absent where there is none. */
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
  return { model, ...(manifest && { manifest }) };
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
