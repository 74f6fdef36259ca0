// For `assign --learn`: adds images that a person confirmed to a stored model, and learns from them.

import { basename, join, resolve } from "node:path";
import { taughtModel } from "../../assign/taught_model.ts";
import { squaredDistance } from "../../distance/squared_distance.ts";
import { LikeNames } from "../../dataset/like_names.ts";
import { someEmbeddings } from "../../embed/embedder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { countOf } from "../../report/client/text.js";
import type { GroupsFile } from "../../report/result.ts";
import type { Thumbnail } from "../../report/thumbnail.ts";
import type { Embeddings } from "../../types.ts";
import { type Correction, labelsOfCorrections } from "./corrected_assignments.ts";
import type { StoredModel } from "../results/model_files.ts";
import { checkText, goneNote, saidOf } from "../results/taught_groups.ts";

/** New images of a folder, with their paths relative to it and their vectors. */
export interface EmbeddedFolder {
  readonly folder: string;
  readonly paths: readonly string[];
  readonly thumbnails: readonly Thumbnail[];
  readonly vectors: Embeddings;
}

/** A model after it has learned more. */
export interface Retaught {
  readonly stored: StoredModel;
  /** For each new image that a person confirmed, the index of its group. */
  readonly kinds: ReadonlyMap<number, number>;
  /** Pictures of the model's medoids and of the new images, by their paths in the model. */
  readonly thumbnails: ReadonlyMap<string, Thumbnail>;
  /** A phrase on what was learned. */
  readonly note: string;
}

/** Throws if the new model would overwrite the old one, unless the user asked for that by `--out`. */
export function checkOutput(model: string, output: string, isAsked: boolean): void {
  if (isAsked || resolve(model) !== resolve(join(output, "model.json"))) return;
  const reason = `${model} would be written over: name another folder with --out, or with it this one if that is meant`;
  throw new AnomalyClusterError("bad-argument", `--learn: ${reason}`);
}

/** Throws if a model has no learned kinds, because `assign --learn` only adds to these. */
export function checkTaught({ model }: StoredModel, name: string): void {
  if (model.kinds) return;
  const reason = `${name} has learned nothing that could be gone on with: run cluster --learn, and use its model`;
  throw new AnomalyClusterError("bad-argument", `--learn: ${reason}`);
}

/**
 * Returns the model after it has also learned from the corrections. Kinds keep their numbers. A group without labels
 * becomes a kind if one of its images was confirmed. A new name becomes a new kind.
 *
 * @param file what the user calls the file of corrections.
 * @throws {AnomalyClusterError} `bad-argument` if the corrections do not fit the model or the folder.
 */
export function retaught(
  stored: StoredModel,
  corrections: readonly Correction[],
  { folder, paths, thumbnails, vectors }: EmbeddedFolder,
  file: string,
  warnings: string[],
): Retaught {
  const { model, groups } = stored;
  const { labels, none } = labelsOfCorrections(corrections, groups, file);
  const names = new LikeNames(paths);
  const given = new Map<number, number | string>();
  const gone: string[] = [];
  for (const { path, kind } of labels) {
    const image = paths.indexOf(names.find(path) ?? "");
    if (image < 0) gone.push(path);
    else given.set(image, kind);
  }
  if (none) warnings.push(`${file} confirms ${countOf(none, "image")} as none of these: give the new kind a name`);
  warnings.push(...goneNote(file, gone));
  if (given.size === 0) {
    throw new AnomalyClusterError("bad-argument", `--learn ${file} confirms no image that is there and of a kind`);
  }

  // The order of kinds: those from before, then groups that now have a label, then new kinds.
  const before = model.kinds!.classifier.kinds;
  const isNumber = (kind: number | string): kind is number => typeof kind === "number";
  const promoted = [...new Set([...given.values()].filter(isNumber).filter((kind) => kind >= before))]
    .sort((a, b) => a - b);
  const added = [...new Set([...given.values()].filter((kind) => !isNumber(kind)))] as string[];
  const kindOf = (kind: number | string) => {
    if (!isNumber(kind)) return before + promoted.length + added.indexOf(kind);
    return kind < before ? kind : before + promoted.indexOf(kind);
  };
  const known = Int32Array.from(model.kinds!.labels);
  const joining: number[] = [];
  const kinds = new Map([...given].map(([image, kind]) => [image, kindOf(kind)]));
  for (const [image, kind] of kinds) {
    const equal = equalImage(vectors, image, model.embeddings);
    if (equal < 0) joining.push(image);
    else {
      if (known[equal] >= 0 && known[equal] !== kind) {
        warnings.push(`${paths[image]} was taught before as another kind: what ${file} says now counts`);
      }
      known[equal] = kind;
    }
  }
  const all = Int32Array.from([...known, ...joining.map((image) => kinds.get(image)!)]);
  const { model: taught, check } = taughtModel(model, someVectors(vectors, joining), all);

  const images = [...stored.images];
  const taken = new Set(images);
  const pictures = new Map(Object.entries(stored.pictures ?? {}));
  for (const image of joining) {
    const name = freeName(`${basename(resolve(folder))}/${paths[image]}`, taken);
    images.push(name);
    taken.add(name);
    pictures.set(name, thumbnails[image]);
  }
  const said: Said[] = [
    ...groups.slice(0, before),
    ...promoted.map((group) => groups[group]),
    ...added.map((name) => ({ name })),
  ];
  const checked = checkText(check);
  const total = taught.kinds!.labels.filter((label) => label >= 0).length;
  return {
    stored: {
      ...stored,
      model: taught,
      images,
      groups: numbered(said, taught, images, groups),
      pictures: Object.fromEntries(pictures),
    },
    kinds,
    thumbnails: pictures,
    note: `learned from ${countOf(given.size, "more label", "more labels")}, ${total} in all${
      checked ? `: ${checked}` : ""
    }`,
  };
}

type Said = Partial<GroupsFile["groups"][number]>;

/**
 * Groups as they are written into files. Kinds keep their numbers; other groups get numbers that no group had before.
 */
function numbered(
  said: readonly Said[],
  { groups, medoids }: StoredModel["model"],
  images: readonly string[],
  before: GroupsFile["groups"],
): GroupsFile["groups"] {
  let last = Math.max(...before.map(({ group }) => group));
  return Array.from(medoids, (medoid, at) => {
    const { group = ++last, ...rest } = said[at] ?? {};
    return {
      group,
      size: groups.filter((one) => one === at).length,
      medoid: images[medoid],
      ...saidOf(rest),
    };
  });
}

function someVectors(vectors: Embeddings, chosen: readonly number[]): Embeddings {
  if (chosen.length === 0) return { data: new Float32Array(0), count: 0, channels: vectors.channels };
  const some = someEmbeddings(vectors, chosen);
  return { ...some, data: Float32Array.from(some.data) };
}

/** Index of an image of the model with the same vector; −1 if there is none. */
function equalImage(vectors: Embeddings, image: number, others: Embeddings): number {
  return Array.from({ length: others.count }, (_, at) => at).findIndex((at) => {
    return squaredDistance(vectors, image, others, at) === 0;
  });
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let copy = 2; taken.has(name); copy++) name = `${wanted} (${copy})`;
  return name;
}
