// Groups from a groups.json, or as a person edited them in the report.

import { AnomalyClusterError } from "../errors.ts";
import type { GroupsFile } from "../report/result.ts";
import { fromUser } from "./arguments.ts";

/** The groups of the file that an option names. Throws `bad-argument`. */
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
    text = Deno.readTextFileSync(fromUser(name));
  } catch (cause) {
    throw refuse("cannot be read", cause);
  }
  try {
    const file = JSON.parse(text);
    const numbers = new Set(file.groups.map(({ group }: { group: unknown }) => group));
    const isWhole = file.format === "anomaly-cluster-groups/1" &&
      file.groups.every(({ group, name }: Record<string, unknown>) =>
        Number.isInteger(group) && (name === undefined || typeof name === "string")
      ) &&
      file.images.every(({ path, group }: Record<string, unknown>) => typeof path === "string" && numbers.has(group));
    if (isWhole) return file;
  } catch (cause) {
    throw refuse("holds no groups", cause);
  }
  throw refuse("holds no groups");
}
