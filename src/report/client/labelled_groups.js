// Forms groups that keep what a person said of images, after a new cut of the tree and after learning.
// A group is { number, name, note, sound, isNew, unseen, members }, with members ascending. "confirmed" maps each image
// that a person confirmed to the number of its group. Groups with confirmed images are kinds.

/**
 * @typedef {{ number: number, name?: string, note?: string, sound?: boolean, isNew?: boolean, unseen?: number,
 * members: number[] }} NumberedGroup
 */

/**
 * Returns the groups that have confirmed images, by number.
 * @template {{ number: number }} T
 * @param {{ groups: readonly T[], confirmed: ReadonlyMap<number, number> }} state
 * @returns {T[]}
 */
export function kindsOf({ groups, confirmed }) {
  const numbers = new Set(confirmed.values());
  return groups.filter(({ number }) => numbers.has(number)).sort((a, b) => a.number - b.number);
}

/**
 * Returns the groups of a new cut, in their order. Confirmed images of one kind stay together: in the group of the cut
 * that has most of the kind's confirmed images, or in a group of their own if that group went to another kind. Other
 * groups keep the name of the old group whose images they mostly hold.
 * @param {readonly number[][]} cut the images of each group
 * @param {{ groups: readonly NumberedGroup[], confirmed: ReadonlyMap<number, number> }} before
 * @returns {{ groups: NumberedGroup[], confirmed: Map<number, number>, moved: number }} "moved" counts the images that
 * are not where the cut has them
 */
export function groupsOfCut(cut, before) {
  const kinds = kindsOf(before);
  if (kinds.length === 0) {
    const groups = cut.map((members, at) => ({ ...describedLike(members, before.groups), number: at + 1, members }));
    return { groups, confirmed: new Map(), moved: 0 };
  }
  const cutOf = new Map(cut.flatMap((members, at) => members.map((member) => [member, at])));
  const pairs = new Map();
  for (const [image, number] of before.confirmed) {
    const pair = `${number} ${cutOf.get(image)}`;
    pairs.set(pair, { number, at: cutOf.get(image), count: (pairs.get(pair)?.count ?? 0) + 1 });
  }
  const placeOf = new Map();
  const taken = new Set();
  for (const { number, at } of [...pairs.values()].sort((a, b) => b.count - a.count || a.number - b.number)) {
    if (placeOf.has(number) || taken.has(at)) continue;
    placeOf.set(number, at);
    taken.add(at);
  }
  const lists = cut.map((members) => members.filter((member) => !before.confirmed.has(member)));
  for (const { number } of kinds) if (!placeOf.has(number)) placeOf.set(number, lists.push([]) - 1);
  let moved = 0;
  for (const [image, number] of before.confirmed) {
    lists[placeOf.get(number)].push(image);
    if (cutOf.get(image) !== placeOf.get(number)) moved++;
  }
  const others = before.groups.filter((group) => !kinds.includes(group));
  const kindAt = new Map(kinds.map((kind) => [placeOf.get(kind.number), kind]));
  const groups = lists.map((members, at) => {
    const { name, note, sound } = kindAt.get(at) ?? describedLike(members, others);
    return { name, note, sound, was: kindAt.get(at)?.number, members: members.sort((a, b) => a - b) };
  }).filter(({ members }) => members.length > 0);
  const numbers = new Map(groups.map(({ was }, at) => [was, at + 1]));
  return {
    groups: groups.map(({ was: _, ...group }, at) => ({ ...group, number: at + 1 })),
    confirmed: new Map([...before.confirmed].map(([image, number]) => [image, numbers.get(number)])),
    moved,
  };
}

/**
 * Returns the groups after learning. Each kind gets the images that resemble it. Groups that were newly found keep
 * number and description of the old group whose images they mostly hold.
 * @param {{ groups: readonly NumberedGroup[], confirmed: ReadonlyMap<number, number> }} before
 * @param {{ groups: ArrayLike<number>, found: number }} learned kinds in the order of `kindsOf`, then groups newly
 * found
 * @returns {{ groups: NumberedGroup[], moved: number, dissolved: NumberedGroup[] }} "moved" counts the images that
 * changed their group, "dissolved" has the named groups that no longer exist
 */
export function groupsLearned(before, learned) {
  const kinds = kindsOf(before);
  const lists = Array.from({ length: kinds.length + learned.found }, () => []);
  Array.from(learned.groups).forEach((group, image) => lists[group].push(image));
  const others = before.groups.filter((group) => !kinds.includes(group));
  let free = Math.max(...before.groups.map(({ number }) => number));
  const groups = lists.map((members, at) => {
    if (at < kinds.length) return { ...kinds[at], isNew: false, members: sameOr(kinds[at].members, members) };
    const alike = others.find((group) => isMostly(members, group.members));
    if (alike) return { ...alike, isNew: true, members: sameOr(alike.members, members) };
    return { number: ++free, isNew: true, members };
  }).filter(({ members }) => members.length > 0);
  const numberNow = new Map(groups.flatMap(({ number, members }) => members.map((member) => [member, number])));
  let moved = 0;
  for (const { number, members } of before.groups) {
    for (const member of members) if (numberNow.get(member) !== number) moved++;
  }
  const left = new Set(groups.map(({ number }) => number));
  return { groups, moved, dissolved: before.groups.filter(({ number, name }) => name && !left.has(number)) };
}

// Returns the known list if it has the same images. Results are cached by list and so need not be computed again.
function sameOr(known, members) {
  return known.length === members.length && known.every((member, at) => member === members[at]) ? known : members;
}

// Whether the images in both lists are more than half of each list.
function isMostly(members, others) {
  const chosen = new Set(members);
  const shared = others.filter((member) => chosen.has(member)).length;
  return 2 * shared > Math.max(others.length, members.length);
}

// Returns name, note and mark of the group whose images these mostly are.
function describedLike(members, groups) {
  const alike = groups.find((group) => isMostly(members, group.members));
  return alike ? { name: alike.name, note: alike.note, sound: alike.sound } : {};
}
