// Measures a clusterer that is trained: the groups of its last epoch, and those of the epoch that agrees best with the
// labels.

import type { TrainedClusterer } from "../cluster/clusterer.ts";
import type { CheckpointStore, TrainingOptions } from "../cluster/deep/trainer.ts";
import { adjustedRandIndex } from "../metric/adjusted_rand_index.ts";
import { f1Score } from "../metric/f1_score.ts";
import { normalizedMutualInformation } from "../metric/information.ts";
import type { PatchSet } from "../types.ts";
import type { StudyRow } from "./study.ts";
import { estimate } from "./protocol.ts";

/** Agreement of groups with labels, and the number of groups. */
export interface Agreement {
  readonly nmi: number;
  readonly ari: number;
  readonly f1: number;
  readonly groups: number;
}

/** The measurements of one training with one seed. */
export interface TrainingRow {
  readonly last: Agreement;
  /** The epoch with the highest F1. It is chosen by the labels, as in the parentheses of the paper's table 8. */
  readonly best: Agreement & { readonly epoch: number };
  readonly epochs: number;
}

/**
 * Trains a clusterer and measures it. `make` gets the hooks that this needs. The checkpoints also contain the best
 * epoch so far, so that a run that was interrupted ends with the same row.
 */
export async function measureTraining(
  patches: PatchSet,
  labels: readonly string[],
  checkpoints: CheckpointStore,
  make: (hooks: Pick<TrainingOptions, "onEpoch" | "checkpoints">) => Promise<TrainedClusterer>,
): Promise<TrainingRow> {
  let best: TrainingRow["best"] | undefined;
  const clusterer = await make({
    onEpoch: (epoch, groups) => {
      const agreement = agreementOf(labels, groups);
      if (!best || agreement.f1 > best.f1) best = { ...agreement, epoch };
    },
    checkpoints: {
      async load() {
        const saved = await checkpoints.load();
        const end = saved?.indexOf(10) ?? -1;
        if (!saved || end < 0) return undefined;
        best = JSON.parse(new TextDecoder().decode(saved.subarray(0, end)));
        return saved.subarray(end + 1);
      },
      async save(checkpoint) {
        const line = new TextEncoder().encode(`${JSON.stringify(best)}\n`);
        const joined = new Uint8Array(line.length + checkpoint.length);
        joined.set(line);
        joined.set(checkpoint, line.length);
        await checkpoints.save(joined);
      },
    },
  });
  const { groups, training } = await clusterer.train(patches, new Set(labels).size, {});
  const epochs = training.stages.reduce((sum, { losses }) => sum + losses.length, 0);
  return { last: agreementOf(labels, groups), best: best!, epochs };
}

function agreementOf(labels: readonly string[], groups: Int32Array): Agreement {
  return {
    nmi: normalizedMutualInformation(labels, groups),
    ari: adjustedRandIndex(labels, groups),
    f1: f1Score(labels, groups).micro,
    groups: new Set(groups).size,
  };
}

/** Returns the rows of one method, with mean and standard error over the seeds. */
export function trainingRows(method: string, trainings: readonly TrainingRow[]): StudyRow[] {
  const row = (name: string, of: readonly Agreement[]): StudyRow => ({
    supervision: "none",
    method: `${method}, ${name}`,
    headline: false,
    nmi: estimate(of.map(({ nmi }) => nmi)),
    ari: estimate(of.map(({ ari }) => ari)),
    f1: estimate(of.map(({ f1 }) => f1)),
  });
  return [
    row("last epoch", trainings.map(({ last }) => last)),
    row("best epoch by the labels", trainings.map(({ best }) => best)),
  ];
}
