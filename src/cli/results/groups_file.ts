// Reads groups from a groups.json, or from a file that a person edited and exported in the report.

import { readFileSync } from "node:fs";
import { AnomalyClusterError } from "../../errors.ts";
import type { GroupsFile } from "../../report/result.ts";
import { fromUser } from "../options/arguments.ts";

const FORMAT: GroupsFile["format"] = "anomaly-cluster-groups/1";

/** Reads the groups of the file that an option names. Throws `bad-argument`. */
export function readGroups(option: string, name: string): GroupsFile {
  const refuse = (reason: string, cause?: unknown) => {
    return new AnomalyClusterError(
      "bad-argument",
      `${option} ${name} ${reason}: name a groups.json, or a groups-edited.json from a report's Export`,
      { cause },
    );
  };
  let text: string;
  try {
    text = readFileSync(fromUser(name), "utf8");
  } catch (cause) {
    throw refuse("cannot be read", cause);
  }
  let file: GroupsFile;
  try {
    file = JSON.parse(text.replace(/^\ufeff/, "")); // Editors on Windows begin files with this mark.
  } catch (cause) {
    throw refuse("holds no groups", cause);
  }
  const format: unknown = file?.format;
  if (format !== FORMAT && typeof format === "string" && format.startsWith("anomaly-cluster-groups/")) {
    throw refuse(`is of the format ${format}, and ${FORMAT} is needed`);
  }
  if (format !== FORMAT || !areGroups(file.groups) || !areImages(file.images, file.groups)) {
    throw refuse("holds no groups");
  }
  return file;
}

/** Whether these are groups with different whole numbers, whose names, if any, are texts. */
export function areGroups(groups: unknown): groups is GroupsFile["groups"] {
  return Array.isArray(groups) && new Set(groups.map((one) => one?.group)).size === groups.length &&
    groups.every((one) => Number.isInteger(one?.group) && (one.name === undefined || typeof one.name === "string"));
}

function areImages(images: unknown, groups: GroupsFile["groups"]): images is GroupsFile["images"] {
  const numbers = new Set(groups.map(({ group }) => group));
  return Array.isArray(images) && images.every((one) => typeof one?.path === "string" && numbers.has(one.group));
}
