// A worker: takes tasks of the jobs on the board, one at a time, embeds their images and stores the results.

import { statSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import type { JsMsg } from "@nats-io/jetstream";
import { arrayReader } from "../../fitted/array_record.ts";
import { embedEachImage } from "../../fitted/embedded_images.ts";
import type { FittedEmbedding } from "../../fitted/embed_blocks.ts";
import { unpackFitted } from "../../fitted/pack_fitted.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { countOf } from "../../report/client/text.js";
import { lookAmong } from "../../look/look_record.ts";
import type { PatchSet } from "../../types.ts";
import { type Closer, openCloser } from "../images/closer.ts";
import { DecoderPool, type ImageSource, MOST_DECODERS } from "../images/image_pool.ts";
import { embedEach } from "../images/load_images.ts";
import { VERSION } from "../system/manifest.ts";
import type { OpenModel } from "../network/open_model.ts";
import { openRecorded } from "../network/open_recorded.ts";
import { tell, warn } from "../system/progress.ts";
import { BEAT, Board } from "./board.ts";
import { type ImageOutcome, type JobRecord, MOST_DELIVERIES, type Task, type TaskResult } from "./job_record.ts";
import { JobStore } from "./job_store.ts";
import { packet } from "./packet.ts";
import { packResult } from "./result_record.ts";
import { isFull, type QueueServer, sleep } from "./server.ts";

/** Options of a worker. */
export interface WorkOptions {
  /** Where to find a network that is not included. */
  readonly model?: string;
  /** For jobs with shared files, the folder in which files may be read. */
  readonly shared?: string;
  /** Name of the worker. */
  readonly name: string;
  /** Ends the worker after its current task. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two readings of the board, and before a failed task is handed out again. */
const PAUSE = 1000;

/** Milliseconds over which the rate is measured. */
const RATE_WINDOW = 60_000;

/** A job for which the worker has opened the network. */
interface OpenJob {
  readonly record: JobRecord;
  readonly store: JobStore;
  readonly network: OpenModel & { readonly closer?: Closer; readonly decoders: DecoderPool };
  readonly fit: FittedEmbedding;
  /** Warnings on the network that were not told yet. */
  readonly warnings: string[];
}

/** Works for the jobs of a server until the signal aborts. */
export async function work(server: QueueServer, options: WorkOptions): Promise<void> {
  const worker = new Worker(server, options);
  await worker.run();
}

class Worker {
  readonly #board: Board;
  readonly #id = crypto.randomUUID();
  readonly #refused = new Map<string, string>();
  readonly #finished: { readonly at: number; readonly images: number }[] = [];
  readonly #started = performance.now();
  #images = 0;
  #job?: OpenJob;

  constructor(readonly server: QueueServer, readonly options: WorkOptions) {
    this.#board = new Board(server);
  }

  async run(): Promise<void> {
    const { signal } = this.options;
    await this.#beat();
    const beat = setInterval(() => void this.#beat().catch(() => {}), BEAT);
    try {
      while (!signal.aborted) {
        if (!await this.#turn()) await sleep(PAUSE, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(beat);
    }
    await this.#close();
    await Promise.race([this.#board.removeWorker(this.#id).catch(() => {}), sleep(PAUSE)]);
  }

  /** Does a task of the first job that has one. Returns false if the caller should wait before the next turn. */
  async #turn(): Promise<boolean> {
    const jobs = await this.#board.jobs();
    for (const id of this.#refused.keys()) if (!jobs.some((job) => job.id === id)) this.#refused.delete(id);
    let asked = false;
    for (const record of jobs.filter(({ id }) => !this.#refused.has(id))) {
      const job = await this.#open(record);
      if (!job) continue;
      const message = await job.store.next().catch(() => undefined);
      if (message === undefined) continue; // The server does not answer, or the job has just ended.
      asked = true; // Asking for a task already took a while, so there is no need to wait.
      if (message) {
        await this.#do(message, job);
        return true;
      }
    }
    return asked;
  }

  async #open(record: JobRecord): Promise<OpenJob | undefined> {
    if (this.#job?.record.id === record.id) return this.#job;
    try {
      return await this.#opened(record);
    } catch (error) {
      if (error instanceof AnomalyClusterError && error.code === "queue-failed") return undefined;
      const reason = error instanceof AnomalyClusterError ? error.message : "its record cannot be used";
      this.#refuse(record, reason);
      return undefined;
    }
  }

  async #opened(record: JobRecord): Promise<OpenJob | undefined> {
    const refuse = (reason: string) => new AnomalyClusterError("bad-model", reason);
    if (record.version !== VERSION) {
      throw refuse(`it is of version ${record.version} of this package, and the worker of ${VERSION}`);
    }
    if (record.shared && this.options.shared === undefined) {
      throw refuse("its files are read where they lie: start the worker with --shared FOLDER");
    }
    const store = new JobStore(this.server, record.id);
    const fitted = await store.fitted();
    if (!fitted) return undefined; // The coordinator has not stored all of the job yet.
    const { fit, look } = fitted.json;
    const warnings: string[] = [];
    const network = await openRecorded(record.network, {
      ...(this.options.model !== undefined && { model: this.options.model }),
      engine: record.engine,
      decoder: record.decoder,
      keeps: false, // A worker writes nothing.
      of: "its images",
    }, warnings);
    if (network.maker !== record.maker) throw refuse("the worker's decoders or engine are other ones");
    const closer = look && await openCloser(lookAmong(look, fitted.bytes), network);
    await this.#close();
    tell(`working for job ${record.id}, ${countOf(record.images, "image")} of ${record.name}`);
    return this.#job = {
      record,
      store,
      network: {
        ...network,
        ...(closer && { closer }),
        decoders: new DecoderPool(MOST_DECODERS, { ...network, ...(closer && { detail: closer.look.detail }) }),
      },
      fit: unpackFitted(fit, fitted.json.grid, arrayReader(fit.arrays, fitted.bytes)),
      warnings,
    };
  }

  /** Frees the decoders and networks of the current job. */
  async #close(): Promise<void> {
    this.#job?.network.decoders.end();
    await this.#job?.network.embedder.release();
    await this.#job?.network.closer?.embedder.release();
  }

  #refuse({ id, name }: JobRecord, reason: string): void {
    this.#refused.set(id, reason);
    tell(`leaving job ${id} (${name}) to others: ${reason}`);
  }

  async #do(message: JsMsg, job: OpenJob): Promise<void> {
    const heard = setInterval(() => message.working(), job.record.wait * 1000 / 3);
    try {
      const task = message.json<Task>();
      if (!await job.store.hasResult(task.key)) await this.#answer(task, message.info.deliveryCount, job);
      job.warnings.splice(0).forEach(warn);
      job.store.tellResult(task.key);
      message.ack();
    } catch (error) {
      tell(`a task of job ${job.record.id} failed here: ${error instanceof Error ? error.message : error}`);
      message.nak(PAUSE);
      await this.#close(); // A decoder may have died, so all are started again.
      this.#job = undefined;
    } finally {
      clearInterval(heard);
    }
  }

  /** Does a task and stores its result. `delivery` counts how often the task was handed out. */
  async #answer(task: Task, delivery: number, job: OpenJob): Promise<void> {
    const { store } = job;
    if (delivery > MOST_DELIVERIES) {
      await this.#store(task, packet({ kind: "dead", deliveries: MOST_DELIVERIES } satisfies TaskResult), store);
      return;
    }
    const sources = task.files ? this.#shared(task.files, job.record) : await stored(task, store);
    if (!sources) {
      // Another worker may have stored the result by now, and then the images were removed.
      if (!await store.hasResult(task.key)) {
        await this.#store(task, packet({ kind: "missing" } satisfies TaskResult), store);
      }
      return;
    }
    const images: ImageOutcome[] = [];
    const patches: PatchSet[] = [];
    const embedded = embedEach(sources.filter((source) => source !== null), job.network);
    for (const source of sources) {
      const image = source === null ? undefined : (await embedded.next()).value;
      if (!image) images.push({ error: "the file cannot be read" });
      else if (image instanceof AnomalyClusterError) images.push({ error: image.message });
      else {
        const { note, window } = image;
        images.push({ ...(note !== undefined && { note }), ...(window && { window }) });
        patches.push(image.patches);
      }
    }
    await embedded.return(undefined);
    const vectors = patches.length ? await embedEachImage(patches, job.fit) : undefined;
    await this.#store(task, packResult(images, vectors), store);
    this.#images += images.length;
    this.#finished.push({ at: performance.now(), images: images.length });
  }

  /**
   * Stores a result. If the store is full, removes the task's images to make room: this worker has them in memory, and
   * the coordinator could send them again.
   */
  async #store({ key }: Task, result: Uint8Array, store: JobStore): Promise<void> {
    for (let tries = 0;; tries++) {
      try {
        return await store.putResult(key, result);
      } catch (error) {
        if (!isFull(error)) throw error;
        if (tries === 0) {
          tell(`the store of the server at ${this.server.place} is full: waiting for room`);
          await store.removeImages(key);
        } else await sleep(PAUSE);
      }
    }
  }

  /** Paths of shared files. If one differs from what the coordinator saw, the job is left to other workers. */
  #shared(files: NonNullable<Task["files"]>, record: JobRecord): (ImageSource | null)[] {
    const root = resolve(this.options.shared!);
    return files.map(({ path, size }) => {
      if (size === null) return null;
      const inside = relative(root, resolve(path));
      const isInside = !inside.startsWith("..") && !isAbsolute(inside);
      if (isInside && sizeOf(path) === size) return path;
      const reason = isInside
        ? `${path} is not there as the coordinator has it: mount the folder under the same path`
        : `${path} lies outside the folder of --shared`;
      this.#refuse(record, reason);
      throw new AnomalyClusterError("bad-image", reason);
    });
  }

  async #beat(): Promise<void> {
    const now = performance.now();
    while (this.#finished.length && now - this.#finished[0].at > RATE_WINDOW) this.#finished.shift();
    const images = this.#finished.reduce((sum, one) => sum + one.images, 0);
    await this.#board.beatWorker(this.#id, {
      name: this.options.name,
      version: VERSION,
      ...(this.#job && { job: this.#job.record.id }),
      images: this.#images,
      rate: images / Math.min(RATE_WINDOW, Math.max(1000, now - this.#started)) * 1000,
      refuses: Object.fromEntries(this.#refused),
    });
  }
}

/**
 * The images that the coordinator stored; `undefined` if they are not there. Each has memory of its own, because its
 * bytes are transferred to a decoder.
 */
async function stored(task: Task, store: JobStore): Promise<(Uint8Array<ArrayBuffer> | null)[] | undefined> {
  const found = await store.images(task.key);
  if (!found || found.json.sizes.length !== task.places.length) return undefined;
  let at = 0;
  return found.json.sizes.map((size) => size === null ? null : new Uint8Array(found.bytes.subarray(at, at += size)));
}

function sizeOf(path: string): number | undefined {
  try {
    return statSync(path).size;
  } catch {
    return undefined;
  }
}
