// Node's built-in modules. Deno, Node and Bun have them; browsers and edge workers do not.

/** Returns a module by name, such as `node:os`; undefined if the runtime has no such modules. */
export function nodeModule<Module>(name: string): Module | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  return process?.getBuiltinModule?.(name) as Module | undefined;
}
