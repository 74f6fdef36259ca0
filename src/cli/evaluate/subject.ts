// What `evaluate` measures, and how its images are loaded and embedded.

import type { ImageFile } from "../../dataset/folder.ts";
import { AnomalyClusterError } from "../../errors.ts";
import type { PresetName } from "../../preset.ts";
import { type Detail, presetDetail } from "../../look/detail.ts";
import type { TwoLooks } from "../../look/two_looks.ts";
import { closerNote, fitCloser } from "../images/closer.ts";
import { looksOf, networkWith, releaseNetwork } from "../images/image_network.ts";
import type { EngineChoice } from "../network/engine.ts";
import type { RunCache } from "../images/image_cache.ts";
import { type LoadedImage, loadImages } from "../images/load_images.ts";
import { openModel } from "../network/open_model.ts";
import { tell, warn } from "../system/progress.ts";
import { setWhite } from "../cluster/set_white.ts";

/** What is measured: a preset, or another network with the paper's method. */
export interface Subject {
  readonly name: string;
  readonly preset: PresetName;
  /** Like `--model` of `cluster`. */
  readonly model?: string;
}

/** The images of each part. `looks` describes the two looks, if photos were looked at twice. */
export interface LoadedParts {
  readonly loaded: LoadedImage[][];
  readonly looks?: TwoLooks;
}

/** Embeds the images of each part by the subject's network. A part is a title for the progress and a list of files. */
export async function loadSubject(
  { name, preset, model }: Subject,
  parts: readonly (readonly [stage: string, files: readonly ImageFile[]])[],
  options: {
    readonly size: number;
    readonly engine: EngineChoice;
    readonly detail?: Detail;
    readonly cache?: string;
  },
  cache: RunCache,
): Promise<LoadedParts> {
  const warnings: string[] = [];
  const white = await setWhite(parts.flatMap(([, files]) => files), warnings);
  const opened = await openModel({ ...options, preset, model, ...(white && { white }) }, warnings);
  const fitting = [...parts].reverse().find(([, files]) => files.length > 1)?.[1] ?? [];
  const closer = await fitCloser(fitting, options.detail ?? presetDetail(preset), opened);
  if (closer) tell(`${name}: ${closerNote(closer)}`);
  const network = networkWith(opened, closer, cache);
  const loaded: LoadedImage[][] = [];
  for (const [stage, files] of parts) loaded.push(await loadImages(files, network, warnings, `${name}: ${stage}`));
  await releaseNetwork(network);
  for (const warning of warnings) warn(warning);
  if (loaded[0].length < 2) throw new AnomalyClusterError("too-few-images", "fewer than 2 images are usable");
  return { loaded, looks: looksOf(network) };
}
