// Makes folder names for groups. People may give a group any name, but file systems do not accept every name.

import type { GroupsFile } from "./result.ts";

/**
 * Longest name in characters. That is at most 240 bytes, below the 255 that file systems accept, with room for a
 * number.
 */
const LONGEST = 60;

/** Names that Windows reserves for devices, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * Returns the folder of each group, by the group's number. Each name is safe, and no two differ only in the case of
 * letters.
 */
export function groupFolders(groups: GroupsFile["groups"]): Map<number, string> {
  const taken = new Set<string>();
  return new Map(groups.map(({ group, name }) => {
    const base = folderName(name ?? "") || `group-${group}`;
    let folder = base;
    for (let copy = 2; taken.has(folder.toLowerCase()); copy++) folder = `${base} (${copy})`;
    taken.add(folder.toLowerCase());
    return [group, folder];
  }));
}

/** Returns a name that no file system reads as a path, a device or a hidden file. Empty when nothing is left of it. */
function folderName(name: string): string {
  const plain = name.normalize("NFC").replace(/[\p{C}\\/:*?"<>|]/gu, "_");
  const short = [...plain].slice(0, LONGEST).join("").replace(/^[. ]+|[. ]+$/g, "");
  return RESERVED.test(short) ? `_${short}` : short;
}
