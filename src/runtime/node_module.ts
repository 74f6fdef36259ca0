// Node's own modules, which Deno, Node and Bun have, and browsers and edge workers have not.

/** The module of a name, as `node:os`; nothing where the runtime has none. */
export function nodeModule<Module>(name: string): Module | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.(name) as Module | undefined;
}
