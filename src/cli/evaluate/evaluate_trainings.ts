// Measures trained clusterers for `evaluate`. Each training is kept as soon as it ends; an interrupted one is
// continued.

import type { LabelledDataset } from "../../dataset/labelled.ts";
import { joinPatches } from "../../embed/embedder.ts";
import type { StudyRow } from "../../evaluate/study.ts";
import { measureTraining, type TrainingRow, trainingRows } from "../../evaluate/training.ts";
import { prepareFeatures } from "../../feature.ts";
import { featuresOfLooks } from "../../look/two_looks.ts";
import { PRESETS } from "../../preset.ts";
import type { EngineChoice } from "../network/engine.ts";
import type { RunCache } from "../images/image_cache.ts";
import type { TrainedName } from "../options/methods.ts";
import { loadSubject, type Subject } from "./subject.ts";
import { checkpointsIn, removeCheckpoint, trainedClustererOf, type TrainingChoice } from "../cluster/training.ts";

/** Which clusterers are trained, how often and on which images. */
export interface EvaluateTrainings extends TrainingChoice {
  /** Clusterers to train. @default none */
  readonly cluster?: readonly TrainedName[];
  /** Number of trainings of each clusterer. */
  readonly trainingSeeds: number;
  readonly size: number;
  readonly engine: EngineChoice;
}

/** Rows of the result table on trained clusterers. They are trained on the patches of the subject's first feature. */
export async function trainingsOf(
  subject: Subject,
  key: string,
  dataset: LabelledDataset,
  options: EvaluateTrainings,
  cache: RunCache,
  output: string,
  trainings: Record<string, TrainingRow>,
  keep: () => void,
): Promise<StudyRow[]> {
  const { epochs, patience, trainingSeeds } = options;
  const seeds = Array.from({ length: trainingSeeds }, (_, seed) => seed);
  const keyFor = (method: TrainedName, seed: number) => [key, method, seed, epochs ?? "", patience].join(" ");
  const missing = (options.cluster ?? []).flatMap((method) =>
    seeds.filter((seed) => !trainings[keyFor(method, seed)]).map((seed) => ({ method, seed }))
  );
  if (missing.length) {
    const { loaded: [images], looks } = await loadSubject(
      subject,
      [["images to train on", dataset.images]],
      options,
      cache,
    );
    const all = joinPatches(images.map((image) => image.patches));
    const [{ patches }] = await prepareFeatures(all, featuresOfLooks(PRESETS[subject.preset].features, looks));
    const labels = images.map(({ label }) => label!);
    for (const { method, seed } of missing) {
      const title = `${subject.name}: ${method}, seed ${seed}`;
      trainings[keyFor(method, seed)] = await measureTraining(
        patches,
        labels,
        checkpointsIn(output),
        (hooks) => trainedClustererOf(method, title, { seed, epochs, patience, ...hooks }),
      );
      keep();
      removeCheckpoint(output);
    }
  }
  return (options.cluster ?? []).flatMap((method) =>
    trainingRows(method, seeds.map((seed) => trainings[keyFor(method, seed)]))
  );
}
