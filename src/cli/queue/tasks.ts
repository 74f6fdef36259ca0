// Divides a job's files into tasks, and makes the job's id. The same command gives the same id, so the job is found
// again.

import { stat } from "node:fs/promises";
import type { ImageFile } from "../../dataset/folder.ts";
import { sha256 } from "../../embed/manifest.ts";
import type { StreamOptions } from "../cluster/streamed_images.ts";
import type { OpenModel } from "../network/open_model.ts";
import type { Task } from "./job_record.ts";

/** A file with its size and time of change. */
export interface FoundFile extends ImageFile {
  /** Size in bytes; null if the file cannot be read. */
  readonly size: number | null;
  /** Time of the last change, in milliseconds; null if the file cannot be read. */
  readonly changed: number | null;
}

/** Most bytes in a task of several images, if they are sent. */
const MOST_BYTES = 32 * 2 ** 20;

/** Finds the size and time of change of all files. */
export async function lookAt(files: readonly ImageFile[]): Promise<FoundFile[]> {
  return await Promise.all(files.map(async (file) => {
    const info = await stat(file.file).catch(() => undefined);
    return { ...file, size: info?.size ?? null, changed: info?.mtime.getTime() ?? null };
  }));
}

/** Divides files into tasks of up to `batch` images. */
export function planTasks(files: readonly FoundFile[], batch: number, shared: boolean): Task[] {
  const groups: number[][] = [];
  let bytes = 0;
  files.forEach(({ size }, place) => {
    const last = groups.at(-1);
    bytes += size ?? 0;
    if (last && last.length < batch && (shared || bytes <= MOST_BYTES)) last.push(place);
    else {
      groups.push([place]);
      bytes = size ?? 0;
    }
  });
  return groups.map((places, at) => taskOf(String(at), places, files, shared));
}

/** Makes a task of some of the files. */
export function taskOf(key: string, places: readonly number[], files: readonly FoundFile[], shared: boolean): Task {
  return {
    key,
    places,
    ...(shared && { files: places.map((at) => ({ path: files[at].file, size: files[at].size })) }),
  };
}

/** The id of a job: a digest of all that its results and its division into tasks depend on, 24 hexadecimal digits. */
export async function jobId(
  files: readonly FoundFile[],
  { maker, network }: OpenModel,
  { weight, features, references, seed, normals }: StreamOptions,
  cut: { readonly version: string; readonly batch: number; readonly shared: boolean; readonly look?: string },
): Promise<string> {
  const { data, ...shape } = normals ?? { data: new Float32Array() };
  const all = JSON.stringify([
    cut,
    maker,
    network.sha256,
    network.size,
    [weight, features, references, seed],
    [shape, await sha256(bytesOf(data))],
    files.map(({ path, file, size, changed }) => [path, size, changed, cut.shared && file]),
  ]);
  return (await sha256(new TextEncoder().encode(all))).slice(0, 24);
}

/** The bytes of an array, as a copy, because digests do not accept shared memory. */
function bytesOf(data: Float32Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(data.byteLength);
  copy.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return copy;
}
