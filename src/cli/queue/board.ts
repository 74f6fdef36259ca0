// A board on the server that all machines can read: it lists the jobs, and the workers that are alive.

import type { KV } from "@nats-io/kv";
import { arrayOf } from "../../runtime/portable.ts";
import type { JobRecord, WorkerRecord } from "./job_record.ts";
import type { QueueServer } from "./server.ts";

/** A worker or coordinator counts as gone if it has sent no sign of life for so many milliseconds. */
const SILENCE = 15_000;

/** Milliseconds between two signs of life. */
export const BEAT = 3000;

/** The board of a server. If the server does not answer, all methods wait for it. */
export class Board {
  constructor(readonly server: QueueServer) {}

  async putJob(job: JobRecord): Promise<void> {
    await this.#put("jobs", job.id, job);
  }

  async removeJob(id: string): Promise<void> {
    await this.server.call(async () => (await this.#bucket("jobs")).purge(id));
    await this.server.call(async () => (await this.#bucket("alive")).purge(`coordinator.${id}`));
  }

  /** All jobs, the oldest first. */
  async jobs(): Promise<JobRecord[]> {
    const jobs = [...(await this.#all<JobRecord>("jobs")).values()];
    return jobs.sort((a, b) => a.started < b.started ? -1 : 1);
  }

  async beatWorker(id: string, worker: WorkerRecord): Promise<void> {
    await this.#put("alive", `worker.${id}`, worker);
  }

  async removeWorker(id: string): Promise<void> {
    await this.server.call(async () => (await this.#bucket("alive")).purge(`worker.${id}`));
  }

  async beatCoordinator(job: string): Promise<void> {
    await this.#put("alive", `coordinator.${job}`, {});
  }

  /** Workers with a recent sign of life, and the jobs whose coordinators sent one. */
  async alive(): Promise<{ workers: WorkerRecord[]; coordinated: Set<string> }> {
    const all = await this.#all<WorkerRecord>("alive");
    const of = (kind: string) => [...all].filter(([key]) => key.startsWith(`${kind}.`));
    return {
      workers: of("worker").map(([, worker]) => worker).sort((a, b) => a.name < b.name ? -1 : 1),
      coordinated: new Set(of("coordinator").map(([key]) => key.slice("coordinator.".length))),
    };
  }

  async #all<T>(name: "jobs" | "alive"): Promise<Map<string, T>> {
    return await this.server.call(async () => {
      const bucket = await this.#bucket(name);
      const found = new Map<string, T>();
      for (const key of await arrayOf(await bucket.keys())) {
        const entry = await bucket.get(key);
        if (entry?.operation === "PUT") found.set(key, entry.json<T>());
      }
      return found;
    });
  }

  async #put(name: "jobs" | "alive", key: string, value: unknown): Promise<void> {
    await this.server.call(async () => (await this.#bucket(name)).put(key, JSON.stringify(value)));
  }

  #bucket(name: "jobs" | "alive"): Promise<KV> {
    // Signs of life are kept in memory, so that they can be sent even while the server's store is full.
    const alive = name === "alive" && { ttl: SILENCE, storage: "memory" as const };
    return this.server.values.create(`anomaly-${name}`, { history: 1, ...alive });
  }
}
