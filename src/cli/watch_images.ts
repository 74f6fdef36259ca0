// Images of a folder as they come: each once it is whole.

import { warn } from "./progress.ts";
import { findImages, type ImageFile } from "../dataset/folder.ts";

/** Milliseconds that a file must not have changed for to be tried; after each failure so much longer. */
const QUIET = 400;

/** Times that a file which does not change is tried. */
const TRIES = 5;

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
  const watcher = Deno.watchFs(folder);
  const stop = () => {
    watcher.close();
    wake();
  };
  signal.addEventListener("abort", stop, { once: true });
  const listening = (async () => {
    for await (const _ of watcher) wake();
  })();

  while (!signal.aborted) {
    const { promise, resolve } = Promise.withResolvers<void>();
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
    const timer = waiting.size > 0 ? setTimeout(resolve, QUIET / 2) : undefined;
    if (!signal.aborted) await promise;
    clearTimeout(timer);
  }
  await listening;
}

/** Size and time of change; nothing for a file that is gone, which may come back. */
function stateOf(file: string): string | undefined {
  try {
    const { size, mtime } = Deno.statSync(file);
    return `${size} ${mtime?.getTime()}`;
  } catch {
    return undefined;
  }
}
