// Cores of the machine, which no permission is needed to ask for.

interface Machine {
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly process?: { getBuiltinModule?(name: string): { availableParallelism(): number } | undefined };
}

/** How many there are; 1 where nobody knows. Node has no navigator before version 21. */
export function availableCores(): number {
  const { navigator, process } = globalThis as Machine;
  return navigator?.hardwareConcurrency ?? process?.getBuiltinModule?.("node:os")?.availableParallelism() ?? 1;
}
