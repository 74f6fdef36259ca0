// How many cores the machine has. Asking needs no permission.

import { nodeModule } from "../runtime/node_module.ts";

interface Machine {
  readonly navigator?: { readonly hardwareConcurrency?: number };
}

/**
 * The number of cores; 1 where the runtime does not say. Node 20 has no `navigator`, so there a function of `node:os`
 * is asked.
 */
export function availableCores(): number {
  const { navigator } = globalThis as Machine;
  const os = () => nodeModule<{ availableParallelism(): number }>("node:os");
  return navigator?.hardwareConcurrency ?? os()?.availableParallelism() ?? 1;
}
