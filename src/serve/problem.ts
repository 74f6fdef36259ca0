// Errors as an HTTP status and a sentence for the client.

import { AnomalyClusterError, type ErrorCode } from "../errors.ts";
import { printable } from "../report/printable.ts";

/** Error codes in answers. */
export type ProblemCode =
  | ErrorCode
  | "bad-request"
  | "forbidden"
  | "not-found"
  | "method-not-allowed"
  | "upload-too-slow"
  | "unsupported-media-type"
  | "bad-archive"
  | "aborted"
  | "busy"
  | "internal"
  | "closing"
  | "out-of-time";

/**
 * An error that a client may read. Its message stays on one line, even if it quotes odd characters from the request,
 * such as a file name in a zip.
 */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(printable(message));
    this.name = "Problem";
  }
}

const STATUS: Readonly<Record<ErrorCode, number>> = {
  "bad-argument": 400,
  "bad-image": 422,
  "too-few-images": 422,
  "too-large": 413,
  "bad-model": 503,
  "unsupported-runtime": 503,
  "cannot-write": 500,
  "queue-failed": 500,
};

/** Turns any error into a problem. For an unexpected error the message does not reveal the cause. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AnomalyClusterError) return new Problem(STATUS[error.code], error.code, error.message);
  return new Problem(500, "internal", "the service failed at this request: try it again with other images");
}

/** The body of the answer to a request that failed. */
export function problemBody({ code, message }: Problem): { error: { code: ProblemCode; message: string } } {
  return { error: { code, message } };
}
