// Groups of images that no label explains: kinds that nobody has named yet.

/** Images that make a kind at least; and that as a share of those of a group on average, as splinters of a kind are small. */
const [FEWEST_OF_A_KIND, LEAST_PART] = [3, 0.4];
/** Labels of a kind from which on few images lie far from all of them. */
const SOME_LABELS = 5;
/** Share of the images beside labelled ones that lie nearer to these than a new kind does: with some labels, and with few. */
const [USUAL_SHARE, USUAL_SHARE_OF_FEW] = [0.9, 0.95];

/**
 * Numbers of groups into which the images' tree is to be cut: fine ones, each of one kind; and coarse ones, in which fine
 * groups of one kind meet again.
 * @param {number} kinds that have labels
 * @param {number} count images
 * @returns {{ fine: number, coarse: number }}
 */
export function cutsForNewKinds(kinds, count) {
  return { fine: Math.min(count, Math.round(1.5 * (kinds + 1))), coarse: Math.min(count, kinds + 1) };
}

/**
 * Finds kinds that have no label (generalised category discovery: Vaze et al. 2022): groups without any labelled image
 * that lie farther from all labelled ones than images usually do that are in groups with some.
 *
 * @param {{ data: Float32Array, count: number, dims: number }} points each of length 1
 * @param {readonly number[]} labelled
 * @param {number} kinds of these
 * @param {ArrayLike<number>} fine group of each image, by a fine cut of their tree
 * @param {ArrayLike<number>} coarse the same by a coarse cut
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

/** Squared distance to the nearest of some images. */
function nearestOf({ data, dims }, image, others) {
  let least = Infinity;
  for (const other of others) {
    let squared = 0;
    // The rest of the numbers is left out once it is farther than another.
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
