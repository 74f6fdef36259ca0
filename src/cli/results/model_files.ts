// Reads and writes model.json and model.bin.

import { unlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { GroupModel } from "../../assign/group_model.ts";
import { unpackModel } from "../../assign/pack_model.ts";
import { sha256 } from "../../embed/manifest.ts";
import { AnomalyClusterError, isMissing } from "../../errors.ts";
import { PRESETS } from "../../preset.ts";
import type { CloserLook } from "../../look/closer_look.ts";
import { lookAmong } from "../../look/look_record.ts";
import { type FoundModel, MODEL_DATA, MODEL_FORMAT, type ModelFile, modelFiles } from "../../report/model_file.ts";
import { writeWhole } from "../../report/output_folder.ts";
import { fileBytes } from "../system/file_bytes.ts";
import { areGroups } from "./groups_file.ts";

/** A model that was read from files. */
export interface StoredModel extends Omit<ModelFile, "model" | "look"> {
  readonly model: GroupModel;
  /** The closer look at photos, if there is one. */
  readonly look?: CloserLook;
}

/**
 * Writes both files into a folder. Without a model it only removes the files of an earlier run, because they would
 * belong to other groups.
 */
export async function writeModel(folder: string, found?: FoundModel): Promise<void> {
  for (const name of ["model.json", MODEL_DATA]) removeIfThere(join(folder, name));
  if (!found) return;
  const { json, bytes } = await modelFiles(found);
  writeWhole(folder, MODEL_DATA, bytes);
  writeWhole(folder, "model.json", json);
}

function removeIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (cause) {
    if (isMissing(cause)) return;
    throw new AnomalyClusterError("cannot-write", `${file} cannot be replaced`, { cause });
  }
}

/**
 * Reads model.json, and the file of arrays that it names, which lies beside it.
 *
 * @param name what error messages call model.json.
 * @throws {AnomalyClusterError} `bad-model` if a file cannot be read, is damaged, or does not belong to the other.
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
  const { look, ...rest } = file;
  return {
    ...rest,
    model: unpackModel(file.model, bytes),
    ...(look && { look: lookAmong(look, bytes) }),
  };
}

async function bytesOf(path: string, name: string): Promise<Uint8Array> {
  return await fileBytes(path).catch((cause) => {
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
  if (format === MODEL_FORMAT) return file;
  const found = typeof format === "string" ? `is of the format ${format}` : "names no format";
  throw new AnomalyClusterError("bad-model", `${name} ${found}: ${MODEL_FORMAT} is needed, run cluster again`);
}
