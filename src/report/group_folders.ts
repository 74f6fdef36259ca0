// Names of folders for groups: what people call groups may hold anything, what file systems take may not.

import type { GroupsFile } from "./result.ts";

/** Longest name in characters: at most 240 bytes, under the 255 that file systems take, with room for a number. */
const LONGEST = 60;

/** Names that Windows keeps for devices, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The folder of each group by its number: its name made safe, different from the others whatever the letters' case. */
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

/** One folder's name, that no file system reads as a path, a device or a hidden file; empty when nothing is left. */
function folderName(name: string): string {
  const plain = name.normalize("NFC").replace(/[\p{C}\\/:*?"<>|]/gu, "_");
  const short = [...plain].slice(0, LONGEST).join("").replace(/^[. ]+|[. ]+$/g, "");
  return RESERVED.test(short) ? `_${short}` : short;
}
