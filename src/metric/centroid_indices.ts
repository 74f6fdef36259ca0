// Internal measures that need the points themselves, because they describe each group by its centroid.

import { ensure } from "../errors.ts";
import type { Embeddings } from "../types.ts";

interface Group {
  readonly members: number[];
  readonly centroid: Float64Array;
}

function groupsOf({ data, count, channels }: Embeddings, labels: ArrayLike<number>): Group[] {
  ensure(labels.length === count, `${labels.length} labels do not fit ${count} points`);
  const groups = new Map<number, Group>();
  for (let i = 0; i < count; i++) {
    let group = groups.get(labels[i]);
    if (!group) groups.set(labels[i], group = { members: [], centroid: new Float64Array(channels) });
    group.members.push(i);
    for (let channel = 0; channel < channels; channel++) group.centroid[channel] += data[i * channels + channel];
  }
  for (const { members, centroid } of groups.values()) {
    for (let channel = 0; channel < channels; channel++) centroid[channel] /= members.length;
  }
  ensure(groups.size >= 2 && groups.size < count, `${groups.size} groups of ${count} points cannot be measured`);
  return [...groups.values()];
}

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] - b[at]) ** 2;
  return sum;
}

function point({ data, channels }: Embeddings, at: number): ArrayLike<number> {
  return data.subarray(at * channels, (at + 1) * channels);
}

/**
 * Davies–Bouldin index (1979), from 0 on: for each group, the worst ratio of scatter to the distance between centroids;
 * then the mean over the groups. Lower is better.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless there are 2 … count − 1 groups.
 */
export function daviesBouldin(points: Embeddings, labels: ArrayLike<number>): number {
  const groups = groupsOf(points, labels);
  const scatter = groups.map(({ members, centroid }) => {
    return members.reduce((sum, i) => sum + Math.sqrt(squaredDistance(point(points, i), centroid)), 0) / members.length;
  });
  const worst = groups.map((group, a) => {
    return Math.max(...groups.map((other, b) => {
      const between = Math.sqrt(squaredDistance(group.centroid, other.centroid));
      return a === b || between === 0 ? 0 : (scatter[a] + scatter[b]) / between;
    }));
  });
  return worst.reduce((sum, value) => sum + value, 0) / groups.length;
}

/**
 * Caliński–Harabasz index (1974), from 0 on: the ratio of the variance between groups to the variance within groups,
 * each divided by its degrees of freedom. Higher is better. Without any variance within groups it is 1, as in
 * scikit-learn.
 *
 * @throws {AnomalyClusterError} `bad-argument` unless there are 2 … count − 1 groups.
 */
export function calinskiHarabasz(points: Embeddings, labels: ArrayLike<number>): number {
  const groups = groupsOf(points, labels);
  const { count, channels } = points;
  const mean = new Float64Array(channels);
  for (const { members, centroid } of groups) {
    for (let channel = 0; channel < channels; channel++) mean[channel] += centroid[channel] * members.length / count;
  }
  let [between, within] = [0, 0];
  for (const { members, centroid } of groups) {
    between += members.length * squaredDistance(centroid, mean);
    for (const i of members) within += squaredDistance(point(points, i), centroid);
  }
  return within === 0 ? 1 : between * (count - groups.length) / (within * (groups.length - 1));
}
