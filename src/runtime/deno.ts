// Deno's permissions, which no other runtime has.

interface DenoLike {
  readonly permissions?: {
    querySync(descriptor: { name: "ffi" }): { readonly state: string };
    revokeSync(descriptor: { name: "net" }): void;
  };
}

const { Deno: deno } = globalThis as { Deno?: DenoLike };

/** Whether this is Deno. */
export const isDeno: boolean = deno !== undefined;

/** Whether native code may be loaded. */
export function mayLoadNative(): boolean {
  return !deno?.permissions || deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

/** Gives the network up for good, where that can be done. */
export function giveUpNetwork(): void {
  deno?.permissions?.revokeSync({ name: "net" });
}
