// Finds groups of images from the tree and the rounded distances in the report.

/**
 * Decodes base64.
 * @param {string} text @returns {Uint8Array<ArrayBuffer>}
 */
export function decodeBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/**
 * Returns a function that reads a distance from a packed upper triangle of a distance matrix.
 * @param {{ bits: number, largest: number, data: string }} packed
 * @param {number} count images
 * @returns {(i: number, j: number) => number}
 */
export function distanceReader({ bits, largest, data }, count) {
  const bytes = decodeBase64(data);
  const shares = bits === 16 ? new Uint16Array(bytes.buffer) : bytes;
  const unit = largest / (2 ** bits - 1);
  return (i, j) => {
    if (i === j) return 0;
    const [low, high] = i < j ? [i, j] : [j, i];
    return shares[low * (2 * count - low - 1) / 2 + high - low - 1] * unit;
  };
}

/**
 * Returns the k groups that are left when the last k − 1 merges are undone, the largest first. Of equally large groups
 * the one with the higher mean score comes first, then the one with the first image.
 * @param {readonly number[]} pairs the two clusters of each merge, alternating, in SciPy's convention
 * @param {readonly number[]} scores of the images
 * @param {number} k
 * @returns {number[][]} the images of each group
 */
export function cutTree(pairs, scores, k) {
  const count = scores.length;
  const group = Array.from({ length: 2 * count - 1 }, (_, cluster) => cluster);
  for (let t = count - k - 1; t >= 0; t--) group[pairs[t * 2]] = group[pairs[t * 2 + 1]] = group[count + t];
  const groups = new Map();
  for (let image = 0; image < count; image++) {
    if (!groups.has(group[image])) groups.set(group[image], []);
    groups.get(group[image]).push(image);
  }
  const total = (members) => members.reduce((sum, image) => sum + scores[image], 0);
  return [...groups.values()].sort((a, b) => b.length - a.length || total(b) - total(a) || a[0] - b[0]);
}

/**
 * Returns the member with the smallest sum of distances to the others.
 * @param {readonly number[]} members ascending
 * @param {(i: number, j: number) => number} distance
 * @returns {number}
 */
export function medoidOf(members, distance) {
  let [best, medoid] = [Infinity, members[0]];
  for (const i of members) {
    let sum = 0;
    for (const j of members) sum += distance(i, j);
    if (sum < best) [best, medoid] = [sum, i];
  }
  return medoid;
}

/**
 * Returns the silhouette of each image (Rousseeuw 1987), from −1 to 1. It is 0 for an image alone in its group, and for
 * all images if there is a single group.
 * @param {readonly (readonly number[])[]} groups
 * @param {(i: number, j: number) => number} distance
 * @param {number} count images
 * @returns {Float64Array}
 */
export function silhouettes(groups, distance, count) {
  const values = new Float64Array(count);
  if (groups.length < 2) return values;
  groups.forEach((members, own) => {
    if (members.length < 2) return;
    for (const i of members) {
      let within = 0;
      let nearest = Infinity;
      groups.forEach((others, group) => {
        let sum = 0;
        for (const j of others) sum += distance(i, j);
        if (group === own) within = sum / (members.length - 1);
        else nearest = Math.min(nearest, sum / others.length);
      });
      const wider = Math.max(within, nearest);
      if (wider > 0) values[i] = (nearest - within) / wider;
    }
  });
  return values;
}
