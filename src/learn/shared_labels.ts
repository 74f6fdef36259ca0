// Shares labels among copies of an image, so that each set of copies is learned from once.

/** Labels of images, some of which are copies of others. */
export interface SharedLabels {
  /** The labels to learn from: one for each set of copies, −1 elsewhere. */
  readonly taught: Int32Array;
  /** The kind of each image that has a label or is a copy of one that has; −1 elsewhere. */
  readonly known: Int32Array;
  /** Pairs of equal images with different labels. The label of the first one counts. */
  readonly contradictions: readonly { readonly first: number; readonly other: number }[];
}

/**
 * Gives copies the labels of their originals. Equal images are of one kind. Nearly equal images share a label unless
 * they have different ones: a person may label one photo of a burst differently from the rest. Then each label counts
 * for its own photo only.
 *
 * @param labels for each image its kind, from 0; −1 for an image without a label.
 * @param firsts for each image the first one that is equal to it, as `clusterPatches` returns it. Absent if all differ.
 * @param near for each image the first one of its burst, as `nearCopies` returns it. Absent if there are no bursts.
 */
export function shareLabels(labels: ArrayLike<number>, firsts?: Int32Array, near?: Int32Array): SharedLabels {
  const count = labels.length;
  const [taught, known] = [new Int32Array(count).fill(-1), new Int32Array(count).fill(-1)];
  const contradictions: { first: number; other: number }[] = [];
  const labelledOf = new Map<number, number>(); // The first labelled image of each set of equal ones.
  for (let image = 0; image < count; image++) {
    if (labels[image] < 0) continue;
    const set = firsts?.[image] ?? image;
    const first = labelledOf.get(set);
    if (first === undefined) labelledOf.set(set, image);
    else if (labels[first] !== labels[image]) contradictions.push({ first, other: image });
  }
  const bursts = new Map<number, number[]>();
  for (const image of labelledOf.values()) {
    const burst = near?.[image] ?? firsts?.[image] ?? image;
    bursts.set(burst, [...bursts.get(burst) ?? [], image]);
  }
  for (const images of bursts.values()) {
    const differ = images.some((image) => labels[image] !== labels[images[0]]);
    for (const image of differ ? images : images.slice(0, 1)) taught[image] = labels[image];
  }
  for (let image = 0; image < count; image++) {
    const set = firsts?.[image] ?? image;
    const own = labelledOf.get(set);
    const burst = bursts.get(near?.[image] ?? set) ?? [];
    if (own !== undefined) known[image] = labels[own];
    else if (burst.length && burst.every((other) => labels[other] === labels[burst[0]])) {
      known[image] = labels[burst[0]];
    }
  }
  return { taught, known, contradictions };
}
