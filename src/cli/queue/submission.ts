// Submits one job: hands out its tasks, only as many at a time as fit into the store, and collects the results.

import { arrayReader, arrayWriter } from "../../fitted/array_record.ts";
import { packFitted, unpackFitted } from "../../fitted/pack_fitted.ts";
import { AnomalyClusterError } from "../../errors.ts";
import { withResolvers } from "../../runtime/portable.ts";
import type { ImageNetwork } from "../images/image_network.ts";
import { ImageRemarks } from "../images/load_images.ts";
import { type Stage, startStage, tell } from "../system/progress.ts";
import { readBytes } from "../images/read_image.ts";
import {
  CollectedImages,
  fitReferences,
  type FittedSample,
  type StreamedImages,
  type StreamOptions,
} from "../cluster/streamed_images.ts";
import { BEAT, Board } from "./board.ts";
import { withLook } from "../../look/look_record.ts";
import type { ImageOutcome, JobRecord, Task, TaskResult } from "./job_record.ts";
import type { JobStore } from "./job_store.ts";
import type { Packet } from "./packet.ts";
import type { ServerOptions } from "./connect_queue.ts";
import { unpackResult } from "./result_record.ts";
import { isFull, sleep } from "./server.ts";
import { type FoundFile, planTasks, taskOf } from "./tasks.ts";

/** Options of a job. */
export interface JobOptions extends ServerOptions {
  /** Whether workers read the files under the same paths. Otherwise the files are sent to them. */
  readonly shared?: boolean;
  /** Most images in a task. */
  readonly queueBatch: number;
  /** Seconds of silence of a worker after which its task is given to another. */
  readonly queueWait: number;
  /** Most bytes of images in the store. */
  readonly queueStore: number;
}

/** Milliseconds between two searches for results that were not announced. */
const LOOK_EVERY = 2000;

/** Every so many searches, tasks that the server has lost are looked for too. */
const LOOKS_FOR_LOST = 5;

/** Milliseconds between two messages that no worker works for the job. */
const REMIND_EVERY = 30_000;

/** How many tasks may be handed out at a time: at least, and for each worker. */
const [LEAST_TASKS, TASKS_A_WORKER] = [8, 3];

/** How often storing a task's images is tried while no other task of the job could make room. */
const TRIES_WHEN_FULL = 2;

/** Submits one job, from its first task to its last result. */
export class Submission {
  readonly #board: Board;
  readonly #outcomes: ImageOutcome[] = [];
  readonly #collected = new CollectedImages();
  readonly #outstanding = new Map<string, Task>();
  /** How often each task was published. */
  readonly #turns = new Map<string, number>();
  /** Tasks that must still be handed out, the next one first. */
  #left: Task[];
  /** Keys of tasks that may have results. */
  #arrived = new Set<string>();
  #wake = withResolvers<void>();
  #done = 0;
  #failed = 0;
  #workers = 0;
  /** Most bytes of images to keep in the store: the user's limit, or less if the store turned out to be full. */
  #room: number;

  constructor(
    readonly job: JobStore,
    readonly record: JobRecord,
    readonly files: readonly FoundFile[],
    readonly options: JobOptions,
  ) {
    this.#board = new Board(job.server);
    this.#room = options.queueStore;
    this.#left = planTasks(files, options.queueBatch, record.shared);
  }

  async run(network: ImageNetwork, options: StreamOptions, warnings: string[]): Promise<StreamedImages> {
    const [found] = (await this.#board.jobs()).filter(({ id }) => id === this.record.id);
    await this.job.open(this.record.wait);
    const stored = await this.#stored();
    const fitted = stored ?? await this.#fit(network, options);
    await this.#board.putJob({ ...this.record, ...(found && { started: found.started }) });
    if (stored) tell(`the job ${this.record.id} is on the queue already: going on with it`);
    const finished = stored ? await this.job.finished() : new Set<string>();
    const stage = startStage("Embedding and comparing", this.files.length);
    const events = this.job.results();
    const listening = (async () => {
      for await (const event of events) this.#hear(event.string());
    })();
    const timers = [this.#beating(found?.started), this.#watching()].map(beginning);
    try {
      await this.#handOut(stage, finished, stored !== undefined);
    } finally {
      timers.forEach(clearInterval);
      events.unsubscribe();
      await listening;
    }
    stage.end();
    const remarks = new ImageRemarks(warnings);
    this.files.forEach(({ path }, place) => {
      const { error, note } = this.#outcomes[place];
      if (error !== undefined) remarks.skipped(path, error);
      else if (note !== undefined) remarks.noted(path, note);
    });
    remarks.end();
    return this.#collected.all(fitted);
  }

  /** The embedding that an earlier run of the same command fitted; `undefined` if there was none. */
  async #stored(): Promise<FittedSample | undefined> {
    const stored = await this.job.fitted();
    if (!stored) return undefined;
    const { fit, grid, references } = stored.json;
    return {
      fit: unpackFitted(fit, grid, arrayReader(fit.arrays, stored.bytes)),
      grid,
      references,
    };
  }

  async #fit(network: ImageNetwork, options: StreamOptions): Promise<FittedSample> {
    const fitted = await fitReferences(this.files, network, options);
    const writer = arrayWriter();
    const fit = { ...packFitted(fitted.fit, writer), arrays: writer.entries };
    const { grid, references } = fitted;
    const { bytes, record } = withLook(writer.bytes(), network.closer?.look);
    await this.job.putFitted({ fit, grid, references, ...record }, bytes);
    return fitted;
  }

  async #handOut(stage: Stage, finished: ReadonlySet<string>, isResumed: boolean): Promise<void> {
    let looks = 0;
    let triesWhenFull = 0;
    while (this.#left.length + this.#outstanding.size > 0) {
      let isStoreFull = false;
      while (this.#left.length > 0 && this.#hasRoom() && !isStoreFull) {
        const task = this.#left[0];
        if (finished.has(task.key)) this.#hear(task.key);
        else if (!(isResumed && await this.job.isQueued(task.key))) isStoreFull = !await this.#submit(task);
        if (isStoreFull) break;
        this.#outstanding.set(task.key, this.#left.shift()!);
        triesWhenFull = 0;
      }
      if (isStoreFull) {
        if (triesWhenFull++ === 0) {
          tell(`the store of the server at ${this.job.server.place} is full: waiting for room`);
        }
        this.#room = this.#storedBytes(); // No new try until a task is done: each failed try also leaves data in the store.
      }
      if (isStoreFull && this.#outstanding.size === 0 && triesWhenFull > TRIES_WHEN_FULL) {
        const reason =
          `the store of the server at ${this.job.server.place} is full and no task of this job could make room`;
        throw new AnomalyClusterError(
          "queue-failed",
          `${reason}: raise its max_file_store, or end jobs by status --end`,
        );
      }
      if (this.#arrived.size === 0) {
        await Promise.race([this.#wake.promise, sleep(LOOK_EVERY)]);
        if (this.#arrived.size === 0) await this.#look(++looks % LOOKS_FOR_LOST === 0);
      }
      await this.#collect();
      stage.update(this.#done);
    }
  }

  #hasRoom(): boolean {
    if (this.#outstanding.size === 0) return true;
    const most = Math.max(LEAST_TASKS, this.#workers * TASKS_A_WORKER);
    if (this.record.shared) return this.#outstanding.size < most;
    return this.#outstanding.size < most && this.#storedBytes() + this.#bytes(this.#left[0]) <= this.#room;
  }

  #bytes({ places }: Task): number {
    return places.reduce((sum, place) => sum + (this.files[place].size ?? 0), 0);
  }

  #storedBytes(): number {
    return [...this.#outstanding.values()].reduce((sum, task) => sum + this.#bytes(task), 0);
  }

  /** Stores a task's images and queues the task. Returns false if the store is full. */
  async #submit(task: Task): Promise<boolean> {
    try {
      if (!this.record.shared) {
        const all = await Promise.all(task.places.map((at) => readBytes(this.files[at].file).catch(() => null)));
        await this.job.putImages(task.key, { sizes: all.map((bytes) => bytes?.length ?? null) }, joinBytes(all));
      }
      const turn = (this.#turns.get(task.key) ?? 0) + 1;
      this.#turns.set(task.key, turn);
      await this.job.publish(task, turn === 1 ? "" : crypto.randomUUID());
      return true;
    } catch (error) {
      if (isFull(error)) return false;
      throw error;
    }
  }

  #hear(key: string): void {
    this.#arrived.add(key);
    this.#wake.resolve();
  }

  /** Looks for results that were not announced, and now and then for tasks that the server has lost. */
  async #look(forLost: boolean): Promise<void> {
    for (const [key, task] of this.#outstanding) {
      if (await this.job.hasResult(key)) this.#arrived.add(key);
      else if (forLost && !await this.job.isQueued(key) && !await this.job.hasResult(key)) await this.#again(task);
    }
  }

  #again(task: Task): void {
    this.#outstanding.delete(task.key);
    this.#turns.set(task.key, (this.#turns.get(task.key) ?? 0) + 1);
    this.#left.unshift(task);
  }

  async #collect(): Promise<void> {
    const keys = this.#arrived;
    this.#arrived = new Set();
    this.#wake = withResolvers();
    for (const key of keys) {
      const task = this.#outstanding.get(key);
      const result = task && await this.job.result(key);
      if (result) await this.#take(task, result);
    }
  }

  async #take(task: Task, result: Packet<TaskResult>): Promise<void> {
    const { json, bytes } = result;
    if (json.kind === "missing") {
      await this.job.removeResult(task.key);
      this.#again(task);
      return;
    }
    if (json.kind === "done") {
      json.images.forEach((outcome, at) => this.#outcomes[task.places[at]] = outcome);
      const embedded = unpackResult({ json, bytes });
      const usable = task.places.filter((place) => this.#outcomes[place].error === undefined);
      const files = usable.map((place) => {
        const { window } = this.#outcomes[place];
        return { ...this.files[place], ...(window && { window }) };
      });
      if (embedded) this.#collected.add(embedded, files, usable);
      this.#done += task.places.length;
    } else if (task.places.length > 1) {
      tell(`${task.places.length} images stopped ${json.deliveries} workers: they are tried one by one`);
      const single = (place: number, at: number) =>
        taskOf(`${task.key}-${at}`, [place], this.files, this.record.shared);
      this.#left.unshift(...task.places.map(single));
    } else {
      this.#outcomes[task.places[0]] = { error: `${json.deliveries} workers stopped while they had it` };
      this.#done++;
      this.#failed++;
    }
    this.#outstanding.delete(task.key);
    await this.job.removeImages(task.key);
  }

  /** Returns a function that reports on the board that the job is alive, and how much is done. */
  #beating(started = this.record.started): () => void {
    return unlessBusy(async () => {
      await this.#board.beatCoordinator(this.record.id);
      await this.#board.putJob({ ...this.record, started, done: this.#done, failed: this.#failed });
    });
  }

  /** Returns a function that counts the workers, and tells the user if none works for this job. */
  #watching(): () => void {
    let [told, looks] = [-Infinity, 0];
    return unlessBusy(async () => {
      const { workers } = await this.#board.alive();
      const refusals = workers.flatMap(({ refuses }) => refuses[this.record.id] ?? []);
      this.#workers = workers.length - refusals.length;
      // A worker that has just started may not have seen the job yet.
      if (this.#workers > 0 || performance.now() - told < REMIND_EVERY || looks++ === 0) return;
      told = performance.now();
      tell(
        workers.length === 0
          ? `no worker is there: start a worker with --queue and this server on any machine`
          : `no worker takes this job, of ${workers.length} that are there: ${refusals[0]}`,
      );
    });
  }
}

/** Calls a function now and then every few seconds. */
function beginning(work: () => void): ReturnType<typeof setInterval> {
  work();
  return setInterval(work, BEAT);
}

/**
 * Skips a call while the one before is still running. Errors are ignored, because other calls to the server report
 * them.
 */
function unlessBusy(work: () => Promise<void>): () => void {
  let isBusy = false;
  return () => {
    if (isBusy) return;
    isBusy = true;
    work().catch(() => {}).finally(() => isBusy = false);
  };
}

function joinBytes(all: readonly (Uint8Array | null)[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(all.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0));
  let at = 0;
  for (const bytes of all) {
    if (!bytes) continue;
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
