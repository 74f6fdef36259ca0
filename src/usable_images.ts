// Checks whether enough images can be used.

import { AnomalyClusterError } from "./errors.ts";
import { countOf } from "./report/client/text.js";

/**
 * Throws `too-few-images` if fewer than 2 of the given images can be used, and `bad-argument` if there are fewer than
 * groups.
 *
 * @param words for the messages: the name of the option for the number of groups, where the images are, and why some
 * cannot be used.
 */
export function checkUsable(
  usable: number,
  given: number,
  k: number | "auto",
  words: { readonly k: string; readonly place?: string; readonly reason?: string },
): void {
  if (usable < 2) {
    const place = words.place === undefined ? "" : `${words.place}: `;
    const message = `${place}${usable} of ${countOf(given, "image")} can be used${words.reason ?? ""}`;
    throw new AnomalyClusterError("too-few-images", `${message}: at least 2 are needed`);
  }
  if (k !== "auto" && k > usable) {
    const message = `${words.k} is ${k}, more than the ${usable} usable images: choose at most ${usable}`;
    throw new AnomalyClusterError("bad-argument", message);
  }
}
