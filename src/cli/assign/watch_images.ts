// Watches a folder for new images, and hands on each one when it is complete.

import { statSync, watch } from "node:fs";
import { warn } from "../system/progress.ts";
import { withResolvers } from "../../runtime/portable.ts";
import { findImages, type ImageFile } from "../../dataset/folder.ts";

/** A file is tried when it has not changed for so many milliseconds. Each failure adds as much to the wait. */
const QUIET = 400;

/** How often a file that does not change is tried. */
const TRIES = 5;

/** The folder is read again after so many milliseconds: not every file system and runtime reports all changes. */
const LOOK_EVERY = 2000;

/** A file that has not been handed on yet. */
interface Waiting {
  /** Size and time of the last change. */
  readonly state: string;
  readonly since: number;
  readonly tries: number;
}

/**
 * Hands each image of the folder to `use` when the file has stopped changing, until the signal aborts. Begins with the
 * images that are already there. An image that changes later is handed on again.
 *
 * @param use resolves to a reason if the file is not an image, perhaps because it is only half copied. Then it is tried
 * again later.
 */
export async function watchImages(
  folder: string,
  signal: AbortSignal,
  use: (image: ImageFile) => Promise<string | void>,
): Promise<void> {
  const done = new Map<string, string>();
  const waiting = new Map<string, Waiting>();
  let wake = () => {};
  const watcher = watch(folder, { recursive: true }, () => wake());
  watcher.on("error", () => {}); // The system may watch no more folders. The regular reading of the folder goes on.
  signal.addEventListener("abort", () => wake(), { once: true });

  while (!signal.aborted) {
    const { promise, resolve } = withResolvers<void>();
    wake = resolve; // Set before the folder is read, so that changes meanwhile cause another reading.
    for (const image of findImages(folder).images) {
      if (signal.aborted) break;
      const state = stateOf(image.file);
      if (state === undefined || done.get(image.path) === state) continue;
      const before = waiting.get(image.path);
      if (before?.state !== state) waiting.set(image.path, { state, since: performance.now(), tries: 0 });
      else if (performance.now() - before.since >= QUIET * (before.tries + 1)) {
        const reason = await use(image);
        const tries = before.tries + 1;
        if (reason && tries < TRIES) waiting.set(image.path, { ...before, since: performance.now(), tries });
        else {
          if (reason) warn(`${image.path}: ${reason}, skipped until it changes`);
          done.set(image.path, state);
          waiting.delete(image.path);
        }
      }
    }
    const timer = setTimeout(resolve, waiting.size > 0 ? QUIET / 2 : LOOK_EVERY);
    if (!signal.aborted) await promise;
    clearTimeout(timer);
  }
  watcher.close();
}

/** Size and time of the last change; `undefined` for a file that is gone. It may come back. */
function stateOf(file: string): string | undefined {
  try {
    const { size, mtimeMs } = statSync(file);
    return `${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}
