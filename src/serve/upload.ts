// Reads a request's images and fields from a form or a zip.

import { readBody } from "./body.ts";
import type { Limits } from "./limits.ts";
import { Problem } from "./problem.ts";
import { checkImageCount, type UploadedImage, withSafeNames } from "./uploaded_image.ts";
import { readZip } from "./zip.ts";

/** The content of a request. */
export interface Upload {
  readonly images: readonly UploadedImage[];
  /** Fields of the query and of the form. If both have a field, the form's counts. */
  readonly fields: ReadonlyMap<string, string>;
}

/** Content types that are accepted. */
export const UPLOAD_TYPES = ["multipart/form-data", "application/zip"] as const;

/** The content type of an upload. Throws 415 if it is not accepted. */
export function uploadType(request: Request): typeof UPLOAD_TYPES[number] {
  const given = request.headers.get("content-type")?.split(";")[0].trim().toLowerCase();
  const type = UPLOAD_TYPES.find((type) => type === given);
  if (type) return type;
  const message = `${given ? `${given} is not read here` : "the request names no content type"}: send ${
    UPLOAD_TYPES.join(" or ")
  }`;
  throw new Problem(415, "unsupported-media-type", message);
}

/** Reads and unpacks a request. Throws 400, 413, 415, 422. */
export async function readUpload(request: Request, limits: Limits, signal: AbortSignal): Promise<Upload> {
  const type = uploadType(request);
  const fields = new Map(new URL(request.url).searchParams);
  const body = await readBody(request, limits.bytes, signal);
  const images = type === "application/zip"
    ? await readZip(body, limits, signal)
    : await readForm(body, request.headers.get("content-type")!, fields, limits);
  return { images: withSafeNames(images), fields };
}

/** A generous limit for the parts of a form that are not images. */
const MOST_FIELDS = 100;

/**
 * Counts the parts of a form by its boundary, without parsing it. Each parsed part takes memory, however short it is.
 */
function partsOf(body: Uint8Array, type: string): number {
  const [, quoted, plain] = type.match(/boundary=(?:"([^"]*)"|([^;\s]*))/i) ?? [];
  if (!quoted && !plain) return 0;
  const boundary = new TextEncoder().encode(`--${quoted ?? plain}`);
  let parts = 0;
  for (let at = body.indexOf(boundary[0]); at >= 0; at = body.indexOf(boundary[0], at + 1)) {
    if (boundary.every((byte, of) => body[at + of] === byte)) parts++;
  }
  return parts - 1; // The last one ends the form.
}

/** The files of the form's field `images`. Its other fields are put into `fields`. */
async function readForm(
  body: Uint8Array<ArrayBuffer>,
  type: string,
  fields: Map<string, string>,
  limits: Limits,
): Promise<UploadedImage[]> {
  const parts = partsOf(body, type);
  if (parts > limits.images + MOST_FIELDS) checkImageCount(parts, limits.images);
  const form = await new Response(body, { headers: { "content-type": type } }).formData().catch(() => {
    throw new Problem(400, "bad-request", "the form is damaged or lacks its boundary: send it as multipart/form-data");
  });
  const files: File[] = [];
  for (const [name, value] of form) {
    if (typeof value === "string") fields.set(name, value);
    else if (name === "images") files.push(value);
    else throw new Problem(400, "bad-request", `the field ${name} holds a file: send images in the field images`);
  }
  checkImageCount(files.length, limits.images);
  return await Promise.all(files.map(async (file) => ({ name: file.name, bytes: await file.bytes() })));
}
