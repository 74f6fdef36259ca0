// The tasks that make short vectors of the patches of a block of images.

import type { CoreMemory } from "./core_memory.ts";
import type { ProjectionWork, RunTask } from "./work.ts";

/** Reserves the memory that the tasks need. Returns a function that does one task. */
export function projectionTasks(memory: CoreMemory, work: ProjectionWork): RunTask {
  const { images: { data, count, patches, channels }, block, short } = work;
  const [length, shortLength] = [patches * channels, patches * short.channels];
  const centre = memory.copyIn(work.centre);
  const basis = memory.copyIn(work.basis);
  const source = memory.reserve(length * 4);
  // After the short vectors, the core needs room for four patches as doubles.
  const output = memory.reserve(shortLength * 4 + 16 + channels * 32);
  return ({ a }) => {
    for (let image = a * block; image < Math.min(count, (a + 1) * block); image++) {
      memory.floats(source, length).set(data.subarray(image * length, (image + 1) * length));
      memory.core.projectPatches(source, patches, channels, centre, basis, short.channels - 1, output);
      short.data.set(memory.floats(output, shortLength), image * shortLength);
    }
    return 0;
  };
}
