// Finds the network that options name: a file, a folder or a repository of the hub.

import { statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { networkFileName, type NetworkFiles, readNetwork } from "../../embed/read_network.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { type PresetName, PRESETS } from "../../preset.ts";
import { fromUser } from "../options/arguments.ts";
import { type HubOptions, openHubNetwork, USUAL_FILES } from "./hub/open_hub_network.ts";
import { hubReference, isHubAddress } from "./hub/reference.ts";

/** Options that name a network, and say how one of the hub is downloaded and kept. */
export interface NetworkOptions extends HubOptions {
  readonly preset: PresetName;
  /** `--model`: a file, a folder, or an address that {@linkcode hubReference} reads. */
  readonly model?: string;
}

/** A network that was found. */
export interface FoundNetwork extends NetworkFiles {
  /** Name of the ONNX file. */
  readonly file: string;
  /** The value of `--model` that finds this network again; absent for the network of a preset. */
  readonly address?: string;
}

/**
 * Reads the network of `--model`, or the preset's if that is not given.
 *
 * @throws {AnomalyClusterError} `bad-argument` if the name is wrong or the file cannot be read; `bad-model` if it
 * cannot be downloaded, or is not a network that can be used.
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

/** Path of the ONNX file: the path itself, or the file in a folder with the layout of the hub's repositories. */
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
    return false; // The error comes when the file is read.
  }
}
