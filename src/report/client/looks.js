// Describes in words how the defects of a group look, only from what was measured. It says nothing about causes.

/**
 * The measurements of an image's defect. `Defect` and `DefectLook` describe the numbers.
 * @typedef {{
 *   photoWidth: number, photoHeight: number, left: number, top: number, width: number, height: number,
 *   area?: number, diameter?: number, elongation?: number, orientation?: number, extent?: number, parts?: number,
 *   lightness?: number, brighter?: number, chroma?: number, hue?: number, edge?: number, x?: number, y?: number,
 * }} MeasuredDefect
 */

/**
 * A word that describes most images of a group, with the share of the group and the share of all other images that it
 * describes. @typedef {{ word: string, share: number, others: number }} LookWord
 */

/**
 * The look of a group: a sentence, its words, and how many of its images show something that could be measured.
 * @typedef {{ text: string, words: LookWord[], measured: number }} Looks
 */

// A word is used for a group if it describes at least this share of the group's images.
const MOST = 2 / 3;

// A word sets a group apart if its share in the group exceeds its share in the others by this much.
const APART = 0.3;

// Shares of the photo's area, for the box around a defect.
const [SMALL, LARGE, WHOLE] = [0.01, 0.1, 0.6];

// Differences that one sees at a glance, in units of CIELAB.
const [SEEN_LIGHTNESS, SEEN_CHROMA] = [5, 8];

// Names of colour differences, each with the hue where it begins, in degrees of CIELAB.
const COLOURS = [[20, "reddish"], [62, "brownish"], [110, "greenish"], [165, "blue-green"], [225, "bluish"], [
  315,
  "purple",
], [350, "pinkish"]];

// Each entry describes one property. An image gets at most one word from each.
const PROPERTIES = [
  ({ photoWidth, photoHeight, width, height }) => {
    const share = width * height / (photoWidth * photoHeight);
    return share <= SMALL ? "small" : share >= WHOLE ? "over the whole photo" : share >= LARGE ? "large" : undefined;
  },
  ({ lightness, brighter, chroma }) => {
    if (chroma < SEEN_CHROMA && brighter > 0.25 && brighter < 0.75) return "with a light and a dark side";
    return lightness <= -SEEN_LIGHTNESS ? "dark" : lightness >= SEEN_LIGHTNESS ? "bright" : undefined;
  },
  ({ chroma, hue, lightness }) => {
    if (chroma < SEEN_CHROMA) return undefined;
    const name = (COLOURS.findLast(([from]) => hue >= from) ?? COLOURS[COLOURS.length - 1])[1];
    return name === "brownish" && lightness > 0 ? "yellowish" : name;
  },
  ({ elongation, extent, parts, brighter }) => {
    if (parts >= 5) return "many spots";
    if (elongation >= 3) return "long";
    const halves = parts <= 2 && brighter > 0.25 && brighter < 0.75;
    return elongation <= 1.6 && (parts === 1 && extent >= 0.6 || halves) ? "round" : undefined;
  },
  ({ edge, diameter, parts }) => {
    if (parts >= 5 || edge === undefined) return undefined;
    return edge >= 0.3 * diameter && edge > 6
      ? "soft-edged"
      : edge <= Math.max(4.5, 0.2 * diameter)
      ? "sharp-edged"
      : undefined;
  },
  ({ orientation, elongation, parts }) => {
    if (parts >= 5 || elongation < 3) return undefined;
    return Math.min(orientation, 180 - orientation) <= 20
      ? "lying"
      : Math.abs(orientation - 90) <= 20
      ? "upright"
      : undefined;
  },
];

// Returns where in the photo the defect is.
function placeOf({ photoWidth, photoHeight, left, top, width, height }) {
  const [x, y] = [(left + width / 2) / photoWidth, (top + height / 2) / photoHeight];
  const atEdge = left <= 1 || top <= 1 || left + width >= photoWidth - 1 || top + height >= photoHeight - 1;
  if (atEdge) return "at the edge of the photo";
  const [column, row] = [x < 1 / 3 ? "left" : x > 2 / 3 ? "right" : "", y < 1 / 3 ? "top" : y > 2 / 3 ? "bottom" : ""];
  if (!column && !row) return "in the middle of the photo";
  return `at the ${[row, column].filter(Boolean).join(" ")}`;
}

// Returns the words of one image, with the place on its own.
function wordsOf(defect) {
  if (defect?.area === undefined) return { words: [], place: undefined };
  const words = PROPERTIES.map((wordFor) => wordFor(defect)).filter(Boolean);
  return { words, place: words.includes("over the whole photo") ? undefined : placeOf(defect) };
}

// Least standard deviation of places that count as spread, as a share of the photo: three fifths of that of a uniform
// distribution.
const SPREAD = 0.6 / Math.sqrt(12);

// Whether the places of defects are spread over the photo in both directions.
function isSpread(defects) {
  if (defects.length < 5) return false;
  return [
    ({ left, width, photoWidth }) => (left + width / 2) / photoWidth,
    ({ top, height, photoHeight }) => (top + height / 2) / photoHeight,
  ].every((placeOn) => {
    const places = defects.map(placeOn);
    const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
    return Math.sqrt(places.reduce((sum, place) => sum + (place - mean) ** 2, 0) / places.length) > SPREAD;
  });
}

/**
 * Describes each group. A word is used if it describes at least two thirds of the group's images, including those that
 * show nothing. If no word does, the text is empty.
 * @param {readonly { members: readonly number[] }[]} groups
 * @param {readonly { defect?: MeasuredDefect }[]} images
 * @returns {Looks[]}
 */
export function groupLooks(groups, images) {
  const found = images.map(({ defect }) => wordsOf(defect));
  const all = groups.map(({ members }) => countsOf(members.map((member) => found[member])));
  const totals = countsOf(groups.flatMap(({ members }) => members.map((member) => found[member])));
  const count = groups.reduce((sum, { members }) => sum + members.length, 0);
  return groups.map(({ members }, at) => {
    const holds = [...all[at]].filter(([, { images }]) => images >= MOST * members.length);
    const rest = count - members.length;
    const words = holds.map(([word, { images, order }]) => ({
      word,
      share: images / members.length,
      others: rest ? ((totals.get(word)?.images ?? 0) - images) / rest : 0,
      order,
    })).sort((a, b) => a.order - b.order).map(({ order: _, ...word }) => word);
    const measured = members.filter((member) => images[member].defect?.area !== undefined);
    const isSaid = words.length > 0;
    const anywhere = isSaid && !words.some(({ word }) => PLACES.test(word)) &&
      measured.length >= MOST * members.length &&
      isSpread(measured.map((member) => images[member].defect));
    return { text: sentence(words, anywhere), words, measured: measured.length };
  });
}

const PLACES = /^(at|in|over) the /;

// Returns how many images each word describes, and its place in a sentence.
function countsOf(found) {
  const counts = new Map();
  const add = (word, order) => counts.set(word, { images: (counts.get(word)?.images ?? 0) + 1, order });
  for (const { words, place } of found) {
    for (const word of words) add(word, ORDER.indexOf(word));
    if (place) add(place, ORDER.length);
  }
  return counts;
}

const ORDER = [
  "small",
  "large",
  "dark",
  "bright",
  "reddish",
  "brownish",
  "yellowish",
  "greenish",
  "blue-green",
  "bluish",
  "purple",
  "pinkish",
  "many spots",
  "long",
  "round",
  "sharp-edged",
  "soft-edged",
  "lying",
  "upright",
  "with a light and a dark side",
  "over the whole photo",
];

function sentence(words, anywhere) {
  const [places, others] = [
    words.filter(({ word }) => PLACES.test(word)),
    words.filter(({ word }) => !PLACES.test(word)),
  ];
  const said = [others.map(({ word }) => word).join(", "), ...places.map(({ word }) => word), anywhere && "anywhere"];
  const text = said.filter(Boolean).join("; ");
  return text && text[0].toUpperCase() + text.slice(1);
}

/**
 * Returns a short name for a group: the words that set it apart or, without such words, all words but the place.
 * @param {Looks} looks @returns {string} empty if there are no words
 */
export function nameByLooks({ words }) {
  const apart = words.filter(({ share, others }) => share - others >= APART);
  return (apart.length ? apart : words.filter(({ word }) => !PLACES.test(word))).map(({ word }) => word).join(", ");
}

/**
 * Whether a word sets its group apart from the others.
 * @param {LookWord} word @returns {boolean}
 */
export function tellsApart({ share, others }) {
  return share - others >= APART;
}
