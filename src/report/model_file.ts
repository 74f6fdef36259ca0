// Writes model.json and model.bin: the groups, ready for assigning new images, and which network embeds those.

import type { GroupModel } from "../assign/group_model.ts";
import type { ModelRecord } from "../assign/model_record.ts";
import { packModel } from "../assign/pack_model.ts";
import { sha256 } from "../embed/manifest.ts";
import type { CloserLook } from "../look/closer_look.ts";
import { type LookRecord, withLook } from "../look/look_record.ts";
import type { PresetName } from "../preset.ts";
import type { GroupsFile } from "./result.ts";
import type { Thumbnail } from "./thumbnail.ts";

/** What is needed to open the same network again and to check that it is the same. */
export interface NetworkRecord {
  /** The embedder's id. */
  readonly id: string;
  /** Name of the ONNX file. */
  readonly file: string;
  /** SHA-256 of its bytes, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly preset: PresetName;
  /** The path given with `--model`, if any. */
  readonly model?: string;
  readonly views?: "1" | "4" | "8";
  readonly size: number;
  /** The 16-bit value that was white in the images, if it was not the largest possible one. */
  readonly white?: number;
}

/** model.json. Groups are numbered from 1 in `groups`, from 0 in `model`. */
export interface ModelFile {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-assign/1";
  readonly network: NetworkRecord;
  readonly groups: GroupsFile["groups"];
  /** Paths of the grouped images, in the order of `model.groups`. */
  readonly images: readonly string[];
  /** Small pictures of the groups' medoids, by path. */
  readonly pictures?: Readonly<Record<string, Thumbnail>>;
  /** The file beside this one that holds the arrays of `model`. */
  readonly data: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly model: ModelRecord;
  /** How photos are looked at closely, if they are. Its array follows those of `model` in the data file. */
  readonly look?: LookRecord;
}

/** What both files are made from. */
export interface FoundModel {
  readonly model: GroupModel;
  /** Paths of the model's images. */
  readonly images: readonly string[];
  readonly network: NetworkRecord;
  /** How photos were looked at closely. */
  readonly look?: CloserLook;
  readonly groups: GroupsFile["groups"];
  /** Thumbnails by path, at least those of the medoids. */
  readonly thumbnails: ReadonlyMap<string, Thumbnail>;
}

export const MODEL_FORMAT: ModelFile["format"] = "anomaly-cluster-assign/1";
/** Name of the file with the arrays. */
export const MODEL_DATA = "model.bin";

/** Returns the contents of model.json and of model.bin. */
export async function modelFiles(
  { model, images, network, look, groups, thumbnails }: FoundModel,
): Promise<{ readonly json: string; readonly bytes: Uint8Array }> {
  const packed = packModel(model);
  const { bytes, record } = withLook(packed.bytes, look);
  const json: ModelFile = {
    format: MODEL_FORMAT,
    network,
    groups,
    images,
    pictures: Object.fromEntries(groups.flatMap(({ medoid }) => {
      const thumbnail = thumbnails.get(medoid);
      return thumbnail ? [[medoid, thumbnail]] : [];
    })),
    data: { file: MODEL_DATA, bytes: bytes.length, sha256: await sha256(bytes) },
    model: packed.record,
    ...record,
  };
  return { json: `${JSON.stringify(json)}\n`, bytes };
}
