// What the program gives up of its permissions.

/** Gives the network up unless the command line asks for it: what runs then cannot send anything anywhere. */
export function giveUpNetwork([command, ...options]: readonly string[]): void {
  const isAsked = options.some((option) => option === "--queue" || option.startsWith("--queue="));
  if (command === "cluster" && !isAsked) Deno.permissions.revokeSync({ name: "net" });
}
