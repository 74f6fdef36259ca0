// Work on pairs by integers of one width, whatever the program would choose.

import assert from "node:assert/strict";
import { newCore } from "../src/core/instance.ts";
import { LARGEST_NORM } from "../src/core/byte_quantisation.ts";
import type { PairWork, Work } from "../src/core/patch_tasks.ts";
import { quadQuantisation } from "../src/core/quad_quantisation.ts";

function by16Bits(work: Work): PairWork {
  assert(work.kind === "pairs");
  return { ...work, quads: undefined };
}

function by8Bits(work: Work): PairWork {
  assert(work.kind === "pairs");
  const { images, quantisation: { centre, scale }, bits, shared, output } = work;
  const both = output.kind === "hausdorff" || output.kind === "largest";
  const settings = { centre, radius: LARGEST_NORM / scale, bits: both ? 0 : bits, shared, both };
  return { ...work, quads: quadQuantisation(images, settings) };
}

/** By width; that of 8 bits only where the processor, and the engine, multiply fours of bytes at once. */
export const INTEGERS: Record<string, (work: Work) => PairWork> = { "16 bits": by16Bits };
if (newCore().multipliesBytes()) INTEGERS["8 bits"] = by8Bits;
else console.warn("this processor does not multiply fours of bytes: pairs are not tested by 8-bit integers");
