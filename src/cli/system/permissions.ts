// What the program gives up of its permissions.

import { giveUpNetwork } from "../../runtime/deno.ts";
import { isHubAddress } from "../network/hub/reference.ts";

/**
 * Gives the network up unless the command line asks for it: what runs then cannot send anything anywhere. A file of
 * options may name a network of the hub: {@linkcode giveUpUnneeded} goes by what is in it.
 */
export function giveUpUnasked([command, ...options]: readonly string[]): void {
  const isAsked = options.some((option, at) => {
    const [name, value = options[at + 1] ?? ""] = option.split(/=(.*)/s);
    return name === "--queue" || name === "--config" || name === "--model" && isHubAddress(value);
  });
  if (command === "cluster" && !isAsked) giveUpNetwork();
}

/** The same once all options are known. */
export function giveUpUnneeded({ queue, model = "" }: { readonly queue?: string; readonly model?: string }): void {
  if (queue === undefined && !isHubAddress(model)) giveUpNetwork();
}
