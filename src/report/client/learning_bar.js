// Shows what was learned: how many images are confirmed, sure, unsure or new, which of them are shown, and what to do
// next.

import { lastAgreement } from "./agreement.js";
import { kindsOf } from "./labelled_groups.js";
import { standingOf } from "./learning.js";
import { countOf } from "./text.js";

// How many answers the estimate is made from. Later answers say more about what is known now.
const ANSWERS_THAT_COUNT = 40;

const STANDINGS = {
  confirmed: ["confirmed", "A person said so"],
  sure: ["sure", "Their group is right with 90 % or more"],
  unsure: ["unsure", "Less sure than 90 %: worth a look"],
  new: ["in new groups", "They resemble no kind that is confirmed"],
  open: ["not learned", "Nothing has been learned about them yet"],
};

export function createLearningBar({ images, edits, sheets, learning, say }) {
  const part = (id) => document.getElementById(id);
  const [learnButton, checkButton, asIGo] = [part("learn"), part("check-next-open"), part("learn-as-i-go")];
  const order = part("image-order");
  let only;
  let known;
  let drawn;

  // Returns the standing of every image.
  function standings() {
    const state = edits.present();
    if (known?.state !== state) known = { state, standings: standingsOf(state) };
    return known.standings;
  }

  function standingsOf(state) {
    const kinds = new Set(kindsOf(state));
    const isLearned = state.confidences.some((one) => one !== null);
    const found = [];
    for (const group of state.groups) {
      const isInNewGroup = isLearned && !kinds.has(group);
      for (const member of group.members) found[member] = standingOf(member, state, isInNewGroup);
    }
    return found;
  }

  function draw() {
    const counts = Object.keys(STANDINGS).map((standing) => {
      return [standing, standings().filter((one) => one === standing).length];
    }).filter(([, count]) => count > 0);
    part("standing-bar").innerHTML = counts.map(([standing, count]) => {
      return `<span class="standing-${standing}" style="flex-grow: ${count}"></span>`;
    }).join("");
    const texts = counts.map(([standing, count]) => `${count} ${STANDINGS[standing][0]}`);
    part("standing-bar").setAttribute("aria-label", `Of ${countOf(images.length, "image")}: ${texts.join(", ")}`);
    const focused = document.activeElement?.closest("#standings [data-standing]")?.dataset.standing;
    part("standings").innerHTML = counts.map(([standing], at) => {
      return `<button type="button" data-standing="${standing}" aria-pressed="${standing === only}" \
title="${STANDINGS[standing][1]}. Click to show only these."><span class="standing-${standing}"></span>${
        texts[at]
      }</button>`;
    }).join("");
    if (focused) document.querySelector(`#standings [data-standing="${focused}"]`)?.focus();
    const isOpen = counts.every(([standing]) => standing === "open");
    for (const id of ["standing-bar", "standings"]) part(id).hidden = isOpen;
    drawHint();
    drawAgreement();
    const { confidences } = edits.present();
    order.disabled = confidences.every((one) => one === null);
  }

  // Shows what is known or missing, and what to do next.
  function drawHint() {
    const state = edits.present();
    const missing = learning.missing();
    const labels = `${countOf(state.confirmed.size, "confirmed image")} in ${countOf(kindsOf(state).length, "group")}`;
    learnButton.setAttribute("aria-disabled", String(missing !== undefined || state.isLearned));
    checkButton.setAttribute("aria-disabled", String(missing !== undefined));
    learnButton.classList.toggle("ready", missing === undefined && !state.isLearned);
    part("learning-hint").textContent = missing
      ? `${missing} Press c on an image, the ✓ below it, or Confirm all for a group; an image that you drag to a group \
counts as confirmed there. Learn then moves all others to the kind that they most resemble.`
      : state.isLearned
      ? `Learned from ${labels}. Check next shows the images whose answers help most.`
      : `${labels}: Learn moves all others to the kind that they most resemble.`;
  }

  function drawAgreement() {
    const found = lastAgreement(edits.present().answers, ANSWERS_THAT_COUNT);
    const text = part("answers-agree");
    text.hidden = found === undefined;
    if (!found) return;
    const [least, most] = [found.least, found.most].map((share) => Math.round(100 * share));
    const agreed = `Your last answers agreed with ${found.right} of ${countOf(found.of, "prediction")}`;
    text.textContent =
      `${agreed}: ${least}–${most} % right (95 % interval after Wilson). Each prediction was made before \
its answer. The images asked for are harder than most, so this is a careful estimate.`;
  }

  function show(standing) {
    only = standing;
    sheets.narrow(only ? (image) => standings()[image] === only : () => true);
    draw();
  }

  // Ranks the least sure images first, then images of new groups and images that nothing is known about, then the
  // confirmed ones.
  function rank(image) {
    const { confirmed, confidences } = edits.present();
    return confirmed.has(image) ? 3 : confidences[image] ?? 2;
  }

  learnButton.addEventListener("click", () => {
    const missing = learning.missing();
    if (missing) say(missing);
    else if (edits.present().isLearned) say("All that is confirmed has been learned from.");
    else learning.learn();
  });
  part("standings").addEventListener("click", ({ target }) => {
    const standing = target.closest("[data-standing]")?.dataset.standing;
    if (standing) show(standing === only ? undefined : standing);
  });
  asIGo.checked = learning.isAsIGo();
  asIGo.addEventListener("change", () => learning.learnAsIGo(asIGo.checked));
  order.addEventListener("change", () => sheets.rankBy(order.value === "unsure" ? rank : undefined));
  learning.onLearned(({ moved, dissolved }, isPart) => {
    if (isPart && moved === 0) return;
    const found = edits.present().groups.filter(({ isNew }) => isNew).length;
    const unsure = standings().filter((one) => one === "unsure").length;
    say(
      [
        `${countOf(moved, "image")} moved.`,
        found > 0 && `${countOf(found, "new group")} ${found === 1 ? "resembles" : "resemble"} nothing confirmed.`,
        `${countOf(unsure, "image")} unsure.`,
        ...dissolved.map(({ name }) => `“${name}” had no confirmed image and is no more.`),
      ].filter(Boolean).join(" "),
    );
  });
  edits.onEvery((state) => {
    // If the groups changed, the sheets have followed already.
    const isOld = state.groups === drawn;
    drawn = state.groups;
    if (only && !standings().includes(only)) show(undefined);
    else if (only && isOld) show(only);
    else draw();
    if (isOld && order.value === "unsure") sheets.rankBy(rank);
  });
  draw();
}
