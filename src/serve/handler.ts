/**
 * The service as a function from a request to an answer: for `Deno.serve`, `Bun.serve`, or any server of web
 * standards. It touches no file and no network itself.
 *
 * @module
 */

import type { Embedder } from "../embed/embedder.ts";
import { jobOptions } from "../job/options.ts";
import type { Network, Progress } from "../job/prepare.ts";
import { turns } from "../job/turns.ts";
import { SAMPLE_COUNT, SAMPLE_FILES, sampleFiles } from "../page/samples.ts";
import { PRESET_NAMES, type PresetName } from "../preset.ts";
import type { PatchSet, Raster } from "../types.ts";
import { checkLength } from "./body.ts";
import { eventStream, type Send } from "./events.ts";
import { runJob } from "./job.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { openapi } from "./openapi.ts";
import { Problem, problemBody, problemOf } from "./problem.ts";
import { PlaceQueue } from "./queue.ts";
import { readUpload, uploadType } from "./upload.ts";
import { PAGE_POLICY, uploadPage } from "./upload_page.ts";

export type { Embedder, Limits, Network, PatchSet, PresetName, Raster };

/** Options of {@linkcode createHandler}. */
export interface HandlerOptions {
  /** Opens the network of a preset. Called when a request first needs it; the network then stays open. */
  readonly openNetwork: (preset: PresetName) => Promise<Network>;
  /** Presets that requests may choose from. @default all: paper, quick, default, best */
  readonly presets?: readonly PresetName[];
  /** The preset of requests that choose none. @default "default" if it is among `presets`, else the first of them */
  readonly preset?: PresetName;
  /** Limits that replace the defaults. */
  readonly limits?: Partial<Limits>;
  /** When it aborts, new and waiting requests are answered 503; requests in progress are completed. */
  readonly closing?: AbortSignal;
  /** Called for each answer when it is complete. */
  readonly onAnswer?: (answer: Answer) => void;
}

/** An answered request. */
export interface Answer {
  /** The HTTP method, as the client sent it. */
  readonly method: string;
  /** Path of the URL, without the query. */
  readonly path: string;
  /** HTTP status of the answer; 499 if the client left. For event streams: the status of how the work ended. */
  readonly status: number;
  /** Seconds from the request's arrival to the answer's end, including time in the queue. */
  readonly seconds: number;
  /** Names of the uploaded images, which may be confidential. */
  readonly names: readonly string[];
  /** The error that was thrown, if the service itself failed. */
  readonly fault?: unknown;
}

/** A request in progress. */
interface Visit {
  readonly request: Request;
  readonly path: string;
  readonly started: number;
  names: readonly string[];
}

/** Headers of every answer. */
const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

/**
 * Returns the handler. Several requests may upload at the same time. Their work takes turns, one image at a time. Only
 * networks that run on other threads embed several at once ({@linkcode Network.atOnce}).
 *
 * @throws {RangeError} for a limit that is not a whole number in its range.
 */
export function createHandler(options: HandlerOptions): (request: Request) => Promise<Response> {
  const limits = checkedLimits({ ...DEFAULT_LIMITS, ...options.limits });
  const { presets = PRESET_NAMES, closing, openNetwork } = options;
  const preset = options.preset ?? (presets.includes("default") ? "default" : presets[0]);
  const queue = new PlaceQueue(limits.concurrent, limits.queue);
  const metrics = new Metrics();
  const takeTurn = turns();
  const networks = new Map<PresetName, Promise<Network>>();

  /** Opens each network once. If that fails, the next request tries again. */
  function networkOf(name: PresetName): Promise<Network> {
    const known = networks.get(name);
    if (known) return known;
    const opened = openNetwork(name);
    networks.set(name, opened);
    opened.catch(() => networks.delete(name));
    return opened;
  }

  function finish({ request, path, started, names }: Visit, status: number, fault?: unknown): void {
    metrics.answered(status);
    const seconds = (performance.now() - started) / 1000;
    options.onAnswer?.({ method: request.method, path, status, seconds, names, ...(fault !== undefined && { fault }) });
  }

  function failed(visit: Visit, error: unknown): Problem {
    const problem = problemOf(error);
    finish(visit, problem.status, problem.code === "internal" ? error : undefined);
    return problem;
  }

  const closed = () => new Problem(503, "closing", "the service is closing: try again later", { connection: "close" });

  async function postGroups(visit: Visit): Promise<Response> {
    const { request } = visit;
    if (request.headers.get("sec-fetch-site") === "cross-site") {
      throw new Problem(403, "forbidden", "pages of other sites may not use this service");
    }
    uploadType(request);
    checkLength(request, limits.bytes);
    if (closing?.aborted) throw closed();
    if (queue.full) throw busy();

    const stop = new AbortController();
    const leave = () => stop.abort(new Problem(499, "aborted", "the client left"));
    if (request.signal.aborted) leave();
    request.signal.addEventListener("abort", leave, { once: true });
    const refuse = () => stop.abort(closed());
    closing?.addEventListener("abort", refuse, { once: true });
    const giveBack = await queue.enter(stop.signal).finally(() => closing?.removeEventListener("abort", refuse));

    let reading = true;
    const timer = setTimeout(() => stop.abort(outOfTime(reading)), limits.seconds * 1000);
    const end = () => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", leave);
      giveBack();
    };
    const accept = request.headers.get("accept")?.toLowerCase() ?? "";
    const began = performance.now();
    const work = async (tell: (progress: Progress) => void, images: Parameters<typeof runJob>[0], job: Job) => {
      const network = await networkOf(job.preset);
      const result = await runJob(images, job, {
        network,
        maxPixels: limits.pixels,
        withReport: accept.includes("text/html"),
        takeTurn,
        signal: stop.signal,
        onProgress: tell,
      });
      metrics.grouped(result.groups.images.length, (performance.now() - began) / 1000);
      return result;
    };
    let streaming = false;
    try {
      const { images, fields } = await readUpload(request, limits, stop.signal);
      reading = false;
      visit.names = images.map(({ name }) => name);
      const job = jobOptions(fields, presets, preset);
      if (accept.includes("text/event-stream")) {
        streaming = true;
        const tell = async (send: Send) => {
          try {
            const result = await work((progress) => send("progress", progress), images, job);
            send("done", result);
            finish(visit, 200);
          } catch (error) {
            send("error", problemBody(failed(visit, error)));
          } finally {
            end();
          }
        };
        return answer(200, "text/event-stream", eventStream(tell, leave));
      }
      const { groups, report } = await work(() => {}, images, job);
      finish(visit, 200);
      return report === undefined ? json(200, groups) : answer(200, "text/html; charset=utf-8", report);
    } finally {
      if (!streaming) end();
    }
  }

  function busy(): Problem {
    const seconds = Math.ceil(metrics.meanSeconds * (queue.waiting + 1) / limits.concurrent);
    const message = `${limits.queue} requests are waiting already: try again in ${seconds} s`;
    return new Problem(429, "busy", message, { "retry-after": String(seconds) });
  }

  function outOfTime(reading: boolean): Problem {
    if (reading) {
      return new Problem(408, "upload-too-slow", `the upload took longer than ${limits.seconds} s: send fewer images`);
    }
    const message = `the work took longer than ${limits.seconds} s: send fewer images or a quicker preset`;
    return new Problem(504, "out-of-time", message);
  }

  /** Whether a request may hold the sample photos. */
  async function takesSamples(): Promise<boolean> {
    return limits.images >= SAMPLE_COUNT && limits.bytes >= (await sampleFiles()).zip.length;
  }

  const GET: Record<string, () => Response | Promise<Response>> = {
    "/": async () => {
      const page = uploadPage(presets, preset, await takesSamples());
      return answer(200, "text/html; charset=utf-8", page, PAGE_POLICY);
    },
    [`/${SAMPLE_FILES.zip}`]: async () => answer(200, "application/zip", (await sampleFiles()).zip),
    [`/${SAMPLE_FILES.notice}`]: async () => answer(200, "text/plain; charset=utf-8", (await sampleFiles()).notice),
    "/health": () => {
      if (closing?.aborted) throw closed();
      return json(200, { status: "ok" });
    },
    "/metrics": () => answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text(queue)),
    "/openapi.json": () => json(200, openapi(limits, presets, preset)),
  };

  return async (request) => {
    const visit: Visit = { request, path: new URL(request.url).pathname, started: performance.now(), names: [] };
    try {
      if (visit.path === "/groups") {
        if (request.method !== "POST") throw wrongMethod(request.method, "POST");
        return await postGroups(visit);
      }
      if (!Object.hasOwn(GET, visit.path)) {
        const known = ["POST /groups", ...Object.keys(GET).map((path) => `GET ${path}`)].join(", ");
        throw new Problem(404, "not-found", `there is nothing at this address: there are ${known}`);
      }
      if (!["GET", "HEAD"].includes(request.method)) throw wrongMethod(request.method, "GET, HEAD");
      const response = await GET[visit.path]();
      finish(visit, response.status);
      return request.method === "HEAD" ? new Response(null, response) : response;
    } catch (error) {
      request.body?.cancel().catch(() => {});
      const problem = failed(visit, error);
      return json(problem.status, problemBody(problem), problem.headers);
    }
  };
}

type Job = ReturnType<typeof jobOptions>;

/** Returns the limits, or throws RangeError if one is not a whole number in its range. */
function checkedLimits(limits: Limits): Limits {
  for (const [name, value] of Object.entries(limits)) {
    const least = name === "queue" ? 0 : 1;
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`the limit ${name} is ${value}, but must be a whole number from ${least} on`);
    }
  }
  return limits;
}

function wrongMethod(method: string, allowed: string): Problem {
  return new Problem(405, "method-not-allowed", `${method} does nothing here: use ${allowed}`, { allow: allowed });
}

function answer(status: number, type: string, body: BodyInit, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { ...HEADERS, "content-type": type, ...headers } });
}

function json(status: number, value: unknown, headers: Record<string, string> = {}): Response {
  return answer(status, "application/json", `${JSON.stringify(value)}\n`, headers);
}
