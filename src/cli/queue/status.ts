// Reports what the jobs and workers of a server are doing.

import { AnomalyClusterError } from "../../errors.ts";
import { countOf } from "../../report/client/text.js";
import { Board } from "./board.ts";
import type { WorkerRecord } from "./job_record.ts";
import { JobStore } from "./job_store.ts";
import type { QueueServer } from "./server.ts";

/** The state of a job. */
export interface JobStatus {
  readonly id: string;
  readonly name: string;
  /** Number of images: all, done, and given up because workers stopped while they had them. */
  readonly images: number;
  readonly done: number;
  readonly failed: number;
  /** Number of tasks: waiting, in progress, and among the latter those that were handed out before. */
  readonly waiting: number;
  readonly working: number;
  readonly redelivered: number;
  /** Whether the machine that submitted the job is alive. */
  readonly coordinated: boolean;
  /** Number of workers that accept the job. */
  readonly workers: number;
  /** Images a second, as the workers report. */
  readonly rate: number;
  /** Seconds left at this rate. */
  readonly left?: number;
  /** Why some workers leave the job to others. */
  readonly refusals: readonly string[];
}

/** The state of a server, as it is printed as JSON. */
export interface QueueStatus {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-queue/1";
  readonly server: string;
  readonly jobs: readonly JobStatus[];
  readonly workers: readonly WorkerRecord[];
}

/** Asks a server for its state. */
export async function queueStatus(server: QueueServer): Promise<QueueStatus> {
  const board = new Board(server);
  const { workers, coordinated } = await board.alive();
  const jobs: JobStatus[] = [];
  for (const { id, name, images, done, failed } of await board.jobs()) {
    const counts = await new JobStore(server, id).counts().catch(() => undefined); // It may just have ended.
    if (!counts) continue;
    const rate = workers.filter(({ job }) => job === id).reduce((sum, worker) => sum + worker.rate, 0);
    const refusals = workers.flatMap(({ refuses }) => refuses[id] ?? []);
    jobs.push({
      id,
      name,
      images,
      done,
      failed,
      ...counts,
      coordinated: coordinated.has(id),
      workers: workers.length - refusals.length,
      rate,
      ...(rate > 0 && { left: (images - done) / rate }),
      refusals: [...new Set(refusals)],
    });
  }
  return { format: "anomaly-cluster-queue/1", server: server.place, jobs, workers };
}

/** Removes a job that nobody will continue. Throws `bad-argument` if there is no job with this id. */
export async function endJob(server: QueueServer, id: string): Promise<void> {
  const board = new Board(server);
  const jobs = await board.jobs();
  if (!jobs.some((job) => job.id === id)) {
    const known = jobs.length ? `the jobs are ${jobs.map((job) => job.id).join(", ")}` : "there is none";
    throw new AnomalyClusterError("bad-argument", `--end ${id} is no job of the server at ${server.place}: ${known}`);
  }
  await board.removeJob(id);
  await new JobStore(server, id).remove();
}

/** The state of a server as text for users. */
export function statusText({ server, jobs, workers }: QueueStatus): string {
  const lines = [`${server}: ${counted(jobs.length, "job")}, ${counted(workers.length, "worker")} alive`];
  for (const job of jobs) {
    const left = job.left === undefined ? "" : `, about ${Math.ceil(job.left)} s left`;
    lines.push(
      `job ${job.id} (${job.name}): ${job.done} of ${countOf(job.images, "image")}, ${
        job.rate.toFixed(1)
      } a second${left}`,
      `  tasks: ${job.waiting} waiting, ${job.working} in work, ${job.redelivered} of them handed out again; ` +
        `${counted(job.failed, "image")} failed; ${counted(job.workers, "worker")}`,
    );
    if (!job.coordinated) lines.push("  nobody collects its results: run its cluster command again");
    for (const refusal of job.refusals) lines.push(`  refused: ${refusal}`);
  }
  for (const { name, images, rate, job } of workers) {
    const what = job ? `${countOf(images, "image")}, ${rate.toFixed(1)} a second, last for job ${job}` : "no task yet";
    lines.push(`worker ${name}: ${what}`);
  }
  return lines.join("\n");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
