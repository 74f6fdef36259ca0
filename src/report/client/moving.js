// Moves images between groups by dragging them onto a group, onto its link, or onto the link for a new group.

import { groupTitle } from "./group_markup.js";
import { countOf, fileName } from "./text.js";

// Returns the function that moves an image, together with the copies folded under it, and says so.
export function createMove({ images, edits, sheets, say }) {
  return (image, to) => {
    const folded = sheets.foldedUnder(image);
    const number = edits.move([image, ...folded], to);
    const group = edits.present().groups.find((one) => one.number === number);
    const copies = folded.length > 0 ? ` with ${countOf(folded.length, "copy", "copies")}` : "";
    say(`${fileName(images[image].path)}${copies} is now in ${groupTitle(group)}.`);
  };
}

export function followDrags({ moveTo, tip }) {
  const root = document.documentElement;
  let dragged;
  const targetOf = ({ target }) => dragged !== undefined && target.closest?.("[data-group]");
  const mark = (target) => {
    for (const marked of document.querySelectorAll(".drop-target")) marked.classList.remove("drop-target");
    if (target) target.classList.add("drop-target");
  };

  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.(".card");
    if (!card) return;
    dragged = Number(card.dataset.image);
    tip.hide();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.querySelector("img").alt);
    // The browser must have taken its picture of the card first.
    setTimeout(() => root.classList.add("dragging"));
  });
  for (const type of ["dragenter", "dragover"]) {
    document.addEventListener(type, (event) => {
      const target = targetOf(event);
      mark(target);
      if (target) event.preventDefault();
    });
  }
  document.addEventListener("drop", (event) => {
    const target = targetOf(event);
    if (!target) return;
    event.preventDefault();
    moveTo(dragged, target.dataset.group === "new" ? undefined : Number(target.dataset.group));
  });
  document.addEventListener("dragend", () => {
    dragged = undefined;
    mark();
    root.classList.remove("dragging");
  });
}
