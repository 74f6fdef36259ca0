// Reads a request's body and counts its bytes meanwhile, because Content-Length may be wrong.

import { joinedBytes } from "../bytes.ts";
import { abortable } from "../job/abortable.ts";
import { Problem } from "./problem.ts";

/** A number of bytes as text, in MB. */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e4) / 100} MB`;
}

/** Throws 413 if the Content-Length header already says that the body is too large. */
export function checkLength(request: Request, most: number): void {
  if (Number(request.headers.get("content-length")) > most) throw tooLarge(most);
}

/** Reads the whole body. Throws 413 as soon as it is too long, and 400 if it is missing or breaks off. */
export async function readBody(request: Request, most: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (!request.body) throw new Problem(400, "bad-request", "the request has no body: send images or a zip");
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (true) {
      const { done, value } = await abortable(reader.read(), signal);
      if (done) break;
      length += value.length;
      if (length > most) throw tooLarge(most);
      chunks.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    signal.throwIfAborted();
    throw error instanceof Problem ? error : new Problem(400, "bad-request", "the request's body breaks off");
  }
  return joinedBytes(chunks);
}

function tooLarge(most: number): Problem {
  return new Problem(413, "too-large", `the upload is larger than ${megabytes(most)}: send fewer or smaller images`);
}
