// model.json and model.bin: groups as new images are put into them, and the network that embeds these.

import { basename, dirname, join } from "node:path";
import type { GroupModel } from "../assign/group_model.ts";
import { type ModelRecord, packModel, unpackModel } from "../assign/model_record.ts";
import { sha256 } from "../embed/manifest.ts";
import { AnomalyClusterError } from "../errors.ts";
import { PRESETS } from "../preset.ts";
import { writeWhole } from "../report/output_folder.ts";
import type { GroupsFile } from "../report/result.ts";
import { areGroups } from "./groups_file.ts";
import type { NetworkRecord } from "./open_model.ts";

/** model.json. Groups are numbered from 1 in `groups`, from 0 in `model`. */
export interface ModelFile {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-assign/1";
  readonly network: NetworkRecord;
  readonly groups: GroupsFile["groups"];
  /** Paths of the grouped images, in the order of `model.groups`. */
  readonly images: readonly string[];
  /** The file beside this one that holds the arrays of `model`. */
  readonly data: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly model: ModelRecord;
}

/** A model as it was read. */
export interface StoredModel extends Omit<ModelFile, "model"> {
  readonly model: GroupModel;
}

const FORMAT: ModelFile["format"] = "anomaly-cluster-assign/1";
const DATA = "model.bin";

/** Writes both files into a folder; without a model removes those of an earlier run, which would belong to other groups. */
export async function writeModel(
  folder: string,
  found?: { readonly model: GroupModel; readonly network: NetworkRecord; readonly file: GroupsFile },
): Promise<void> {
  for (const name of ["model.json", DATA]) removeIfThere(join(folder, name));
  if (!found) return;
  const { record, bytes } = packModel(found.model);
  writeWhole(folder, DATA, bytes);
  const json: ModelFile = {
    format: FORMAT,
    network: found.network,
    groups: found.file.groups,
    images: found.file.images.map(({ path }) => path),
    data: { file: DATA, bytes: bytes.length, sha256: await sha256(bytes) },
    model: record,
  };
  writeWhole(folder, "model.json", `${JSON.stringify(json)}\n`);
}

function removeIfThere(file: string): void {
  try {
    Deno.removeSync(file);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return;
    throw new AnomalyClusterError("cannot-write", `${file} cannot be replaced`, { cause });
  }
}

/**
 * Reads model.json, and the file that it names beside it.
 *
 * @param name what errors call it.
 * @throws {AnomalyClusterError} `bad-model`.
 */
export async function readModel(path: string, name: string): Promise<StoredModel> {
  const file = parsed(await bytesOf(path, name), name);
  const { groups, images, data, network } = file;
  const whole = Array.isArray(images) && images.every((path) => typeof path === "string") && areGroups(groups) &&
    typeof data?.file === "string" && Number.isInteger(data.bytes) && typeof data.sha256 === "string" &&
    typeof network?.sha256 === "string" && typeof network.file === "string" && Object.hasOwn(PRESETS, network.preset) &&
    Array.isArray(file.model?.groups) && images.length === file.model.groups.length &&
    groups.length === file.model.radii?.length;
  if (!whole) throw new AnomalyClusterError("bad-model", `${name} lacks a part: run cluster again`);
  const beside = basename(data.file);
  const bytes = await bytesOf(join(dirname(path), beside), `${beside}, which belongs to ${name},`);
  if (bytes.length !== data.bytes || await sha256(bytes) !== data.sha256) {
    const size = bytes.length === data.bytes ? "other bytes" : `${bytes.length} bytes, not ${data.bytes}`;
    throw new AnomalyClusterError(
      "bad-model",
      `${beside} is not the one of ${name} (${size}): copy both from one run of cluster`,
    );
  }
  return { ...file, model: unpackModel(file.model, bytes) };
}

async function bytesOf(path: string, name: string): Promise<Uint8Array> {
  return await Deno.readFile(path).catch((cause) => {
    throw new AnomalyClusterError("bad-model", `${name} cannot be read: name a model.json that cluster wrote`, {
      cause,
    });
  });
}

function parsed(bytes: Uint8Array, name: string): ModelFile {
  let file: ModelFile;
  try {
    file = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new AnomalyClusterError("bad-model", `${name} is not JSON, or cut short: run cluster again`, { cause });
  }
  const format: unknown = file?.format;
  if (format === FORMAT) return file;
  const found = typeof format === "string" ? `is of the format ${format}` : "names no format";
  throw new AnomalyClusterError("bad-model", `${name} ${found}: ${FORMAT} is needed, run cluster again`);
}
