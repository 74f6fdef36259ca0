/** What went wrong, for programs: stable across versions, unlike the message. */
export type ErrorCode =
  | "bad-argument"
  | "bad-image"
  | "bad-model"
  | "too-few-images"
  | "too-large"
  | "cannot-write"
  | "queue-failed"
  | "unsupported-runtime";

/** The one error that this library throws on purpose. Its message is a sentence for a person. */
export class AnomalyClusterError extends Error {
  /** Stable code of the kind of error. */
  readonly code: ErrorCode;
  /** `code` for programs, `message` for people. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AnomalyClusterError";
    this.code = code;
  }
}

/** Throws `bad-argument` unless `condition` holds. */
export function ensure(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AnomalyClusterError("bad-argument", message);
}

/** Whether this is of a file that is not there. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === "ENOENT";
}
