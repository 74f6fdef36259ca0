// The worker of the studio: turns images into groups, the report and the files to save. It keeps embeddings for the
// next run, which may have other settings.

import { groupModel } from "../assign/group_model.ts";
import { AnomalyClusterError } from "../errors.ts";
import { earlyGroups } from "../job/early_groups.ts";
import { groupPrepared, jobReport } from "../job/group.ts";
import { jobOptions } from "../job/options.ts";
import { type EarlyGroup, type JobContext, type KeptImages, type Prepared, prepareImages } from "../job/prepare.ts";
import { turns } from "../job/turns.ts";
import { jobLook } from "../job/look.ts";
import { jobWhite } from "../job/white.ts";
import { PRESET_NAMES } from "../preset.ts";
import { modelFiles } from "../report/model_file.ts";
import { groupsCsv, type GroupsFile } from "../report/result.ts";
import { Problem } from "../serve/problem.ts";
import type { UploadedImage } from "../serve/uploaded_image.ts";
import { type ChosenFiles, type ChosenNetwork, type StudioImage, studioImages } from "./chosen.ts";
import type { CardOrProcessor } from "../embed/card_or_processor.ts";
import { cardFailure, chooseEngine, studioEngine } from "./graphics_card.ts";
import { networkOf } from "./networks.ts";

/** The work that the page asks for. */
interface StudioWork extends ChosenFiles {
  readonly normals: ChosenFiles;
  /** Used instead of the preset's network. */
  readonly network?: ChosenNetwork;
  /** Name of the folder that was chosen, if a folder was. */
  readonly folder?: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A file that the page offers to save. */
interface SavedFile {
  readonly name: string;
  readonly type: string;
  readonly content: string | Uint8Array;
}

interface StudioResult {
  readonly groups: GroupsFile;
  readonly report: string;
  readonly files: readonly SavedFile[];
}

type Request =
  | { readonly kind: "group"; readonly run: number; readonly work: StudioWork }
  | { readonly kind: "stop"; readonly run: number };

/** What is told of a step. `engine` is named where networks run. */
interface Step {
  readonly stage: string;
  readonly done?: number;
  readonly total?: number;
  readonly engine?: CardOrProcessor;
  /** Groups of the images so far. */
  readonly groups?: readonly EarlyGroup[];
}

type TellProgress = (step: Step) => void;

const prepared = new Map<string, Prepared>();
const unpacked = new Map<string, readonly UploadedImage[]>();
const takeTurn = turns();
const running = new Map<number, AbortController>();
let last: Promise<unknown> = Promise.resolve();

globalThis.addEventListener("message", ({ data }: MessageEvent<Request>) => {
  if (data.kind === "stop") return running.get(data.run)?.abort();
  const { run, work } = data;
  const stop = new AbortController();
  running.set(run, stop);
  // Runs take turns: a stopped one may still work until it can pause.
  last = last.then(() => answer(run, work, stop.signal)).finally(() => running.delete(run));
});

async function answer(run: number, work: StudioWork, signal: AbortSignal): Promise<void> {
  try {
    const result = await group(work, signal, (step) => {
      postMessage({ run, kind: "progress", ...step });
    });
    postMessage({ run, kind: "done", result });
  } catch (error) {
    postMessage({ run, kind: "failed", message: sentenceOf(error) });
  }
}

async function group(work: StudioWork, signal: AbortSignal, tell: TellProgress): Promise<StudioResult> {
  const options = jobOptions(new Map(Object.entries(work.fields)), PRESET_NAMES, "default");
  if (work.zips.length) tell({ stage: "unpack" });
  const sources = await studioImages(work, unpacked, signal);
  const normalSources = await studioImages(work.normals, unpacked, signal);
  forgetOthers([...sources, ...normalSources]);
  tell({ stage: "load" });
  await chooseEngine();
  const network = await networkOf(options.preset, work.network);
  const context: JobContext = {
    network,
    takeTurn,
    signal,
    onProgress: (progress) => {
      tell({ ...progress, ...(progress.stage === "embed" && { engine: studioEngine() }) });
    },
  };
  const warnings: string[] = [...network.warnings];
  const white = await jobWhite([...sources, ...normalSources], undefined, warnings);
  const fitting = normalSources.length > 1 ? normalSources : sources;
  const closer = await jobLook(fitting, options.detail, context, { white }, warnings);
  // A look that was fitted to other photos chooses other windows.
  const look = closer ? JSON.stringify([closer.look.detail, fitting.map(({ key }) => key)]) : "";
  const kept = keptFor(`${network.embedder.id} ${network.record.sha256} ${white ?? ""} ${look}`);
  const preparing = { white, ...(closer && { closer }), withThumbnails: true };
  const early = earlyGroups(options, context, closer);
  const images = await prepareImages(sources, { ...context, ...preparing, early }, warnings, kept);
  const ofNormals: JobContext = {
    ...context,
    onProgress: ({ done, total }) => tell({ stage: "normals", done, total, engine: studioEngine() }),
  };
  const normals = await prepareImages(normalSources, { ...ofNormals, ...preparing }, warnings, kept);
  if (normalSources.length && !normals.length) {
    throw new AnomalyClusterError("bad-argument", "none of the normal images can be used: choose others, or none");
  }
  const failure = cardFailure();
  if (failure !== undefined) warnings.push(failure);
  const asked = {
    engine: studioEngine(),
    images,
    sent: sources.length,
    warnings,
    ...(normals.length && { normals }),
    ...(closer && { closer }),
  };
  const measured = { sources, white };
  const grouping = await groupPrepared({ ...asked, measured }, options, context);
  tell({ stage: "write" });
  const { groups, result, patches, settings } = grouping;
  const model = await takeTurn(signal, () => groupModel(patches, result, { ...settings, signal }));
  const stored = await modelFiles({
    model,
    images: images.map(({ path }) => path),
    network: { ...network.record, ...(white && { white }) },
    ...(closer && { look: closer.look }),
    groups: groups.groups,
    thumbnails: new Map(images.map(({ path, thumbnail }) => [path, thumbnail!])),
  });
  const report = jobReport(`Kinds of defect in ${work.folder ?? `${images.length} images`}`, grouping, images);
  const json = (name: string, content: string) => ({ name, type: "application/json", content });
  const files: SavedFile[] = [
    { name: "report.html", type: "text/html", content: report },
    { name: "groups.csv", type: "text/csv", content: groupsCsv(groups) },
    json("groups.json", `${JSON.stringify(groups, null, 1)}\n`),
    json("model.json", stored.json),
    { name: "model.bin", type: "application/octet-stream", content: stored.bytes },
  ];
  return { groups, report, files };
}

/** Returns the kept images of one network and one look, and of the engine that runs at that time. */
function keptFor(network: string): KeptImages<StudioImage> {
  const keyOf = ({ key }: StudioImage) => `${studioEngine()} ${network}\n${key}`;
  return {
    get: (image) => prepared.get(keyOf(image)),
    set: (image, patches) => void prepared.set(keyOf(image), patches),
  };
}

/** Frees the memory of images that are no longer chosen. */
function forgetOthers(images: readonly StudioImage[]): void {
  const wanted = new Set(images.map(({ key }) => key));
  for (const key of prepared.keys()) if (!wanted.has(key.slice(key.indexOf("\n") + 1))) prepared.delete(key);
  const zips = new Set(images.map(({ zip }) => zip));
  for (const key of unpacked.keys()) if (!zips.has(key)) unpacked.delete(key);
}

/** Returns an error as a sentence. An error that was not thrown on purpose is most likely a lack of memory. */
function sentenceOf(error: unknown): string {
  if (error instanceof AnomalyClusterError && error.code === "unsupported-runtime") {
    return "a part of the studio cannot be loaded: reload the page, build the studio anew or use a newer browser";
  }
  if (error instanceof AnomalyClusterError || error instanceof Problem) return error.message;
  if (error instanceof RangeError) return "the images do not fit into this browser's memory: choose fewer";
  return "the work failed: reload the page and try again, or choose other images";
}
