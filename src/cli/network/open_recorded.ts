// Opens exactly the network that an earlier run or another machine used, and no other.

import { sha256 } from "../../embed/manifest.ts";
import { networkFileName } from "../../embed/read_network.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { PRESET_NAMES, type PresetName, PRESETS } from "../../preset.ts";
import { findNetwork } from "./find_network.ts";
import { type ModelOptions, type OpenModel, openModel } from "./open_model.ts";
import type { NetworkRecord } from "../../report/model_file.ts";

/** How a recorded network is opened here. */
export interface RecordedOptions extends Pick<ModelOptions, "model" | "engine" | "decoder" | "cache" | "keeps"> {
  /** What was made with the network, for error messages, for example `these groups`. */
  readonly of: string;
}

/** Opens the network of a record. Throws `bad-model` if another network is found instead. */
export async function openRecorded(
  network: NetworkRecord,
  { of, ...given }: RecordedOptions,
  warnings: string[],
): Promise<OpenModel> {
  const model = given.model ?? network.model;
  // Someone else may have written the address in the record. So it may lead only to the hub, not to any other server.
  const options = {
    ...network,
    ...given,
    model,
    preset: model === undefined ? presetOf(network) : network.preset,
    views: viewsOf(network),
    onlyHub: given.model === undefined,
  };
  const read = await findNetwork(options).catch((cause) => {
    if (cause instanceof AnomalyClusterError && cause.code !== "bad-argument") throw cause;
    const reason = `the network ${network.file} of ${of} cannot be read from ${
      model ?? PRESETS[network.preset].model.pathname
    }`;
    throw new AnomalyClusterError("bad-model", `${reason}: say where it lies with --model FILE`, { cause });
  });
  const found = await sha256(read.model);
  if (found !== network.sha256 && !read.manifest?.formerly?.includes(network.sha256)) {
    throw new AnomalyClusterError(
      "bad-model",
      `${read.file} is not the network of ${of}, its SHA-256 is ${found.slice(0, 12)}… and not ` +
        `${network.sha256.slice(0, 12)}…: name that one with --model FILE, or run cluster again`,
    );
  }
  const opened = await openModel(options, warnings, read);
  if (opened.embedder.id !== network.id) {
    throw new AnomalyClusterError(
      "bad-model",
      `the network is now ${opened.embedder.id}, but ${of} were made with ${network.id}: run cluster again`,
    );
  }
  return opened;
}

/** A preset with this network. A preset of the same name may have another network in this version of the program. */
function presetOf({ file, preset }: NetworkRecord): PresetName {
  return PRESET_NAMES.find((name) => networkFileName(PRESETS[name].model) === file) ?? preset;
}

/** In how many directions images were seen. If the record does not say, the id does. */
function viewsOf({ id, views }: NetworkRecord): NonNullable<NetworkRecord["views"]> {
  return views ?? (id.match(/ × ([48]) views/)?.[1] as "4" | "8" | undefined) ?? "1";
}
