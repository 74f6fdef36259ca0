// Uploaded images → groups and the report, in pieces that take turns with those of other requests.

import { type Embedder, joinPatches } from "../embed/embedder.ts";
import { AnomalyClusterError } from "../errors.ts";
import { resize } from "../image/resize.ts";
import { decodeUsable } from "../image/usable.ts";
import { clusterPatches, type ClusterResult } from "../pipeline.ts";
import { PRESETS } from "../preset.ts";
import { renderReport } from "../report/html.ts";
import { reportData } from "../report/report_data.ts";
import { digits, type GroupsFile, groupsFile } from "../report/result.ts";
import { type Thumbnail, thumbnail } from "../report/thumbnail.ts";
import { countText, featureText, scoreText, temperatureText } from "../setting_text.ts";
import type { PatchSet } from "../types.ts";
import type { JobOptions } from "./job_options.ts";
import type { TakeTurn } from "./queue.ts";
import type { UploadedImage } from "./uploaded_image.ts";

/** An open network, and the side in pixels to which images are resized for it. */
export interface Network {
  /** Embeds one image at a time. */
  readonly embedder: Embedder;
  /** In pixels. */
  readonly size: number;
}

/** What is done of what. */
export interface Progress {
  readonly stage: "decode" | "embed" | "compare";
  readonly done: number;
  readonly total: number;
}

/** What a job needs of its surroundings. */
export interface JobContext {
  readonly network: Network;
  readonly maxPixels: number;
  readonly withReport: boolean;
  readonly takeTurn: TakeTurn;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Groups, and the report where it was wanted. */
export interface JobResult {
  readonly groups: GroupsFile;
  readonly report?: string;
}

interface ReadyImage {
  readonly path: string;
  /** For a report. */
  readonly thumbnail?: Thumbnail;
  readonly patches: PatchSet;
}

/** Throws as {@linkcode clusterPatches}; images that cannot be used are named in the warnings and left out. */
export async function runJob(
  images: readonly UploadedImage[],
  options: JobOptions,
  context: JobContext,
): Promise<JobResult> {
  const { network, takeTurn, signal, onProgress } = context;
  const warnings: string[] = [];
  const ready: ReadyImage[] = [];
  for (const [at, image] of images.entries()) {
    try {
      const report = (stage: Progress["stage"]) => onProgress({ stage, done: at + 1, total: images.length });
      ready.push(await takeTurn(signal, () => prepare(image, context, report, warnings)));
    } catch (error) {
      if (!(error instanceof AnomalyClusterError && error.code === "bad-image")) throw error;
      warnings.push(`${image.name}: ${error.message}, skipped`);
    }
  }
  checkCount(ready.length, images.length, options.k, warnings);
  const preset = PRESETS[options.preset];
  const tau = options.tau ?? preset.tau;
  const result = await takeTurn(signal, () =>
    clusterPatches(joinPatches(ready.map(({ patches }) => patches)), {
      k: options.k,
      ...(options.threshold !== undefined && { threshold: options.threshold }),
      smallestGroup: options.smallestGroup,
      features: preset.features,
      weight: { kind: "soft", tau, over: preset.over ?? "mean" },
      signal,
      onProgress: inPercent((done, total) => onProgress({ stage: "compare", done, total })),
    }));
  const groups = groupsFile(result, {
    images: ready,
    settings: settingsOf(options, network, result),
    model: network.embedder.id,
    warnings,
  });
  if (!context.withReport) return { groups };
  const title = `Kinds of defect in ${ready.length} images`;
  const shown = ready.map(({ thumbnail, patches }) => ({ thumbnail: thumbnail!, patches }));
  return { groups, report: renderReport(reportData(title, groups, result, shown)) };
}

async function prepare(
  { name, bytes }: UploadedImage,
  { network: { embedder, size }, maxPixels, withReport }: JobContext,
  report: (stage: Progress["stage"]) => void,
  warnings: string[],
): Promise<ReadyImage> {
  const image = await decodeUsable(bytes, size, { maxPixels });
  if (image.note) warnings.push(`${name}: ${image.note}`);
  const pixels = resize(image, size, size);
  const small = withReport ? { thumbnail: await thumbnail(image, pixels) } : {};
  report("decode");
  const patches = await embedder.embed(pixels);
  report("embed");
  await new Promise((resolve) => setTimeout(resolve)); // Lets other requests, timers and aborts be heard.
  return { path: name, ...small, patches };
}

function checkCount(usable: number, sent: number, k: number | "auto", warnings: readonly string[]): void {
  if (usable < 2) {
    const reason = warnings.length ? ` (${warnings[0]})` : "";
    const message = `${usable} of ${sent} images can be used${reason}: at least 2 are needed`;
    throw new AnomalyClusterError("too-few-images", message);
  }
  if (k !== "auto" && k > usable) {
    throw new AnomalyClusterError("bad-argument", `k is ${k}, more than the ${usable} usable images`);
  }
}

/** Passes on one call a percent. */
function inPercent(tell: (done: number, total: number) => void): (done: number, total: number) => void {
  let told = -1;
  return (done, total) => {
    const percent = Math.floor(100 * done / Math.max(total, 1));
    if (percent <= told) return;
    told = percent;
    tell(done, total);
  };
}

function settingsOf(options: JobOptions, { size }: Network, { k, tau }: ClusterResult): GroupsFile["settings"] {
  const { features, over = "mean", tau: usual } = PRESETS[options.preset];
  return {
    k,
    kChosen: countText(options),
    weight: "soft",
    ...(tau !== undefined && { tau: digits(tau) }),
    tauGiven: temperatureText(options.tau ?? usual),
    preset: options.preset,
    features: features.map(featureText).join("; "),
    size,
    over: scoreText(over),
    distance: "weighted-average",
    cluster: "ward",
    seed: 0,
  };
}
