// Cores of the machine, which no permission is needed to ask for.

import { nodeModule } from "../node_module.ts";

interface Machine {
  readonly navigator?: { readonly hardwareConcurrency?: number };
}

/** How many there are; 1 where nobody knows. Node has no navigator before version 21. */
export function availableCores(): number {
  const { navigator } = globalThis as Machine;
  const os = () => nodeModule<{ availableParallelism(): number }>("node:os");
  return navigator?.hardwareConcurrency ?? os()?.availableParallelism() ?? 1;
}
