// Deno's permissions. No other runtime has these.

interface DenoLike {
  readonly permissions?: {
    querySync(descriptor: { name: "ffi" }): { readonly state: string };
    revokeSync(descriptor: { name: "net" }): void;
  };
}

const { Deno: deno } = globalThis as { Deno?: DenoLike };

/** Whether this is Deno. */
export const isDeno: boolean = deno !== undefined;

/** Whether native code may be loaded. In other runtimes it always may. */
export function mayLoadNative(): boolean {
  return !deno?.permissions || deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

/** Gives up access to the network for good, if the runtime can do that. */
export function giveUpNetwork(): void {
  deno?.permissions?.revokeSync({ name: "net" });
}
