// Submits a job to a queue's server, for `cluster --queue`.

import type { ImageFile } from "../../dataset/folder.ts";
import { VERSION } from "../system/manifest.ts";
import type { OpenModel } from "../network/open_model.ts";
import { tell } from "../system/progress.ts";
import type { ImageStream } from "../cluster/streamed_images.ts";
import { Board } from "./board.ts";
import type { JobRecord } from "./job_record.ts";
import { JobStore } from "./job_store.ts";
import { connectQueue } from "./connect_queue.ts";
import type { QueueServer } from "./server.ts";
import { jobId, lookAt } from "./tasks.ts";
import { type JobOptions, Submission } from "./submission.ts";

/** A connection to a queue's server, through which one job is submitted. */
export class Coordinator {
  #job?: JobStore;

  private constructor(readonly server: QueueServer, readonly options: JobOptions) {}

  /** Connects to the server. Throws `queue-failed`, `bad-argument`. */
  static async open(options: JobOptions): Promise<Coordinator> {
    return new Coordinator(await connectQueue(options, { tell }), options);
  }

  /** Returns a stream that has images embedded on the queue. `name` is the name of the job. */
  stream(name: string, opened: OpenModel): ImageStream {
    return async (files, network, options, warnings) => {
      const { queueBatch: batch, shared = false } = this.options;
      const found = await lookAt(files);
      const look = network.closer?.digest;
      const id = await jobId(found, opened, options, { version: VERSION, batch, shared, ...(look && { look }) });
      this.#job = new JobStore(this.server, id);
      const record = recordOf(id, name, opened, found, this.options);
      return await new Submission(this.#job, record, found, this.options).run(network, options, warnings);
    };
  }

  /** A sentence for a user who interrupts the run, on what happens to the job. */
  kept(): string {
    return this.#job
      ? `the job ${this.#job.id} stays on the queue, and its workers go on: the same command goes on from there`
      : "no job was submitted";
  }

  /** Removes the job from the server. Call it when its results are written. */
  async end(): Promise<void> {
    if (this.#job) {
      await new Board(this.server).removeJob(this.#job.id);
      await this.#job.remove();
    }
    await this.server.close();
  }
}

function recordOf(
  id: string,
  name: string,
  { network, engine, decoder, maker }: OpenModel,
  files: readonly ImageFile[],
  { shared = false, queueWait }: JobOptions,
): JobRecord {
  return {
    format: "anomaly-cluster-job/1",
    id,
    name,
    version: VERSION,
    network,
    engine,
    decoder,
    maker,
    images: files.length,
    shared,
    wait: queueWait,
    started: new Date().toISOString(),
    done: 0,
    failed: 0,
  };
}
