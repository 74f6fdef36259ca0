// The command `serve`: runs the service on a port until a signal ends it.

import { setTimeout } from "node:timers";
import type { Server } from "srvx";
import type { Embedder } from "../../embed/embedder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { withResolvers } from "../../runtime/portable.ts";
import type { PresetName } from "../../preset.ts";
import { countOf } from "../../report/client/text.js";
import { type Answer, createHandler } from "../../serve/handler.ts";
import { EMBEDDING_CORES } from "../../embed/workers/embedder_pool.ts";
import { openFirstLooks } from "../images/closer.ts";
import { openModel } from "../network/open_model.ts";
import { warn } from "../system/progress.ts";
import { onStop } from "../system/signals.ts";

/** Options from the command line. */
export interface ServeCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly preset: PresetName;
  readonly model?: string;
  readonly maxMegabytes: number;
  readonly maxImages: number;
  readonly maxMegapixels: number;
  readonly maxSeconds: number;
  readonly maxConcurrent: number;
  readonly maxQueue: number;
  readonly grace: number;
  readonly names?: boolean;
}

/** Milliseconds for answers that are still being sent when the service closes. */
const LAST_ANSWERS_MS = 1500;

/** Serves until SIGINT or SIGTERM. Then requests in progress may go on for up to `grace` seconds. */
export async function serveCommand(options: ServeCommandOptions): Promise<void> {
  const { port, host, preset, model, grace } = options;
  const openNetwork = async (preset: PresetName) => {
    const warnings: string[] = [];
    const network = await openModel({ preset, ...(model !== undefined && { model }) }, warnings);
    for (const warning of warnings) warn(warning);
    const pool = network.openMany?.();
    // A network of --model was opened to be tried: its memory is not needed by the pool.
    if (pool) await network.embedder.release();
    return {
      ...network,
      ...(pool && { embedder: pool, atOnce: EMBEDDING_CORES }),
      openFirstLook: () => firstLooks ??= openFirstLooks(network),
    };
  };
  let firstLooks: Promise<Embedder> | undefined;
  // A network of --model is opened now, so that an error reaches the person who starts the service, not a client.
  const first = model === undefined ? undefined : await openNetwork(preset);
  const closing = new AbortController();
  const idle = withResolvers<void>();
  const graceOver = withResolvers<void>();
  let open = 0;
  const checkIdle = () => closing.signal.aborted && open === 0 && idle.resolve();
  const handler = createHandler({
    openNetwork: async (wanted) => first && wanted === preset ? first : await openNetwork(wanted),
    preset,
    limits: {
      bytes: options.maxMegabytes * 1e6,
      images: options.maxImages,
      pixels: options.maxMegapixels * 1e6,
      seconds: options.maxSeconds,
      concurrent: options.maxConcurrent,
      queue: options.maxQueue,
    },
    closing: closing.signal,
    onAnswer: (answer) => {
      console.log(lineOf(answer, options.names ?? false));
      open--;
      checkIdle();
    },
  });
  const server = await listen({ port, hostname: host }, (request) => {
    open++;
    return handler(request);
  });
  using _stop = onStop(() => {
    if (closing.signal.aborted) return graceOver.resolve(); // A second signal.
    closing.abort();
    setTimeout(graceOver.resolve, grace * 1000).unref();
    checkIdle();
  });
  // Closing the server breaks uploads off, so it comes last. Requests that outlast the grace end with the process.
  // There is a time limit because Node and Bun would wait even for the rest of an upload that was refused.
  const close = () => Promise.race([server.close(), new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS))]);
  await Promise.race([idle.promise.then(close), graceOver.promise]);
}

async function listen(
  options: { readonly port: number; readonly hostname: string },
  handler: (request: Request) => Promise<Response>,
): Promise<Server> {
  try {
    const { serve } = await import("srvx");
    const server = serve({ ...options, fetch: handler, gracefulShutdown: false, silent: true });
    await server.ready();
    console.log(`serving on ${server.url} until Ctrl+C`);
    return server;
  } catch (cause) {
    const place = `--host ${options.hostname} --port ${options.port}`;
    throw new AnomalyClusterError("bad-argument", `${place} cannot be listened on: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  const { code, name } = cause as { readonly code?: string; readonly name?: string };
  if (code === "EADDRINUSE") return "another program does, choose another port";
  if (name === "NotCapable") return "the task allows this machine's own addresses alone";
  return "the system refuses it, choose another";
}

/** A line for the log. It has names of images only if the user asked for them. */
function lineOf({ method, path, status, seconds, names, fault }: Answer, withNames: boolean): string {
  const images = names.length ? ` ${countOf(names.length, "image")}` : "";
  const told = withNames && names.length ? `: ${names.join(", ")}` : "";
  const failed = fault === undefined ? "" : ` (${fault instanceof Error ? `${fault.name}: ${fault.message}` : fault})`;
  return `${method} ${path} ${status} ${seconds.toFixed(2)} s${images}${failed}${told}`;
}
