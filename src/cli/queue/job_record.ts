// What coordinators and workers exchange: jobs, tasks and results.

import type { LookRecord } from "../../look/look_record.ts";
import type { PixelBox } from "../../image/pixel_box.ts";
import type { DecoderName } from "../../image/decode.ts";
import type { ArrayEntry } from "../../fitted/array_record.ts";
import type { FittedRecord } from "../../fitted/fitted_record.ts";
import type { Engine } from "../../embed/onnx_runtime.ts";
import type { NetworkRecord } from "../../report/model_file.ts";
import type { PatchGrid } from "../cluster/streamed_images.ts";

/** A job on the board. */
export interface JobRecord {
  /** Name and version of this format. */
  readonly format: "anomaly-cluster-job/1";
  /** Digest of all that its results depend on. */
  readonly id: string;
  /** Name of the folder of images. */
  readonly name: string;
  /** Version of the package. A worker of another version might compute other results. */
  readonly version: string;
  readonly network: NetworkRecord;
  readonly engine: Engine;
  readonly decoder: DecoderName;
  /** A text that names all that an embedding depends on, except the image. */
  readonly maker: string;
  /** Number of images. */
  readonly images: number;
  /** Whether workers read the files under the same paths as the coordinator. Otherwise the files are sent to them. */
  readonly shared: boolean;
  /** Seconds without a sign from a worker after which its task is given to another. */
  readonly wait: number;
  /** When the job began, in ISO 8601. */
  readonly started: string;
  /** Number of images that are done. */
  readonly done: number;
  /** Number of images that were given up because workers stopped while they had them. */
  readonly failed: number;
}

/** The embedding that was fitted to a job's references, without its arrays. */
export interface FittedSampleRecord {
  readonly fit: FittedRecord;
  readonly grid: PatchGrid;
  readonly references: number;
  /** The closer look at photos, if there is one. Its array follows those of the fit. */
  readonly look?: LookRecord;
}

/** A task: some images of a job. */
export interface Task {
  /** Name of the task within the job. */
  readonly key: string;
  /** Indices of the images among all files of the job. */
  readonly places: readonly number[];
  /** Files to read, if they are shared: path and size in bytes, as the coordinator sees them. */
  readonly files?: readonly { readonly path: string; readonly size: number | null }[];
}

/** The images of a task, in order. The bytes of all images are stored after this record. */
export interface TaskImages {
  /** Size of each image in bytes; null if it cannot be read. */
  readonly sizes: readonly (number | null)[];
}

/** The result of a task, with arrays on the images that could be used; or why the task was given up. */
export type TaskResult =
  | {
    readonly kind: "done";
    readonly images: readonly ImageOutcome[];
    readonly numbers?: { readonly channels: number; readonly patches: number; readonly arrays: readonly ArrayEntry[] };
  }
  /** The task was given to so many workers, and none answered. */
  | { readonly kind: "dead"; readonly deliveries: number }
  /** The task's images are not in the store. */
  | { readonly kind: "missing" };

/** The result for one image: why it cannot be used, or a note for the user. */
export interface ImageOutcome {
  readonly error?: string;
  readonly note?: string;
  /** The part that was looked at closely. */
  readonly window?: PixelBox;
}

/** What a worker reports about itself every few seconds. */
export interface WorkerRecord {
  readonly name: string;
  readonly version: string;
  /** The job that it works for. */
  readonly job?: string;
  /** Number of images since it started. */
  readonly images: number;
  /** Images a second in the last minute. */
  readonly rate: number;
  /** For each job that it leaves to other workers, a sentence that says why. */
  readonly refuses: Readonly<Record<string, string>>;
}

/** A task that was handed out so often without an answer counts as one that stops workers. */
export const MOST_DELIVERIES = 3;
