// Images of a folder as they come: each once it is whole.

import { statSync, watch } from "node:fs";
import { warn } from "../system/progress.ts";
import { withResolvers } from "../../runtime/portable.ts";
import { findImages, type ImageFile } from "../../dataset/folder.ts";

/** Milliseconds that a file must not have changed for to be tried; after each failure so much longer. */
const QUIET = 400;

/** Times that a file which does not change is tried. */
const TRIES = 5;

/** Milliseconds after which is looked anew unasked: not every file system tells of changes, nor every runtime of all. */
const LOOK_EVERY = 2000;

/** A file that has not been used yet. */
interface Waiting {
  /** Size and time of change. */
  readonly state: string;
  readonly since: number;
  readonly tries: number;
}

/**
 * Hands each image of the folder to `use` when it has stopped changing, those that are there first, until the signal.
 *
 * @param use resolves to a reason where the file is no image, as one that is half copied: it is tried again.
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
  watcher.on("error", () => {}); // As when the system watches no more folders: looking unasked goes on.
  signal.addEventListener("abort", () => wake(), { once: true });

  while (!signal.aborted) {
    const { promise, resolve } = withResolvers<void>();
    wake = resolve; // Before the look, so that what happens meanwhile is seen after it.
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

/** Size and time of change; nothing for a file that is gone, which may come back. */
function stateOf(file: string): string | undefined {
  try {
    const { size, mtimeMs } = statSync(file);
    return `${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}
