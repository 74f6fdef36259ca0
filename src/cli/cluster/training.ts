// Trained clusterers for the program. Their code is loaded only when one is asked for.

import { unlinkSync } from "node:fs";
import { join } from "node:path";
import type { TrainedClusterer } from "../../cluster/clusterer.ts";
import type { CheckpointStore, TrainingOptions } from "../../cluster/deep/trainer.ts";
import { writeWhole } from "../../report/output_folder.ts";
import { fileBytes } from "../system/file_bytes.ts";
import type { TrainedName } from "../options/methods.ts";
import { type Stage, startStage } from "../system/progress.ts";

/** Options of a training from the command line. */
export interface TrainingChoice {
  readonly epochs?: number;
  readonly patience: number;
}

/** Name of the checkpoint in the output folder. It lies there until the results are written. */
const CHECKPOINT = "training.checkpoint";

/** A clusterer that shows its progress under `title`. `begin` is called when the training begins. */
export async function trainedClustererOf(
  name: TrainedName,
  title: string,
  options: TrainingOptions,
  begin: () => void = () => {},
): Promise<TrainedClusterer> {
  const methods = await import("../../../deep.ts");
  const { kind, train } = methods[name](options);
  return {
    kind,
    async train(patches, k, work) {
      begin();
      let stage: Stage | undefined;
      const onProgress = (done: number, total: number) => (stage ??= startStage(title, total)).update(done);
      const found = await train(patches, k, { ...work, onProgress });
      stage?.end();
      return found;
    },
  };
}

/** Keeps checkpoints in the output folder. */
export function checkpointsIn(folder: string): CheckpointStore {
  return {
    load: () => fileBytes(join(folder, CHECKPOINT)).catch(() => undefined),
    save: (checkpoint) => void writeWhole(folder, CHECKPOINT, checkpoint),
  };
}

/** Removes the checkpoint of a training after its results are written. */
export function removeCheckpoint(folder: string): void {
  try {
    unlinkSync(join(folder, CHECKPOINT));
  } catch {
    // It may not be there.
  }
}
