// What the program gives up of its permissions.

import { giveUpNetwork } from "../deno.ts";

/** Gives the network up unless the command line asks for it: what runs then cannot send anything anywhere. */
export function giveUpUnasked([command, ...options]: readonly string[]): void {
  const isAsked = options.some((option) => option === "--queue" || option.startsWith("--queue="));
  if (command === "cluster" && !isAsked) giveUpNetwork();
}
