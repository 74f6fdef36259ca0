// Checks the groups and learned kinds of a stored model before anything is computed from them. Files may be damaged.

import { isCount, isListOf, shapesOf, vectorLength } from "../fitted/fitted_check.ts";
import type { ModelRecord } from "./model_record.ts";

/**
 * Whether a model's groups, medoids, radii and vectors fit each other and its fit. May throw a TypeError where
 * something is missing.
 */
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

/**
 * Whether the learned kinds are consistent; true where there are none. May throw a TypeError where a part is missing.
 */
export function areKindsConsistent({ kinds, groups, radii, arrays }: ModelRecord): boolean {
  if (kinds === undefined) return true;
  const shapeOf = shapesOf(arrays);
  const [means, axes, landmarks, weights] = ["means", "axes", "landmarks", "weights"].map((name) => {
    return shapeOf(`kinds.${name}`);
  });
  const { labels, anchors, sharpness, guessing } = kinds;
  const count = weights?.[1] ?? 0;
  return count >= 2 && count <= radii.length && labels.length === groups.length &&
    isListOf(labels, (label) => Number.isInteger(label) && (label as number) >= -1 && (label as number) < count) &&
    isListOf(anchors, (anchor) => groups[anchor as number] !== undefined) &&
    means?.join() === `${anchors.length}` && axes?.[0] === anchors.length && isCount(axes[1]) &&
    landmarks?.[1] === axes[1] && weights?.[0] === landmarks[0] &&
    Number.isFinite(sharpness) && sharpness > 0 && guessing >= 0 && guessing < 1;
}
