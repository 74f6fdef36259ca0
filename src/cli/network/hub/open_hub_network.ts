// Opens a network of the hub: gets its files, from the cache or by download, and makes a manifest of them.

import { join, posix } from "node:path";
import { hubNetwork, hubWeights } from "../../../embed/hub_network.ts";
import { hubNetworkName, type NetworkFiles } from "../../../embed/read_network.ts";
import { AnomalyClusterError } from "../../../errors.ts";
import { usersCacheFolder } from "../../system/cache_folder.ts";
import { fromUser } from "../../options/arguments.ts";
import { variable } from "../../system/variable.ts";
import { hubAddress, hubEndpoint, type HubReference } from "./reference.ts";
import { Snapshot } from "./snapshot.ts";

/** How a network of the hub is downloaded and kept. */
export interface HubOptions {
  /** The folder of `--cache`, or `off`. @default the user's folder for caches */
  readonly cache?: string;
  /** Whether a download is kept for later runs. @default true */
  readonly keeps?: boolean;
  /** Whether to ask the hub for a newer commit of the revision. @default false */
  readonly updates?: boolean;
  /** Whether to connect to the hub only, for example because someone else wrote the address. @default false */
  readonly onlyHub?: boolean;
}

/** A network of the hub. */
export interface HubNetwork extends Required<NetworkFiles> {
  /** Path of the ONNX file in the repository. */
  readonly file: string;
  /** Address of this file at this commit, for {@linkcode hubReference}. */
  readonly address: string;
}

/** Usual paths of the ONNX file in a repository. The first one that exists is used. */
export const USUAL_FILES = ["onnx/model.onnx", "model.onnx"];

/** Reads a network from the cache or downloads it. Throws `bad-model` with a sentence that says what to do. */
export async function openHubNetwork(reference: HubReference, options: HubOptions): Promise<HubNetwork> {
  const { repository, endpoint = hubEndpoint() } = reference;
  const isElsewhere = options.onlyHub && reference.endpoint !== undefined;
  const folder = networksFolder(options.cache);
  const address = hubAddress(reference);
  const snapshot = await Snapshot.open(reference, {
    ...(folder !== undefined && { folder }),
    keeps: options.keeps ?? true,
    updates: options.updates ?? false,
    ...(isElsewhere && { refusal: `is not on the hub: run deno task network ${address} first` }),
  });
  const text = async (path: string) => {
    const bytes = await snapshot.read(path);
    return bytes && new TextDecoder().decode(bytes);
  };
  const needed = async (path: string) => {
    const found = await text(path);
    if (found !== undefined) return found;
    const reason = `${endpoint} has no ${path} in ${repository} at ${reference.revision}`;
    throw failure(`${reason}: look at the name, it is of a repository that holds ONNX files`);
  };
  const config = await needed("config.json");
  const preprocessor = await needed("preprocessor_config.json");
  const card = await text("README.md");

  let found: { readonly file: string; readonly model: Uint8Array } | undefined;
  for (const file of reference.file ? [reference.file] : USUAL_FILES) {
    const model = await snapshot.read(file);
    if (!model) continue;
    found = { file, model };
    break;
  }
  if (!found) {
    const files = reference.file ?? USUAL_FILES.join(", nor ");
    throw failure(
      `${hubAddress({ ...reference, file: undefined })} has no ${files}: name the file, as ${example(reference)}`,
    );
  }
  const { file, model } = found;
  const weights = new Map<string, Uint8Array>();
  const digests = [snapshot.digest(file)];
  for (const name of hubWeights(model, `${file} of ${hubAddress({ ...reference, file: undefined })}`)) {
    const path = posix.join(posix.dirname(file), name);
    const bytes = await snapshot.read(path);
    if (!bytes) throw failure(`${repository} has no ${path}, which holds the weights of ${file}: take another file`);
    weights.set(name, bytes);
    digests.push(`${snapshot.digest(path)} of ${name}`);
  }
  const name = hubNetworkName(repository.split("/")[1], file);
  const source = `${repository} at ${snapshot.commit}, ${file}`;
  const network = await hubNetwork({
    model,
    config,
    preprocessor,
    weights,
    name,
    source,
    ...(card !== undefined && { card }),
  });
  snapshot.keep();
  snapshot.tell(
    `${source}, ${megabytes(network.model)} MB, SHA-256 ${digests.join(" and ")}, licence ${network.manifest.licence}`,
  );
  return { ...network, file, address: hubAddress({ ...reference, revision: snapshot.commit, file }) };
}

function example(reference: HubReference): string {
  return hubAddress({ ...reference, file: "onnx/model_fp16.onnx" });
}

/** The folder in which networks are kept; `undefined` if they are not kept. */
function networksFolder(cache = variable("ANOMALY_CLUSTER_CACHE")): string | undefined {
  if (cache === "off") return undefined;
  const folder = cache === undefined ? usersCacheFolder("anomaly-cluster") : fromUser(cache);
  return folder ? join(folder, "networks") : undefined;
}

function megabytes({ length }: Uint8Array): string {
  return length < 1e7 ? (length / 1e6).toPrecision(2) : (length / 1e6).toFixed(0);
}

function failure(message: string): AnomalyClusterError {
  return new AnomalyClusterError("bad-model", message);
}
