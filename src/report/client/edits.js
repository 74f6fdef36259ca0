// The groups as they are now, what a person said of them, what they were before, and where they are kept.

import { cutTree, distanceReader, medoidOf } from "./grouping.js";
import { groupsLearned, groupsOfCut } from "./labelled_groups.js";

// A state is { k, moved, groups, confirmed, confidences, isLearned, isSurenessKnown, answers }: the cut of the tree it comes
// from, the images moved since then, groups as in labelled_groups.js with the images that a person confirmed in them; how
// sure each image's group is, null where nobody knows; whether all groups follow from what is confirmed, and whether how sure
// they are does; and of answers about images whose group had been predicted whether they agreed, as { image, agreed }. States are never changed, only followed by others.
export function createEdits(report) {
  const { images, tree } = report;
  const scores = images.map(({ score }) => score);
  const run = {
    k: report.groups.length,
    moved: 0,
    groups: report.groups.map((group) => ({ ...group, members: [...group.members].sort((a, b) => a - b) })),
    confirmed: new Map(
      report.groups.flatMap(({ number, members }) =>
        members.filter((member) => images[member].confirmed).map((member) => [member, number])
      ),
    ),
    confidences: images.map(({ confidence }) => confidence ?? null),
    isLearned: images.some(({ confidence }) => confidence !== undefined),
    isSurenessKnown: images.some(({ confidence }) => confidence !== undefined),
    answers: [],
  };
  const key = `anomaly-cluster ${report.title} ${report.created}`;
  const [onGroups, onAll] = [[], []];
  const past = [];
  let present = stored(key, run) ?? run;
  let shown = present;
  let gesture;
  let isTogether = false;

  // Tells of a new state, with how it came about: "undo" or "change".
  function set(state, how) {
    present = state;
    if (isTogether) return;
    store(key, present === run ? undefined : present);
    const isRegrouped = present.groups !== shown.groups;
    shown = present;
    if (isRegrouped) { for (const listener of onGroups) listener(present); }
    for (const listener of onAll) listener(present, how);
  }

  // Changes of one gesture, such as a drag of the cut, are undone together.
  function change(state, name) {
    if (name === undefined || name !== gesture) past.push(present);
    gesture = name;
    set(state, "change");
  }

  // Images are confirmed in a group: it is new no more, and how sure the machine was counts no more either.
  function withConfirmed(state, chosen, number) {
    const confirmed = new Map(state.confirmed);
    for (const image of chosen) confirmed.set(image, number);
    const isNamed = state.groups.some((group) => group.number === number && group.isNew);
    const groups = isNamed
      ? state.groups.map((group) => group.number === number ? { ...group, isNew: false } : group)
      : state.groups;
    return { ...state, groups, confirmed, isLearned: false };
  }

  return {
    present: () => present,
    isEdited: () => present !== run,
    canUndo: () => past.length > 0,
    // Calls a listener after every change of the groups; `onEvery` after all others too, with how it came about.
    onChange: (listener) => onGroups.push(listener),
    onEvery: (listener) => onAll.push(listener),
    endGesture: () => gesture = undefined,
    undo() {
      gesture = undefined;
      if (past.length > 0) set(past.pop(), "undo");
    },
    reset: () => change(run),
    // Makes several changes one step of undo.
    inOneStep(work) {
      const [before, steps] = [present, past.length];
      isTogether = true;
      try {
        work();
      } finally {
        isTogether = false;
        past.length = steps;
        gesture = undefined;
      }
      if (present === before) return;
      past.push(before);
      set(present, "change");
    },
    // New groups by the tree; they keep the names of the groups whose images they mostly hold, and confirmed images
    // their kinds.
    cut(k) {
      if (k === present.k && present.moved === 0) return;
      const before = gesture === "cut" ? past[past.length - 1] : present;
      const { groups, confirmed, moved } = groupsOfCut(cutTree(tree.pairs, scores, k), before);
      const asRun = confirmed.size === 0 && run.confirmed.size === 0 && !run.isLearned && before.answers.length === 0 &&
        JSON.stringify(groups.map(essence)) === JSON.stringify(run.groups.map(essence));
      const state = { ...before, k, moved, groups, confirmed, confidences: images.map(() => null), isLearned: false };
      change(asRun ? run : state, "cut");
    },
    // Changes what is said of a group: { name }, { note } or { sound }.
    describe(number, said) {
      const groups = present.groups.map((group) => group.number === number ? { ...group, ...said } : group);
      change({ ...present, groups });
    },
    // Moves images of one group to the group of a number, or to a new one, where they are confirmed; returns its number.
    move(moved, to) {
      const from = present.groups.find(({ members }) => members.includes(moved[0]));
      if (from.number === to) return to;
      const number = to ?? Math.max(...present.groups.map((group) => group.number)) + 1;
      const groups = present.groups.map((group) => {
        if (group === from) return { ...group, members: group.members.filter((member) => !moved.includes(member)) };
        if (group.number === to) return { ...group, members: [...group.members, ...moved].sort((a, b) => a - b) };
        return group;
      });
      if (to === undefined) groups.push({ number, members: [...moved].sort((a, b) => a - b) });
      const kept = groups.filter(({ members }) => members.length > 0);
      const confidences = present.confidences.map((one, image) => moved.includes(image) ? null : one);
      const state = { ...present, moved: present.moved + moved.length, groups: kept, confidences };
      change(withConfirmed(state, moved, number));
      return number;
    },
    // Confirms images in the group where they are.
    confirm(chosen) {
      const { number } = present.groups.find(({ members }) => members.includes(chosen[0]));
      change(withConfirmed(present, chosen, number));
    },
    // Takes back what was said of images.
    unconfirm(chosen) {
      const confirmed = new Map(present.confirmed);
      for (const image of chosen) confirmed.delete(image);
      change({ ...present, confirmed, isLearned: false });
    },
    // Keeps whether an answer about an image agreed with what had been predicted.
    answered(image, agreed) {
      change({ ...present, answers: [...present.answers, { image, agreed }] });
    },
    // Takes on groups that were learned; as a part of the last change where that led to it. Tells what moved.
    learn(learned, isPart) {
      const { groups, moved, dissolved } = groupsLearned(present, learned);
      const state = { ...present, moved: present.moved + moved, groups, isLearned: true, isSurenessKnown: false };
      if (isPart) set(state, "change");
      else change(state);
      return { moved, dissolved };
    },
    // Takes on how sure the groups are that were learned, as a part of that change.
    tellSureness(found) {
      const confidences = Array.from(
        found,
        (one, image) => Number.isFinite(one) && !present.confirmed.has(image) ? Number(one.toFixed(3)) : null,
      );
      set({ ...present, confidences, isSurenessKnown: true }, "change");
    },
  };
}

function essence({ number, name, note, sound, members }) {
  return { number, name, note, sound, members };
}

// Where local storage is refused the page works without it.
function store(key, state) {
  try {
    if (state) localStorage.setItem(key, JSON.stringify({ ...state, confirmed: [...state.confirmed] }));
    else localStorage.removeItem(key);
  } catch {
    // Edits last as long as the page is open.
  }
}

// The stored state, when it holds each image once. One that an earlier version stored says nothing of confirmed images.
function stored(key, { confidences }) {
  try {
    const state = JSON.parse(localStorage.getItem(key));
    const count = confidences.length;
    const members = state.groups.flatMap((group) => group.members);
    const isWhole = members.length === count && new Set(members).size === count &&
      members.every((member) => Number.isInteger(member) && member >= 0 && member < count);
    if (!isWhole) return undefined;
    const inGroup = new Map(state.groups.map(({ number, members }) => [number, new Set(members)]));
    const confirmed = (state.confirmed ?? []).filter(([image, number]) => inGroup.get(number)?.has(image));
    return {
      ...state,
      confirmed: new Map(confirmed),
      confidences: state.confidences?.length === count ? state.confidences : confidences.map(() => null),
      isLearned: state.isLearned ?? false,
      isSurenessKnown: state.isSurenessKnown ?? false,
      answers: state.answers ?? [],
    };
  } catch {
    return undefined;
  }
}

// Medoid, order and distances of groups. Groups as they were found keep the run's exact numbers; those of others come
// from the rounded distances.
export function createArrangement({ groups, images, distances }) {
  const distance = distances && distanceReader(distances, images.length);
  const runGroup = new Map();
  for (const group of groups) for (const member of group.members) runGroup.set(member, group);
  const known = new WeakMap();

  function arrange(members) {
    const run = runGroup.get(members[0]);
    if (run.members.length === members.length && members.every((member) => runGroup.get(member) === run)) {
      return { order: run.members, distances: run.members.map((member) => images[member].distance) };
    }
    if (!distance) return { order: members, distances: members.map(() => NaN) };
    const medoid = medoidOf(members, distance);
    const place = (member) => member === medoid ? -1 : distance(member, medoid);
    const order = [...members].sort((a, b) => place(a) - place(b) || a - b);
    return { order, distances: order.map((member) => distance(member, medoid)) };
  }

  return {
    distance,
    // { order, distances }: the images of a group, its medoid first, and how far each is from it.
    of({ members }) {
      if (!known.has(members)) known.set(members, arrange(members));
      return known.get(members);
    },
  };
}
