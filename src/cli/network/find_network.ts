// The network that options name: a file, a folder or a repository of the hub.

import { statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { networkFileName, type NetworkFiles, readNetwork } from "../../embed/read_network.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { type PresetName, PRESETS } from "../../preset.ts";
import { fromUser } from "../options/arguments.ts";
import { type HubOptions, openHubNetwork, USUAL_FILES } from "./hub/open_hub_network.ts";
import { hubReference, isHubAddress } from "./hub/reference.ts";

/** What names a network, and how one of the hub is had. */
export interface NetworkOptions extends HubOptions {
  readonly preset: PresetName;
  /** `--model`: a file, a folder, or what {@linkcode hubReference} reads. */
  readonly model?: string;
}

/** A network as it was found. */
export interface FoundNetwork extends NetworkFiles {
  /** What the ONNX file is called. */
  readonly file: string;
  /** What finds it again, as `--model`; nothing for a preset's. */
  readonly address?: string;
}

/**
 * Reads the network of `--model`, else the preset's.
 *
 * @throws {AnomalyClusterError} `bad-argument` for what cannot be read or names nothing; `bad-model` for what cannot be
 * downloaded, or is no network that can be used.
 */
export async function findNetwork(options: NetworkOptions): Promise<FoundNetwork> {
  const { model, preset } = options;
  if (model === undefined) {
    const address = PRESETS[preset].model;
    return { ...await readNetwork(address), file: networkFileName(address) };
  }
  if (isHubAddress(model)) return await openHubNetwork(hubReference(model), options);
  const address = pathToFileURL(fileOf(fromUser(model), model));
  return { ...await readNetwork(address), file: networkFileName(address), address: fromUser(model) };
}

/** The ONNX file itself, or that of a folder as the hub's repositories are. */
function fileOf(path: string, name: string): string {
  if (!isFolder(path)) return path;
  const files = USUAL_FILES.map((file) => join(path, file));
  const found = files.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  if (found) return found;
  throw new AnomalyClusterError(
    "bad-argument",
    `--model ${name} is a folder without onnx/model.onnx or model.onnx: name its ONNX file`,
  );
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Reading it says why.
  }
}
