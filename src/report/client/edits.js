// Keeps the groups as they are now, what a person entered about them, and all earlier states, for undo. Stores the
// present state in the browser.

import { cutTree, distanceReader, medoidOf } from "./grouping.js";
import { groupsLearned, groupsOfCut } from "./labelled_groups.js";

// A state is { k, moved, groups, confirmed, confidences, isLearned, isSurenessKnown, answers }:
// k is the number of groups of the cut of the tree that it comes from, and moved counts the images moved since then.
// groups are as in labelled_groups.js; confirmed has the images that a person confirmed in them.
// confidences has the confidence of each image's group, null where it is not known.
// isLearned says whether the groups follow from all that is confirmed, isSurenessKnown whether the confidences do.
// answers has { image, agreed } for each answer: whether it agreed with the group that had been predicted.
// States are never changed. A change makes a new state.
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

  // Makes a state the present one and calls the listeners. "how" says what led to it: "undo" or "change".
  function set(state, how) {
    present = state;
    if (isTogether) return;
    store(key, present === run ? undefined : present);
    const isRegrouped = present.groups !== shown.groups;
    shown = present;
    if (isRegrouped) { for (const listener of onGroups) listener(present); }
    for (const listener of onAll) listener(present, how);
  }

  // Keeps the state before, for undo. All changes of one gesture, such as a drag of the cut, are undone together.
  function change(state, name) {
    if (name === undefined || name !== gesture) past.push(present);
    gesture = name;
    set(state, "change");
  }

  // Returns the state with images confirmed in a group. The group counts as new no longer, and what was learned is out
  // of date.
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
    // A listener of onChange is called after every change of the groups. A listener of onEvery is called after all
    // other changes too, with what led to the change.
    onChange: (listener) => onGroups.push(listener),
    onEvery: (listener) => onAll.push(listener),
    endGesture: () => gesture = undefined,
    undo() {
      gesture = undefined;
      if (past.length > 0) set(past.pop(), "undo");
    },
    reset: () => change(run),
    // Makes several changes a single step of undo.
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
    // Cuts the tree into new groups. Each keeps the name of the old group whose images it mostly holds, and confirmed
    // images keep their kinds.
    cut(k) {
      if (k === present.k && present.moved === 0) return;
      const before = gesture === "cut" ? past[past.length - 1] : present;
      const { groups, confirmed, moved } = groupsOfCut(cutTree(tree.pairs, scores, k), before);
      const asRun = confirmed.size === 0 && run.confirmed.size === 0 && !run.isLearned && before.answers.length === 0 &&
        JSON.stringify(groups.map(essence)) === JSON.stringify(run.groups.map(essence));
      const state = { ...before, k, moved, groups, confirmed, confidences: images.map(() => null), isLearned: false };
      change(asRun ? run : state, "cut");
    },
    // Changes what a person entered about a group: { name }, { note } or { sound }.
    describe(number, said) {
      const groups = present.groups.map((group) => group.number === number ? { ...group, ...said } : group);
      change({ ...present, groups });
    },
    // Moves images of one group to the group with a number, or to a new group, and confirms them there. Returns the
    // number.
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
    // Confirms images in the group that they are in.
    confirm(chosen) {
      const { number } = present.groups.find(({ members }) => members.includes(chosen[0]));
      change(withConfirmed(present, chosen, number));
    },
    // Takes back that images are confirmed.
    unconfirm(chosen) {
      const confirmed = new Map(present.confirmed);
      for (const image of chosen) confirmed.delete(image);
      change({ ...present, confirmed, isLearned: false });
    },
    // Keeps whether an answer about an image agreed with the prediction.
    answered(image, agreed) {
      change({ ...present, answers: [...present.answers, { image, agreed }] });
    },
    // Takes over the groups that were learned. If isPart, this is a part of the last change, for undo. Returns what
    // moved.
    learn(learned, isPart) {
      const { groups, moved, dissolved } = groupsLearned(present, learned);
      const state = { ...present, moved: present.moved + moved, groups, isLearned: true, isSurenessKnown: false };
      if (isPart) set(state, "change");
      else change(state);
      return { moved, dissolved };
    },
    // Takes over the confidences of the learned groups, as a part of the change that brought these groups.
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

// Stores the state. If local storage is refused, the page works without it.
function store(key, state) {
  try {
    if (state) localStorage.setItem(key, JSON.stringify({ ...state, confirmed: [...state.confirmed] }));
    else localStorage.removeItem(key);
  } catch {
    // Edits then last as long as the page is open.
  }
}

// Returns the stored state if it holds each image once. A state that an earlier version stored lacks confirmed images.
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

// Finds medoid, order and distances of groups. Groups of the run keep the run's exact numbers; others get them from the
// rounded distances.
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
    // Returns { order, distances }: the images of a group, its medoid first, and the distance of each to the medoid.
    of({ members }) {
      if (!known.has(members)) known.set(members, arrange(members));
      return known.get(members);
    },
  };
}
