// Gives up the permission for the network if it is not needed.

import { giveUpNetwork } from "../../runtime/deno.ts";
import { isHubAddress } from "../network/hub/reference.ts";

/**
 * For `cluster`, gives up the permission for the network unless the command line asks for it. After that, no code of
 * the program can send anything anywhere. With `--config` the permission is kept for now, because the file may name a
 * network of the hub. Then {@linkcode giveUpUnneeded} decides.
 */
export function giveUpUnasked([command, ...options]: readonly string[]): void {
  const isAsked = options.some((option, at) => {
    const [name, value = options[at + 1] ?? ""] = option.split(/=(.*)/s);
    return name === "--queue" || name === "--config" || name === "--model" && isHubAddress(value);
  });
  if (command === "cluster" && !isAsked) giveUpNetwork();
}

/** Gives up the permission for the network unless the options need it. Call it when all options are known. */
export function giveUpUnneeded({ queue, model = "" }: { readonly queue?: string; readonly model?: string }): void {
  if (queue === undefined && !isHubAddress(model)) giveUpNetwork();
}
