// Finds groups of images that no label explains: kinds that nobody has labelled yet.

/**
 * Fewest images of a new kind: as a number, and as a share of the mean size of a group. Splinters of a known kind are
 * smaller.
 */
const [FEWEST_OF_A_KIND, LEAST_PART] = [3, 0.4];
/** With this many labels a kind, on average, few images lie far from all labelled ones. */
const SOME_LABELS = 5;
/**
 * A new kind must lie farther from the labelled images than this share of the unlabelled images in groups with labels.
 * The first share holds from SOME_LABELS labels a kind on, the second below.
 */
const [USUAL_SHARE, USUAL_SHARE_OF_FEW] = [0.9, 0.95];

/**
 * Returns the numbers of groups to cut the images' tree into. Each group of the fine cut should be of one kind. In the
 * coarse cut the fine groups of one kind come together again.
 * @param {number} kinds that have labels
 * @param {number} count images
 * @returns {{ fine: number, coarse: number }}
 */
export function cutsForNewKinds(kinds, count) {
  return { fine: Math.min(count, Math.round(1.5 * (kinds + 1))), coarse: Math.min(count, kinds + 1) };
}

/**
 * Finds kinds that have no label (generalised category discovery: Vaze et al. 2022). These are groups without a
 * labelled image that lie farther from all labelled images than images in groups with labels usually do.
 *
 * @param {{ data: Float32Array, count: number, dims: number }} points each of length 1
 * @param {readonly number[]} labelled images with labels
 * @param {number} kinds of the labelled images
 * @param {ArrayLike<number>} fine group of each image in a fine cut of the images' tree
 * @param {ArrayLike<number>} coarse the same in a coarse cut
 * @returns {Int32Array} for each image the new kind, from 0, or −1
 */
export function findNewKinds(points, labelled, kinds, fine, coarse) {
  const { count } = points;
  const found = new Int32Array(count).fill(-1);
  const explained = new Set(labelled.map((image) => fine[image]));
  const isLabelled = new Set(labelled);
  const nearest = Array.from(
    { length: count },
    (_, image) => isLabelled.has(image) ? 0 : nearestOf(points, image, labelled),
  );
  const share = labelled.length < SOME_LABELS * kinds ? USUAL_SHARE_OF_FEW : USUAL_SHARE;
  const usual = quantileOf(nearest.filter((_, at) => explained.has(fine[at]) && !isLabelled.has(at)), share);
  const members = new Map();
  for (let image = 0; image < count; image++) {
    if (explained.has(fine[image])) continue;
    if (!members.has(fine[image])) members.set(fine[image], []);
    members.get(fine[image]).push(image);
  }
  const groups = new Set(fine).size;
  const fewest = Math.max(FEWEST_OF_A_KIND, LEAST_PART * count / groups);
  const numbers = new Map();
  for (const images of members.values()) {
    if (images.length < fewest || quantileOf(images.map((image) => nearest[image]), 0.5) <= usual) continue;
    const together = coarse[images[0]];
    if (!numbers.has(together)) numbers.set(together, numbers.size);
    for (const image of images) found[image] = numbers.get(together);
  }
  return found;
}

/** Returns the squared distance to the nearest of some images. */
function nearestOf({ data, dims }, image, others) {
  let least = Infinity;
  for (const other of others) {
    let squared = 0;
    // Stops as soon as the image is farther than the nearest one so far.
    for (let dim = 0; dim < dims && squared < least; dim++) {
      const difference = data[image * dims + dim] - data[other * dims + dim];
      squared += difference * difference;
    }
    least = Math.min(least, squared);
  }
  return least;
}

function quantileOf(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length > 0 ? sorted[Math.floor(share * (sorted.length - 1))] : 0;
}
