// Confirms that images are in the right group: by a button on each card, a key, and a button for a whole group.

import { groupTitle } from "./group_markup.js";
import { isSure, sureness } from "./learning.js";
import { countOf, fileName } from "./text.js";

export function createConfirming({ images, cards, edits, sheets, viewer, say }) {
  const marks = cards.map(createMark);
  const dialog = document.getElementById("viewer");
  const ofViewer = document.getElementById("viewer-confirm");
  const ofViewerText = document.getElementById("viewer-sure");

  const groupOf = (image) => edits.present().groups.find(({ members }) => members.includes(image));

  // Confirms an image in its group, together with the copies folded under it, or takes that back.
  function toggle(image) {
    const { confirmed } = edits.present();
    const chosen = [image, ...sheets.foldedUnder(image)];
    const name = fileName(images[image].path);
    if (confirmed.has(image)) {
      edits.unconfirm(chosen);
      say(`${name} is no longer confirmed.`);
    } else {
      edits.confirm(chosen);
      say(`${name} is confirmed in ${groupTitle(groupOf(image))}.`);
    }
  }

  // Toggles a card. If that hides the card, as when only unsure images are shown, the focus moves to a card beside it,
  // so that the keyboard goes on working.
  function toggleCard(card) {
    const shown = [...document.querySelectorAll("#groups .card")].filter((one) => one === card || !isHidden(one));
    const at = shown.indexOf(card);
    const hadFocus = card.contains(document.activeElement);
    toggle(Number(card.dataset.image));
    if (!hadFocus || !isHidden(card)) return;
    const next = shown.slice(at + 1).find((one) => !isHidden(one)) ??
      shown.slice(0, at).findLast((one) => !isHidden(one));
    next?.querySelector(".frame").focus();
  }

  function confirmAll(section) {
    const group = edits.present().groups.find(({ number }) => number === Number(section.dataset.group));
    const { confirmed } = edits.present();
    const open = group.members.filter((member) => !confirmed.has(member));
    if (open.length > 0) {
      edits.confirm(group.members);
      say(`${countOf(open.length, "image")} confirmed in ${groupTitle(group)}.`);
    } else {
      edits.unconfirm(group.members);
      say(`No image of ${groupTitle(group)} is confirmed any more.`);
    }
    section.querySelector('[data-action="confirm-all"]')?.focus();
  }

  function draw() {
    const { confirmed, confidences, groups } = edits.present();
    marks.forEach((mark, image) => mark(confirmed.has(image), confidences[image]));
    for (const group of groups) drawHead(group, confirmed);
    drawViewer();
  }

  // Shows how many images of a group are confirmed, and the button for all of them.
  function drawHead(group, confirmed) {
    const actions = document.querySelector(`#group-${group.number} .actions`);
    if (!actions) return;
    let button = actions.querySelector('[data-action="confirm-all"]');
    if (!button) {
      button = document.createElement("button");
      [button.type, button.dataset.action] = ["button", "confirm-all"];
      actions.prepend(button);
      const count = document.createElement("span");
      count.className = "confirmed-count";
      actions.prepend(count);
    }
    const count = group.members.filter((member) => confirmed.has(member)).length;
    const isWhole = count === group.members.length;
    button.textContent = isWhole ? "Unconfirm all" : "Confirm all";
    button.setAttribute("aria-label", `${button.textContent} of ${groupTitle(group)}`);
    button.title = isWhole
      ? "Says no longer that these images are of one kind"
      : "Says that all these images are of one kind: others are learned from them";
    actions.querySelector(".confirmed-count").textContent = count > 0 ? `${count} confirmed` : "";
  }

  function drawViewer() {
    const image = viewer.image();
    if (image === undefined) return;
    const { confirmed, confidences } = edits.present();
    const isConfirmed = confirmed.has(image);
    ofViewer.setAttribute("aria-pressed", String(isConfirmed));
    ofViewer.textContent = isConfirmed ? "✓ Confirmed" : "Confirm";
    ofViewerText.textContent = isConfirmed || confidences[image] === null ? "" : `${sureness(confidences[image])} sure`;
  }

  document.getElementById("groups").addEventListener("click", ({ target }) => {
    const section = target.closest('[data-action="confirm-all"]')?.closest("section");
    if (section) confirmAll(section);
    const card = target.closest(".confirm")?.closest(".card");
    if (card) toggleCard(card);
  });
  ofViewer.addEventListener("click", () => toggle(viewer.image()));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=range], [type=checkbox]), select, textarea")) return;
    const card = event.target.closest(".card");
    if (dialog.open) toggle(viewer.image());
    else if (card && !document.querySelector("dialog[open]")) toggleCard(card);
    else return;
    event.preventDefault();
  });
  edits.onEvery(draw);
  viewer.onShow(drawViewer);
  draw();
}

function isHidden(card) {
  return card.hidden || card.closest("section").hidden;
}

// Adds a confirm button and a line with the confidence to a card. Returns the function that updates them.
function createMark(card) {
  const button = document.createElement("button");
  // The button is not a tab stop: one more for each image would double the way through the page. The key c works
  // instead.
  [button.type, button.className, button.tabIndex] = ["button", "confirm", -1];
  const path = card.querySelector("img").alt;
  button.setAttribute("aria-label", `Confirm ${path}`);
  button.title = "Confirm that it is in the right group (c)";
  button.textContent = "✓";
  card.querySelector("figcaption").prepend(button);
  const row = document.createElement("div");
  row.className = "sure";
  row.innerHTML = "<dt>Sure</dt><dd></dd>";
  card.querySelector("dl").append(row);
  const value = row.querySelector("dd");
  const frame = card.querySelector(".frame");
  let drawn = "";
  return (isConfirmed, confidence) => {
    const text = isConfirmed ? "confirmed" : confidence === null ? "" : sureness(confidence);
    const state = `${isConfirmed} ${text}`;
    if (state === drawn) return;
    drawn = state;
    button.setAttribute("aria-pressed", String(isConfirmed));
    card.classList.toggle("confirmed", isConfirmed);
    row.hidden = text === "";
    row.classList.toggle("doubted", !isConfirmed && confidence !== null && !isSure(confidence));
    value.textContent = text;
    value.style.setProperty("--share", isConfirmed ? 1 : confidence ?? 0);
    frame.setAttribute("aria-label", `Open ${path}${text && `, ${isConfirmed ? text : `${text} sure`}`}`);
  };
}
