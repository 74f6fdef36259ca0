// The studio's script on the page: hands files to the worker, and shows what the worker reports.

import { startPage } from "../page/client/page.js";

const TOO_OLD = "This browser is too old for the studio: use Chromium 140, Firefox 133, Safari 18.2 or newer.";
const NOT_LOADED = "A part of the studio cannot be loaded: reload the page, or build the studio anew.";
const BROKEN = "The work broke off, most likely for want of memory: choose fewer images, or reload the page.";

let worker;
/** Whether the worker has sent any message. */
let heard;
let last = 0;

/**
 * Starts the worker. It keeps embedded images from one run to the next. A worker that broke is replaced. What the
 * page's address asks for is asked of the worker: ?engine=wasm.
 */
function startWorker() {
  heard = false;
  const started = new Worker(new URL(`worker.js${location.search}`, import.meta.url), { type: "module" });
  started.addEventListener("error", (event) => {
    event.preventDefault();
    worker = undefined;
  });
  return started;
}

async function group(work, signal, onProgress) {
  if (!("toBase64" in Uint8Array.prototype)) throw new Error(TOO_OLD);
  worker ??= startWorker();
  const here = worker;
  const run = ++last;
  return await new Promise((resolve, reject) => {
    const end = new AbortController();
    const settle = (how, what) => {
      end.abort();
      how(what);
    };
    here.addEventListener("message", ({ data }) => {
      heard = true;
      if (data.run !== run) return;
      if (data.kind === "progress") onProgress(data.stage, data.done, data.total, data.engine, data.groups);
      if (data.kind === "done") settle(resolve, data.result);
      if (data.kind === "failed") settle(reject, new Error(data.message));
    }, { signal: end.signal });
    here.addEventListener("error", () => settle(reject, new Error(heard ? BROKEN : NOT_LOADED)), {
      signal: end.signal,
    });
    signal.addEventListener("abort", () => {
      here.postMessage({ kind: "stop", run });
      settle(reject, signal.reason);
    }, { signal: end.signal });
    here.postMessage({ kind: "group", run, work });
  });
}

startPage(group);
