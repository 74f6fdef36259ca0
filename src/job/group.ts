// Groups prepared images and renders the report.

import type { GroupModelOptions } from "../assign/group_model.ts";
import { joinPatches } from "../embed/embedder.ts";
import { nearCopies } from "../copies/near_copies.ts";
import { clusterPatches, type ClusterResult } from "../pipeline.ts";
import { PRESETS, presetSettings } from "../preset.ts";
import type { DefectPicture } from "../report/defect_picture.ts";
import { renderReport } from "../report/html.ts";
import { reportData } from "../report/report_data.ts";
import { type GroupsFile, groupsFile } from "../report/result.ts";
import { featuresOfLooks } from "../look/two_looks.ts";
import { toldSettings } from "../report/run_settings.ts";
import type { PatchSet } from "../types.ts";
import { checkUsable } from "../usable_images.ts";
import { jobDefects } from "./defects.ts";
import type { JobOptions } from "./options.ts";
import type { JobContext, JobLook, PreparedImage, SourceImage } from "./prepare.ts";

/** The images to group. */
export interface JobImages {
  /** The images that could be used. */
  readonly images: readonly PreparedImage[];
  /** How many images were sent, usable or not. */
  readonly sent: number;
  /** Why images could not be used, and notes on others. */
  readonly warnings: readonly string[];
  /** The engine that embedded them, where it is to be told. */
  readonly engine?: string;
  /** Labelled normal images: what is unlike them is anomalous. */
  readonly normals?: readonly PreparedImage[];
  /** The closer look at large photos, where there was one. */
  readonly closer?: JobLook;
  /** Where the images can be read again and how they are decoded. Given only where defects are to be measured. */
  readonly measured?: {
    readonly sources: readonly SourceImage[];
    readonly maxPixels?: number;
    readonly white?: number;
  };
}

/** The groups, and the data that they were made from. */
export interface Grouping {
  readonly groups: GroupsFile;
  readonly result: ClusterResult;
  /** Patch embeddings of all images. */
  readonly patches: PatchSet;
  /** Pictures of the defects, where they were measured. */
  readonly pictures?: readonly (DefectPicture | undefined)[];
  /** The settings that `groupModel` needs to make a model of these groups. */
  readonly settings: GroupModelOptions;
}

/** Settings that requests cannot choose. */
const SINGLE_WAY = { distance: "weighted-average", cluster: "ward", seed: 0 };

/**
 * Groups prepared images. Throws the same errors as {@linkcode clusterPatches}, and `bad-argument` for more groups than
 * images.
 */
export async function groupPrepared(
  { images, sent, warnings, engine, normals, closer, measured }: JobImages,
  options: JobOptions,
  context: JobContext,
): Promise<Grouping> {
  const { network, takeTurn, signal, onProgress } = context;
  const reason = warnings.length ? ` (${warnings[0]})` : "";
  checkUsable(images.length, sent, options.k, { k: "the number of groups (k)", reason });
  const patches = joinPatches(images.map(({ patches }) => patches));
  const { features: own, weight, references } = presetSettings(options.preset, normals !== undefined);
  const features = featuresOfLooks(own, closer && { levels: network.levels ?? 1 });
  const settings: GroupModelOptions = {
    features,
    weight: { ...weight, ...(options.tau && { tau: options.tau }) },
    ...(normals && { normals: joinPatches(normals.map(({ patches }) => patches)) }),
  };
  const result = await takeTurn(signal, () =>
    clusterPatches(patches, {
      ...settings,
      references,
      k: options.k,
      ...(options.threshold !== undefined && { threshold: options.threshold }),
      smallestGroup: options.smallestGroup,
      signal,
      onProgress: inPercent((done, total) => onProgress({ stage: "compare", done, total })),
    }));
  const near = nearCopies(patches, result.copies, PRESETS[options.preset].embedding.views);
  const defects = measured && await jobDefects(images, result.weights, measured.sources, context, {
    ...measured,
    ...(closer && { detail: closer.look.detail }),
  });
  const groups = groupsFile(near ? { ...result, nearCopies: near } : result, {
    images: images.map(({ path }, i) => ({ path, ...(defects?.[i] && { defect: defects[i].defect }) })),
    settings: toldSettings({
      ...options,
      ...SINGLE_WAY,
      weight: normals ? "labelled-normal" : "soft",
      tau: options.tau ?? weight.tau!,
      features: own,
      size: network.size,
      ...(closer && { look: closer.look }),
      over: weight.over!,
      references,
      ...(engine !== undefined && { engine }),
    }, result),
    model: network.embedder.id,
    warnings,
  });
  const pictures = defects?.map((seen) => seen?.picture);
  return {
    groups,
    result,
    patches,
    ...(pictures && { pictures }),
    settings: { ...settings, weight: result.spread?.weighting ?? settings.weight },
  };
}

/** The report as HTML. The images must have been prepared with thumbnails. */
export function jobReport(
  title: string,
  { groups, result, pictures }: Grouping,
  images: readonly PreparedImage[],
): string {
  const shown = images.map(({ thumbnail, patches, window }, i) => {
    const picture = pictures?.[i];
    return { thumbnail: thumbnail!, patches, ...(window && { window }), ...(picture && { picture }) };
  });
  return renderReport(reportData(title, groups, result, shown));
}

/** Passes on at most one call for each percent of progress. */
function inPercent(tell: (done: number, total: number) => void): (done: number, total: number) => void {
  let told = -1;
  return (done, total) => {
    const percent = Math.floor(100 * done / Math.max(total, 1));
    if (percent <= told) return;
    told = percent;
    tell(done, total);
  };
}
