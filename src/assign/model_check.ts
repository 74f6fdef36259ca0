// Whether a stored model's groups are what they should be and fit its description, before anything is computed from them.

import { isCount, isListOf, shapesOf, vectorLength } from "../describe/description_check.ts";
import type { ModelRecord } from "./model_record.ts";

/** Checks what a model has besides its description. May throw a TypeError where something is missing. */
export function areGroupsConsistent(record: ModelRecord): boolean {
  const { patches, groups, medoids, radii, arrays } = record;
  const [images, channels] = shapesOf(arrays)("embeddings") ?? [];
  return images === groups.length && isCount(images) && isCount(channels) &&
    isListOf(radii, (radius) => Number.isFinite(radius) && (radius as number) >= 0) &&
    radii.length === medoids.length &&
    isListOf(groups, (group) => Number.isInteger(group) && radii[group as number] !== undefined) &&
    isListOf(medoids, (medoid) => groups[medoid as number] !== undefined) &&
    vectorLength(record, patches) === channels;
}
