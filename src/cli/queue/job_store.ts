// One job on the server: a queue of its tasks, and a store of their images and results.

import type { Consumer, JsMsg } from "@nats-io/jetstream";
import type { ObjectStore } from "@nats-io/obj";
import type { Subscription } from "@nats-io/transport-node";
import type { FittedSampleRecord, Task, TaskImages, TaskResult } from "./job_record.ts";
import { type Packet, packet, unpacket } from "./packet.ts";
import { isGone, isMissing, type QueueServer } from "./server.ts";

/** Nanoseconds in a second. JetStream counts in nanoseconds. */
const SECOND = 1e9;

/** The server remembers published messages for so many seconds, and ignores the same ones in that time. */
const REMEMBERED = 3600;

/** A result, some megabytes at most, must be read within so many milliseconds. */
const RESULT_PATIENCE = 20_000;

/**
 * A job's queue and store. If the server does not answer, all methods wait for it, unless noted. They throw
 * `queue-failed` if it refuses.
 */
export class JobStore {
  readonly #buckets = new Map<string, Promise<ObjectStore>>();
  #consumer?: Promise<Consumer>;

  constructor(readonly server: QueueServer, readonly id: string) {}

  get #name() {
    return `anomaly-${this.id}`;
  }

  /** Name of the store of images. Only the coordinator writes into it. */
  get #images() {
    return `anomaly-${this.id}-images`;
  }

  /** Creates the queue and the stores if they do not exist yet. `wait` is in seconds: see `JobRecord`. */
  async open(wait: number): Promise<void> {
    await this.server.call(async () => {
      await this.server.objects.create(this.#name);
      await this.server.objects.create(this.#images);
      const streams = this.server.streams;
      const config = { name: this.#name, subjects: [`anomaly.${this.id}.task.>`], retention: "workqueue" as const };
      await streams.streams.add({ ...config, duplicate_window: REMEMBERED * SECOND }).catch(async (error) => {
        await streams.streams.info(this.#name).catch(() => {
          throw error;
        });
      });
      await streams.consumers.add(this.#name, {
        durable_name: "work",
        ack_policy: "explicit",
        ack_wait: wait * SECOND,
        max_ack_pending: 100_000,
      });
    });
  }

  /** Removes the queue and the stores. */
  async remove(): Promise<void> {
    const ifThere = (error: unknown) => {
      if (!isGone(error)) throw error;
    };
    const { streams, call } = { streams: this.server.streams.streams, call: this.server.call.bind(this.server) };
    await call(() => streams.delete(this.#name)).catch(ifThere);
    await call(() => streams.delete(`OBJ_${this.#images}`)).catch(ifThere);
    await call(() => streams.delete(`OBJ_${this.#name}`)).catch(ifThere);
  }

  /** Queues a task, unless it was already queued with the same `turn`. */
  async publish(task: Task, turn: string): Promise<void> {
    await this.server.call(() => {
      const [subject, id] = [`anomaly.${this.id}.task.${task.key}`, `${this.id}.${task.key}.${turn}`];
      return this.server.client.publish(subject, JSON.stringify(task), { msgID: id });
    });
  }

  /** Whether a task is waiting or in progress. */
  async isQueued(key: string): Promise<boolean> {
    const subject = `anomaly.${this.id}.task.${key}`;
    return await this.server.call(async () => {
      try {
        return await this.server.streams.streams.getMessage(this.#name, { last_by_subj: subject }) !== null;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    });
  }

  /** How many tasks are waiting, are in progress, and were handed out again. */
  async counts(): Promise<{ waiting: number; working: number; redelivered: number }> {
    const info = await this.server.call(() => this.server.streams.consumers.info(this.#name, "work"));
    return { waiting: info.num_pending, working: info.num_ack_pending, redelivered: info.num_redelivered };
  }

  /**
   * The next task; null if none comes within about a second. Throws, and does not wait, if the server does not answer.
   */
  async next(): Promise<JsMsg | null> {
    this.#consumer ??= this.server.client.consumers.get(this.#name, "work");
    try {
      return await (await this.#consumer).next({ expires: 1000 });
    } catch (error) {
      this.#consumer = undefined;
      throw error;
    }
  }

  /** Announces that a task has a result. */
  tellResult(key: string): void {
    this.server.connection.publish(`anomaly.${this.id}.result`, key);
  }

  /** A subscription to the keys of tasks that have results. Some may be missed. */
  results(): Subscription {
    return this.server.connection.subscribe(`anomaly.${this.id}.result`);
  }

  async putFitted(record: FittedSampleRecord, arrays: Uint8Array): Promise<void> {
    await this.#put("fitted", packet(record, arrays));
  }

  async fitted(): Promise<Packet<FittedSampleRecord> | undefined> {
    return await this.#get("fitted");
  }

  async putImages(key: string, images: TaskImages, bytes: Uint8Array): Promise<void> {
    await this.#put(key, packet(images, bytes), this.#images);
  }

  async images(key: string): Promise<Packet<TaskImages> | undefined> {
    return await this.#get(key, this.#images);
  }

  /**
   * Removes a task's images, message by message. The object store itself would delete them by a purge. But nats-server
   * 2.9 goes on counting what was purged, so that the store of a long job would seem full.
   */
  async removeImages(key: string): Promise<void> {
    await this.server.call(async () => {
      const info = await (await this.#bucket(this.#images)).info(key);
      if (!info) return;
      const { streams } = this.server.streams;
      const all = Array.from({ length: info.chunks + 1 }, (_, at) => info.revision - at);
      const ifThere = (error: unknown) => {
        if (!isMissing(error)) throw error;
      };
      await Promise.all(all.map((sequence) => {
        return streams.deleteMessage(`OBJ_${this.#images}`, sequence, false).catch(ifThere);
      }));
    });
  }

  /** Stores a packet of a {@linkcode TaskResult}. */
  async putResult(key: string, result: Uint8Array): Promise<void> {
    await this.#put(`result.${key}`, result);
  }

  async hasResult(key: string): Promise<boolean> {
    const info = await this.server.call(async () => (await this.#bucket(this.#name)).info(`result.${key}`));
    return info !== null && !info.deleted;
  }

  /**
   * The result of a task; `undefined` if there is none, or if it cannot be read within some seconds: reading may never
   * end if the result is replaced meanwhile.
   */
  async result(key: string): Promise<Packet<TaskResult> | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), RESULT_PATIENCE));
    try {
      const read = this.#get<TaskResult>(`result.${key}`);
      read.catch(() => {}); // It may fail after the wait has ended.
      return await Promise.race([read, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async removeResult(key: string): Promise<void> {
    await this.server.call(async () => (await this.#bucket(this.#name)).delete(`result.${key}`));
  }

  /** Keys of the tasks that have results. */
  async finished(): Promise<Set<string>> {
    const all = await this.server.call(async () => (await this.#bucket(this.#name)).list());
    return new Set(all.flatMap(({ name }) => name.startsWith("result.") ? [name.slice("result.".length)] : []));
  }

  async #put(name: string, data: Uint8Array, bucket = this.#name): Promise<void> {
    await this.server.call(async () => {
      const { error } = await (await this.#bucket(bucket)).putBlob({ name }, data) as { error?: Error };
      if (error) throw error;
    });
  }

  /** An object; `undefined` if there is none or it is damaged. Whoever made a damaged object makes it again. */
  async #get<T>(name: string, bucket = this.#name): Promise<Packet<T> | undefined> {
    const bytes = await this.server.call(async () => {
      const store = await this.#bucket(bucket);
      try {
        return await store.getBlob(name);
      } catch (error) {
        // The object is being replaced, or was only half written.
        if (/digest|corrupt|size|chunk/i.test((error as Error).message)) return null;
        throw error;
      }
    });
    return bytes ? unpacket<T>(bytes as Uint8Array<ArrayBuffer>) : undefined;
  }

  #bucket(name: string): Promise<ObjectStore> {
    const known = this.#buckets.get(name);
    if (known) return known;
    const opened = this.server.objects.open(name);
    this.#buckets.set(name, opened);
    opened.catch(() => this.#buckets.delete(name));
    return opened;
  }
}
