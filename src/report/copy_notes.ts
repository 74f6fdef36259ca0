// The report's remarks on images that are copies of others.

import { countOf } from "./client/text.js";
import type { GroupsFile } from "./result.ts";

/** Returns a sentence on equal images and one on nearly equal images, each only if there are any. */
export function copyNotes(images: GroupsFile["images"]): string[] {
  const equal = images.flatMap(({ copyOf }) => copyOf === undefined ? [] : [copyOf]);
  const near = images.flatMap(({ nearCopyOf }) => nearCopyOf === undefined ? [] : [nearCopyOf]);
  const are = ({ length }: readonly string[], noun: string) => {
    return `${countOf(length, "image")} ${length === 1 ? `is a ${noun}` : `are ${noun.replace(/y$/, "ies")}`}`;
  };
  const others = (firsts: readonly string[]) => countOf(new Set(firsts).size, "other");
  return [
    ...(equal.length ? [`${are(equal, "copy")} of ${others(equal)}: equal images count once and share a group.`] : []),
    ...(near.length
      ? [`${are(near, "near copy")} of ${others(near)}, as photos taken in a row are: look whether they are one part.`]
      : []),
  ];
}
