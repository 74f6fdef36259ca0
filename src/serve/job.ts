// Groups uploaded images and makes the report, in small pieces of work that take turns with those of other requests.

import { earlyGroups } from "../job/early_groups.ts";
import { groupPrepared, jobReport } from "../job/group.ts";
import type { JobOptions } from "../job/options.ts";
import { type JobContext, prepareImages } from "../job/prepare.ts";
import { jobLook } from "../job/look.ts";
import { jobWhite } from "../job/white.ts";
import type { GroupsFile } from "../report/result.ts";
import type { UploadedImage } from "./uploaded_image.ts";

/** The groups, and the report if it was asked for. */
export interface JobResult {
  readonly groups: GroupsFile;
  readonly report?: string;
}

/**
 * Groups uploaded images. Images that cannot be used are named in the warnings and left out. Throws the same errors as
 * {@linkcode groupPrepared}.
 */
export async function runJob(
  uploaded: readonly UploadedImage[],
  options: JobOptions,
  context: JobContext & { readonly maxPixels: number; readonly withReport: boolean },
): Promise<JobResult> {
  const { withReport } = context;
  const sources = uploaded.map(({ name, bytes }) => ({ name, read: () => bytes, head: () => bytes }));
  const warnings: string[] = [];
  const white = await context.takeTurn(context.signal, () => jobWhite(sources, context.maxPixels, warnings));
  const closer = await jobLook(sources, options.detail, context, { maxPixels: context.maxPixels, white }, warnings);
  const early = earlyGroups(options, context, closer);
  const preparing = { ...context, white, early, ...(closer && { closer }), withThumbnails: withReport };
  const images = await prepareImages(sources, preparing, warnings);
  const asked = { images, sent: uploaded.length, warnings, ...(closer && { closer }) };
  const measured = withReport && { measured: { sources, maxPixels: context.maxPixels, white } };
  const grouping = await groupPrepared({ ...asked, ...measured }, options, context);
  const { groups } = grouping;
  if (!withReport) return { groups };
  return { groups, report: jobReport(`Kinds of defect in ${images.length} images`, grouping, images) };
}
