// Runs work with integers of a chosen width, whatever width the program would choose.

import { LARGEST_NORM } from "../../src/core/byte_quantisation.ts";
import { KEY_BITS } from "../../src/core/generated/structures.ts";
import { type CoreExports, newCore } from "../../src/core/instance.ts";
import { type NearestReferences, referencePlans } from "../../src/core/patch_kernel.ts";
import { quadQuantisation } from "../../src/core/quad_quantisation.ts";
import { taskRunner } from "../../src/core/tasks/task_runner.ts";
import type { Work } from "../../src/core/tasks/work.ts";
import type { PatchSet } from "../../mod.ts";

function by16Bits(work: Work): Work {
  return work.kind === "projection" ? work : { ...work, quads: undefined };
}

function by8Bits(work: Work): Work {
  // Work against references already uses 8 bits where it can.
  if (work.kind !== "pairs") return work;
  const { images, quantisation: { centre, scale }, shared, output } = work;
  const both = output.kind === "hausdorff" || output.kind === "largest";
  const settings = { centre, radius: LARGEST_NORM / scale, bits: both ? 0 : KEY_BITS, shared, both };
  return { ...work, quads: quadQuantisation([images], settings) };
}

/**
 * Functions that set the width of the integers; against references they set the width of the sums. The 8-bit one is
 * there only if the processor and the engine multiply four bytes at once.
 */
export const INTEGERS: Record<string, (work: Work) => Work> = { "16 bits": by16Bits };
if (newCore().multipliesBytes()) INTEGERS["8 bits"] = by8Bits;
else console.warn("this processor does not multiply fours of bytes: they are not tested");

/** Returns the nearest references of a set's patches, computed on cores of some kind. */
export function nearestBy(
  integers: (work: Work) => Work,
  patches: PatchSet,
  references: PatchSet,
  coreOf: () => CoreExports = newCore,
): NearestReferences {
  const steps = referencePlans(patches, references);
  let step = steps.next();
  while (!step.done) {
    const runner = taskRunner(coreOf(), integers(step.value.workForThread(false)));
    for (const task of step.value.tasks) runner.run(task);
    step = steps.next(step.value.result());
  }
  return step.value;
}
