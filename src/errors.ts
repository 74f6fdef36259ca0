/** The kind of an error, for programs. Codes stay the same across versions; messages may change. */
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
  /** The kind of the error. Codes stay the same across versions. */
  readonly code: ErrorCode;
  /** Makes an error: `code` is for programs, `message` for people. */
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

/** Whether the error means that a file does not exist. */
export function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === "ENOENT";
}
