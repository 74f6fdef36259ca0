// Check next: asks about the images whose answers would help most, one after another. Each is shown beside images of
// the group that is predicted for it.

import { lastAgreement } from "./agreement.js";
import { groupColour, groupTitle } from "./group_markup.js";
import { heatMapOf } from "./heat_map.js";
import { sureness } from "./learning.js";
import { countOf, escapeHtml, fileName, isolate } from "./text.js";

const EXAMPLES = 4;

// Kinds less likely than this are shown without their probability.
const WORTH_TELLING = 0.05;

export function createCheckNext({ images, cards, edits, arrangement, sheets, learning, tip, say }) {
  const dialog = document.getElementById("check-next");
  const part = (name) => document.getElementById(`check-next-${name}`);
  let asked = [];
  let at = 0;
  // Whether the name being typed is for a new kind. Otherwise it is for the predicted one.
  let isNamingNew = false;
  // Whether each image was answered.
  let answered = [];

  const groupOf = (image) => edits.present().groups.find(({ members }) => members.includes(image));
  const source = (image) => cards[image].querySelector("img").src;

  // Starts a round of questions, chosen by the images that are confirmed now.
  function ask() {
    asked = learning.next();
    [at, answered] = [0, []];
    show();
  }

  function show() {
    const isDone = at >= asked.length;
    part("body").hidden = isDone;
    part("done").hidden = !isDone;
    stopNaming();
    if (isDone) showResult();
    else {
      part("place").textContent = `${at + 1} of ${asked.length}`;
      part("picture").replaceChildren(cards[asked[at]].querySelector("img").cloneNode(), heatMapOf(images[asked[at]]));
      const { width, height } = cards[asked[at]].querySelector("img").attributes;
      part("picture").style.setProperty("--ratio", Number(width.value) / Number(height.value));
      part("name").textContent = fileName(images[asked[at]].path);
      part("name").title = images[asked[at]].path;
      showQuestion();
      part("right").focus();
    }
  }

  // Shows the present prediction. Learning as one goes may change it while the image is shown.
  function showQuestion() {
    const image = asked[at];
    const { confidences, confirmed } = edits.present();
    const group = groupOf(image);
    const sure = confidences[image] === null
      ? kindless(group) ? "It resembles no kind that you confirmed." : ""
      : `${sureness(confidences[image])} sure.`;
    part("question").innerHTML = `Is this <strong>${isolate(groupTitle(group))}</strong>? ${sure}`;
    const { order } = arrangement.of(group);
    const typical = order.filter((one) => one !== image);
    const examples = [
      ...typical.filter((one) => confirmed.has(one)),
      ...typical.filter((one) => !confirmed.has(one)),
    ].slice(0, EXAMPLES);
    part("examples").innerHTML = examples.map((one) =>
      `<li><span class="example"><img src="${source(one)}" alt="${escapeHtml(images[one].path)}">\
<span class="name">${isolate(fileName(images[one].path))}</span><span>${
        confirmed.has(one) ? "confirmed" : "not confirmed"
      }</span>\
</span></li>`
    ).join("");
    part("examples").hidden = examples.length === 0;
    const chances = learning.chancesOf(image);
    const keys = keysOf(edits.present().groups);
    part("kinds").innerHTML = inNumbers().map((one) => {
      const [medoid] = arrangement.of(one).order;
      return `<li><button type="button" data-kind="${one.number}" ${one === group ? 'aria-current="true"' : ""}>\
${keys.has(one.number) ? `<kbd>${keys.get(one.number)}</kbd>` : ""}<img src="${
        source(medoid)
      }" alt=""><span class="swatch" \
style="--colour: ${groupColour(one.number)}"></span>${isolate(groupTitle(one))}${
        chances.get(one.number) >= WORTH_TELLING
          ? `<span class="chance">${sureness(chances.get(one.number))}</span>`
          : ""
      }</button></li>`;
    }).join("");
    part("back").disabled = at === 0;
    part("called").hidden = Boolean(group.name);
  }

  function showResult() {
    const given = answered.filter(Boolean).length;
    const { answers, isLearned } = edits.present();
    const found = lastAgreement(answers, given);
    part("place").textContent = "";
    part("result").textContent = asked.length === 0
      ? "Every image has been confirmed: there is nothing left to check."
      : given === 0
      ? "No answers were given."
      : `${countOf(given, "answer")}: ${found?.right ?? 0} agreed with what was predicted. ${
        isLearned ? "All has been learned from them." : "Nothing has been learned from them yet."
      }`;
    part("more").hidden = asked.length === 0;
    part("end").textContent = isLearned || asked.length === 0 ? "Close" : "Learn and close";
    (asked.length === 0 ? part("end") : part("more")).focus();
  }

  function kindless(group) {
    const { confirmed } = edits.present();
    return !group.members.some((member) => confirmed.has(member));
  }

  // Returns the groups in an order that stays the same while a person answers.
  function inNumbers() {
    return [...edits.present().groups].sort((a, b) => a.number - b.number);
  }

  // Takes an answer, which confirms the image at once. "to" is the number of a group; without it there is a new group,
  // whose name may be empty.
  function answer(to, name) {
    const image = asked[at];
    const group = groupOf(image);
    const chosen = [image, ...sheets.foldedUnder(image)];
    answered[at] = true;
    edits.inOneStep(() => {
      if (to === group.number) edits.confirm(chosen);
      const number = to === group.number ? to : edits.move(chosen, to);
      if (name) edits.describe(number, { name });
      edits.answered(image, to === group.number);
    });
    go(1);
  }

  function go(by) {
    at += by;
    show();
  }

  // Goes back to the image before. If that image was answered, the answer is undone.
  function back() {
    if (at === 0) return;
    const before = asked[at - 1];
    if (answered[at - 1] && edits.present().confirmed.has(before)) edits.undo();
    answered[at - 1] = false;
    go(-1);
  }

  function startNaming(isNew) {
    isNamingNew = isNew;
    part("naming-what").textContent = isNew ? "Name of the new kind" : "Name of this kind";
    part("naming").hidden = false;
    part("kind-name").value = "";
    part("kind-name").focus();
  }

  function stopNaming() {
    part("naming").hidden = true;
  }

  function open() {
    const missing = learning.missing();
    if (missing) return say(missing);
    tip.hide();
    part("overlay").checked = true;
    dialog.classList.remove("plain");
    dialog.showModal();
    ask();
  }

  document.getElementById("check-next-open").addEventListener("click", open);
  part("right").addEventListener("click", () => answer(groupOf(asked[at]).number));
  part("called").addEventListener("click", () => startNaming(false));
  part("new").addEventListener("click", () => startNaming(true));
  part("skip").addEventListener("click", () => go(1));
  part("back").addEventListener("click", back);
  part("more").addEventListener("click", ask);
  part("close").addEventListener("click", () => dialog.close());
  part("end").addEventListener("click", () => {
    dialog.close();
    learning.learn();
  });
  part("overlay").addEventListener("change", ({ target }) => dialog.classList.toggle("plain", !target.checked));
  part("kinds").addEventListener("click", ({ target }) => {
    const kind = target.closest("[data-kind]");
    if (kind) answer(Number(kind.dataset.kind));
  });
  // This is no form element, because forms are off when a service shows the page in a frame.
  const add = () => {
    answer(isNamingNew ? undefined : groupOf(asked[at]).number, part("kind-name").value.trim().replace(/\s+/g, " "));
  };
  part("add").addEventListener("click", add);
  part("kind-name").addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    if (event.key === "Enter") return add();
    stopNaming();
    part("right").focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && at > 0) {
      event.preventDefault();
      event.stopPropagation();
      return back();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || at >= asked.length) return;
    const kind = [...keysOf(edits.present().groups)].find(([, key]) => String(key) === event.key);
    if (kind) answer(kind[0]);
    else if (event.key === "y" || event.key === "ArrowRight") part("right").click();
    else if (event.key === "Enter" && !event.target.closest("button, input")) part("right").click();
    else if (event.key === "r" && !part("called").hidden) startNaming(false);
    else if (event.key === "n") startNaming(true);
    else if (event.key === "s") part("skip").click();
    else if (event.key === "b" || event.key === "ArrowLeft") back();
    else if (event.key === "h") part("overlay").click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("close", () => document.getElementById("check-next-open").focus());
  edits.onEvery(() => {
    if (!dialog.open) return;
    if (at >= asked.length) showResult();
    else {
      const focused = document.activeElement?.dataset?.kind;
      showQuestion();
      if (focused) part("right").focus();
    }
  });
}

// Gives nine groups a digit key: the group's own number if it has one digit, otherwise a free digit.
function keysOf(groups) {
  const numbers = groups.map(({ number }) => number).sort((a, b) => a - b);
  const keys = new Map(numbers.filter((number) => number <= 9).map((number) => [number, number]));
  const free = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((digit) => !keys.has(digit));
  for (const number of numbers) if (number > 9 && free.length > 0) keys.set(number, free.shift());
  return keys;
}
