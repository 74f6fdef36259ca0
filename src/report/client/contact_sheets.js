// Shows the groups as contact sheets: a section with the images of each, links to them, search and order.

import { groupColour, groupCount, groupHead, groupSize, groupTitle } from "./group_markup.js";
import { groupLooks } from "./looks.js";
import { countOf, escapeHtml, fileName, formatNumber, isolate, mean } from "./text.js";

export function createContactSheets({ images, cards, edits, arrangement }) {
  const container = document.getElementById("groups");
  const links = document.getElementById("group-links");
  const search = document.getElementById("search");
  const order = document.getElementById("group-order");
  const sections = new Map();
  const heads = new WeakMap();
  for (const section of container.children) sections.set(Number(section.dataset.group), section);
  const names = images.map(({ path, label }) => `${path} ${label ?? ""}`.toLowerCase());
  let matches = images.map(() => true);
  const fold = document.getElementById("fold-copies");
  const copies = new Map();
  images.forEach(({ copyOf }, image) => {
    if (copyOf !== undefined) copies.set(copyOf, [...(copies.get(copyOf) ?? []), image]);
  });
  const distanceTexts = cards.map((card) => card.querySelector(".distance"));
  const onFilter = [];
  // Other parts of the page set these: which images are shown, and their order within groups.
  let wanted = () => true;
  let rank;

  function sorted(groups) {
    const score = ({ members }) => mean(members.map((member) => images[member].score));
    if (order.value === "score") return [...groups].sort((a, b) => score(b) - score(a));
    if (order.value === "name") {
      return [...groups].sort((a, b) => groupTitle(a).localeCompare(groupTitle(b), undefined, { numeric: true }));
    }
    return [...groups].sort((a, b) => groupSize(b) - groupSize(a) || a.number - b.number);
  }

  // Returns the images of a group in the order of the page: by distance to the medoid, or by the rank that another part
  // set.
  function inOrder(group) {
    const { order } = arrangement.of(group);
    if (!rank) return order;
    const ranks = new Map(order.map((image) => [image, rank(image)]));
    return [...order].sort((a, b) => ranks.get(a) - ranks.get(b));
  }

  function newSection(number) {
    const section = document.createElement("section");
    [section.className, section.id] = ["group", `group-${number}`];
    section.dataset.group = number;
    section.setAttribute("aria-labelledby", `group-${number}-heading`);
    section.innerHTML = '<div class="group-head"></div><div class="grid"></div>';
    return section;
  }

  // Fills a group's section. If the order of the images is the same they are not touched.
  function fill(section, group, looks) {
    const markup = groupHead(group, images, looks);
    if (heads.get(section) !== markup) section.querySelector(".group-head").innerHTML = markup;
    heads.set(section, markup);
    const { order: members, distances } = arrangement.of(group);
    const grid = section.querySelector(".grid");
    const ordered = inOrder(group).map((member) => cards[member]);
    if (grid.children.length !== ordered.length || ordered.some((card, at) => grid.children[at] !== card)) {
      grid.replaceChildren(...ordered);
    }
    members.forEach((member, place) => {
      cards[member].classList.toggle("medoid", place === 0);
      const text = formatNumber(distances[place]);
      if (distanceTexts[member].textContent !== text) distanceTexts[member].textContent = text;
    });
  }

  function draw() {
    const groups = edits.present().groups;
    const focused = document.activeElement;
    for (const [number, section] of sections) {
      if (!groups.some((group) => group.number === number)) {
        section.remove();
        sections.delete(number);
      }
    }
    const looks = groupLooks(groups, images);
    const ofGroups = sorted(groups).map((group) => {
      if (!sections.has(group.number)) sections.set(group.number, newSection(group.number));
      const section = sections.get(group.number);
      fill(section, group, looks[groups.indexOf(group)]);
      return section;
    });
    if (ofGroups.some((section, at) => container.children[at] !== section)) container.append(...ofGroups);
    links.innerHTML =
      sorted(groups).map((group) =>
        `<li><a href="#group-${group.number}" data-group="${group.number}"><span class="swatch" \
style="--colour: ${groupColour(group.number)}"></span>${isolate(groupTitle(group))} \
<span class="size">${groupSize(group)}</span></a></li>`
      ).join("") + '<li class="new-group"><span data-group="new">New group</span></li>';
    filter();
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }

  // Returns the copies that are folded under an image: those in its group, if copies are folded.
  function foldedUnder(image) {
    if (!fold?.checked || !copies.has(image)) return [];
    const { members } = edits.present().groups.find((group) => group.members.includes(image));
    return copies.get(image).filter((copy) => members.includes(copy));
  }

  // Hides folded copies, and shows on the image that they are copies of how many they are.
  function foldCopies() {
    for (const image of copies.keys()) {
      const folded = matches[image] ? foldedUnder(image) : [];
      for (const copy of folded) cards[copy].hidden = true;
      const badge = cards[image].querySelector(".folded");
      badge.hidden = folded.length === 0;
      badge.textContent = `+ ${countOf(folded.length, "copy", "copies")}`;
    }
  }

  // Shows an image if its path or label contains every searched word and the other parts of the page want it shown.
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    matches = names.map((name, image) => wanted(image) && words.every((word) => name.includes(word)));
    const isWhole = words.length === 0 && matches.every(Boolean);
    cards.forEach((card, image) => card.hidden = !matches[image]);
    foldCopies();
    for (const group of edits.present().groups) {
      const found = group.members.filter((member) => matches[member]).length;
      const section = sections.get(group.number);
      section.hidden = found === 0;
      const count = groupCount(group);
      section.querySelector(".count").textContent = isWhole ? count : `${found} of ${count}`;
    }
    const total = matches.filter(Boolean).length;
    document.getElementById("search-count").textContent = isWhole ? "" : `${total} of ${images.length}`;
    document.getElementById("no-match").hidden = total > 0;
    for (const listener of onFilter) listener(matches);
  }

  search.addEventListener("input", filter);
  fold?.addEventListener("change", filter);
  order.addEventListener("change", draw);
  container.addEventListener("click", ({ target }) => {
    const action = target.closest("[data-action]")?.dataset.action;
    if (!action) return;
    const section = target.closest("section");
    const number = Number(section.dataset.group);
    const group = edits.present().groups.find((one) => one.number === number);
    if (action === "name-by-looks") {
      edits.describe(number, { name: target.closest("[data-name]").dataset.name });
      section.querySelector('[data-action="rename"]').focus();
    } else if (action === "sound") {
      edits.describe(number, { sound: !group.sound });
      section.querySelector('[data-action="sound"]').focus();
    } else editText(section, group, action, edits);
  });
  edits.onChange(draw);
  draw();

  return {
    matches: (image) => matches[image],
    foldedUnder,
    onFilter: (listener) => onFilter.push(listener),
    // Shows only the images for which isWanted is true and that match the search.
    narrow(isWanted) {
      wanted = isWanted;
      filter();
    },
    // Orders the images within groups by the number that rankOf returns. Without rankOf they are ordered by distance to
    // the medoid.
    rankBy(rankOf) {
      rank = rankOf;
      draw();
    },
    // Returns the images that are shown, in the order of the page.
    shown: () => sorted(edits.present().groups).flatMap(inOrder).filter((image) => matches[image]),
    groups: () => sorted(edits.present().groups),
  };
}

// Puts a text field in the place of a group's name, or below the head for a note. Enter keeps the text, Escape does
// not.
function editText(section, group, action, edits) {
  const head = section.querySelector(".group-head");
  head.querySelector(".edit-field")?.remove();
  const isName = action === "rename";
  const field = document.createElement("input");
  [field.className, field.type, field.maxLength] = ["edit-field", "text", isName ? 80 : 400];
  field.value = isName ? groupTitle(group) : group.note ?? "";
  field.placeholder = isName ? `Group ${group.number}` : "Note on this group";
  field.setAttribute("aria-label", `${isName ? "Name of" : "Note on"} group ${group.number}`);
  const title = head.querySelector(".title");
  let open = true;
  const close = (keep, isKey) => {
    if (!open) return;
    open = false;
    const text = field.value.trim().replace(/\s+/g, " ");
    field.remove();
    title.hidden = false;
    if (keep && isName && text !== groupTitle(group)) edits.describe(group.number, { name: text || undefined });
    if (keep && !isName && text !== (group.note ?? "")) edits.describe(group.number, { note: text || undefined });
    if (isKey) section.querySelector(`[data-action="${action}"]`).focus();
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    close(event.key === "Enter", true);
  });
  field.addEventListener("blur", () => close(true, false));
  if (isName) {
    title.hidden = true;
    title.after(field);
  } else head.append(field);
  field.focus();
  field.select();
}

// Returns a button with an image's thumbnail. It opens the image.
export function thumbnailButton(image, { images, cards }, caption) {
  const { path } = images[image];
  return `<li><button type="button" data-open="${image}" title="${escapeHtml(path)}" \
aria-label="Open ${escapeHtml(path)}, ${escapeHtml(caption)}"><img src="${
    cards[image].querySelector("img").src
  }" alt="" \
draggable="false"><span class="name">${isolate(fileName(path))}</span><span>${
    escapeHtml(caption)
  }</span></button></li>`;
}
