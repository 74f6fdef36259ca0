// What workers are told of a job, of its tasks and of their results' form.

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
  /** The folder's name. */
  readonly name: string;
  /** The package's version: a worker of another one might compute otherwise. */
  readonly version: string;
  readonly network: NetworkRecord;
  readonly engine: Engine;
  readonly decoder: DecoderName;
  /** Names all that an embedding depends on besides the image. */
  readonly maker: string;
  /** Images in all. */
  readonly images: number;
  /** Whether workers read the files where the coordinator has them. */
  readonly shared: boolean;
  /** A task whose worker is not heard of for so long goes to another, in seconds. */
  readonly wait: number;
  /** When it began, as ISO 8601 has it. */
  readonly started: string;
  /** Images that are done. */
  readonly done: number;
  /** Images that stopped workers. */
  readonly failed: number;
}

/** What the job's images are compared with, beside its arrays. */
export interface FittedSampleRecord {
  readonly fit: FittedRecord;
  readonly grid: PatchGrid;
  readonly references: number;
  /** How photos are looked at closer, where they are; its array lies after those of the fit. */
  readonly look?: LookRecord;
}

/** Some images of a job. */
export interface Task {
  /** Its name within the job. */
  readonly key: string;
  /** Numbers of the images among all files. */
  readonly places: readonly number[];
  /** Files to read, where they are shared: path and bytes, as the coordinator finds them. */
  readonly files?: readonly { readonly path: string; readonly size: number | null }[];
}

/** The images of a task, in their order, beside the bytes of all of them. */
export interface TaskImages {
  /** Bytes of each; nothing for one that cannot be read. */
  readonly sizes: readonly (number | null)[];
}

/** What became of a task: with arrays beside it of those images that could be used; or why it was given up. */
export type TaskResult =
  | {
    readonly kind: "done";
    readonly images: readonly ImageOutcome[];
    readonly numbers?: { readonly channels: number; readonly patches: number; readonly arrays: readonly ArrayEntry[] };
  }
  /** It was delivered so often without an answer: the dead letter. */
  | { readonly kind: "dead"; readonly deliveries: number }
  /** Its images are not in the store. */
  | { readonly kind: "missing" };

/** An image that cannot be used, or what the user should know of one that can. */
export interface ImageOutcome {
  readonly error?: string;
  readonly note?: string;
  /** Where it was looked at closely. */
  readonly window?: PixelBox;
}

/** A worker, as it says of itself every few seconds. */
export interface WorkerRecord {
  readonly name: string;
  readonly version: string;
  /** The job that it works for. */
  readonly job?: string;
  /** Images since it started. */
  readonly images: number;
  /** Images a second in the last minute. */
  readonly rate: number;
  /** Sentences by job: why it leaves them to others. */
  readonly refuses: Readonly<Record<string, string>>;
}

/** Times that a task is handed out before it counts as one that stops workers. */
export const MOST_DELIVERIES = 3;
