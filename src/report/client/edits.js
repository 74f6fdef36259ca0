// The groups as they are now, what they were before, and where they are kept.

import { cutTree, distanceReader, medoidOf } from "./grouping.js";

// A state is { k, moved, groups }: the cut of the tree it comes from, the images moved since then, and groups of
// { number, name, note, sound, unseen, members }, members ascending. States are never changed, only followed by others.
export function createEdits(report) {
  const { images, tree } = report;
  const scores = images.map(({ score }) => score);
  const run = {
    k: report.groups.length,
    moved: 0,
    groups: report.groups.map(({ number, unseen, members }) => ({
      number,
      unseen,
      members: [...members].sort((a, b) => a - b),
    })),
  };
  const key = `anomaly-cluster ${report.title} ${report.created}`;
  const listeners = [];
  const past = [];
  let present = stored(key, images.length) ?? run;
  let gesture;

  function set(state) {
    present = state;
    store(key, present === run ? undefined : present);
    for (const listener of listeners) listener(present);
  }

  // Changes of one gesture, such as a drag of the cut, are undone together.
  function change(state, name) {
    if (name === undefined || name !== gesture) past.push(present);
    gesture = name;
    set(state);
  }

  return {
    present: () => present,
    isEdited: () => present !== run,
    canUndo: () => past.length > 0,
    onChange: (listener) => listeners.push(listener),
    endGesture: () => gesture = undefined,
    undo() {
      gesture = undefined;
      if (past.length > 0) set(past.pop());
    },
    reset: () => change(run),
    // New groups by the tree; they keep the names of the groups whose images they mostly hold.
    cut(k) {
      if (k === present.k && present.moved === 0) return;
      const before = gesture === "cut" ? past[past.length - 1] : present;
      const groups = cutTree(tree.pairs, scores, k).map((members, at) => ({
        ...describedLike(members, before.groups),
        number: at + 1,
        members,
      }));
      const asRun = JSON.stringify(groups) === JSON.stringify(run.groups);
      change(asRun ? run : { k, moved: 0, groups }, "cut");
    },
    // Changes what is said of a group: { name }, { note } or { sound }.
    describe(number, said) {
      const groups = present.groups.map((group) => group.number === number ? { ...group, ...said } : group);
      change({ ...present, groups });
    },
    // Moves images of one group to the group of a number, or to a new one; returns its number.
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
      change({ ...present, moved: present.moved + moved.length, groups: kept });
      return number;
    },
  };
}

// Name, note and mark of the group that shares more than half of the images, both ways.
function describedLike(members, groups) {
  const chosen = new Set(members);
  const alike = groups.find((group) => {
    const shared = group.members.filter((member) => chosen.has(member)).length;
    return 2 * shared > Math.max(group.members.length, members.length);
  });
  return alike ? { name: alike.name, note: alike.note, sound: alike.sound } : {};
}

// Where local storage is refused the page works without it.
function store(key, state) {
  try {
    if (state) localStorage.setItem(key, JSON.stringify(state));
    else localStorage.removeItem(key);
  } catch {
    // Edits last as long as the page is open.
  }
}

// The stored state, when it holds each image once.
function stored(key, count) {
  try {
    const state = JSON.parse(localStorage.getItem(key));
    const members = state.groups.flatMap((group) => group.members);
    const whole = members.length === count && new Set(members).size === count &&
      members.every((member) => Number.isInteger(member) && member >= 0 && member < count);
    return whole ? state : undefined;
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
