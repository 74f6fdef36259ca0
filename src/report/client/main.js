// Connects the parts of the page.

import { createContactSheets } from "./contact_sheets.js";
import { createDendrogram } from "./dendrogram.js";
import { createCheckNext } from "./check_next_panel.js";
import { createConfirming } from "./confirming.js";
import { createArrangement, createEdits } from "./edits.js";
import { followExports } from "./exporting.js";
import { contingencyTable } from "./group_markup.js";
import { heatMapSwitch } from "./heat_map.js";
import { createImageMap } from "./image_map.js";
import { createLearning } from "./learning.js";
import { createLearningBar } from "./learning_bar.js";
import { createMove, followDrags } from "./moving.js";
import { createPictures } from "./pictures.js";
import { createSilhouettePlot } from "./silhouette_plot.js";
import { createTip } from "./tip.js";
import { createViewer } from "./viewer.js";

function startPage() {
  const root = document.documentElement;
  const report = JSON.parse(document.getElementById("report-data").textContent);
  const { images, tree, map, distances } = report;
  const cards = [];
  for (const card of document.querySelectorAll(".card")) cards[card.dataset.image] = card;
  root.classList.add("scripted");

  const edits = createEdits(report);
  const pictures = createPictures({ images, cards });
  const arrangement = createArrangement(report);
  const sheets = createContactSheets({ images, cards, edits, arrangement });
  const tip = createTip({ images, cards, edits });
  const moveTo = createMove({ images, edits, sheets, say });
  const open = (image, from) => viewer.open(image, from);
  const silhouette = distances && createSilhouettePlot({ images, cards, edits, arrangement, tip, open });
  const viewer = createViewer({
    images,
    cards,
    edits,
    arrangement,
    sheets,
    tip,
    moveTo,
    pictures,
    silhouetteOf: silhouette?.of,
    source: report.source,
  });
  if (map) createImageMap({ map, images, edits, arrangement, pictures, sheets, tip, open });
  if (tree) createDendrogram({ tree, images, cards, edits, arrangement, pictures });
  createConfirming({ images, cards, edits, sheets, viewer, say });
  if (report.points && tree) {
    const learning = createLearning({ report, edits });
    createLearningBar({ images, cards, edits, sheets, learning, say });
    createCheckNext({ images, cards, edits, arrangement, sheets, learning, tip, say });
  }
  followDrags({ moveTo, tip });
  followExports({ report, edits, arrangement });
  followPlots(edits, tree);
  followCounts(edits);
  followEdits(edits, images);

  document.querySelector("main").addEventListener("click", ({ target }) => {
    const opened = target.closest("[data-open]") ?? target.closest(".card .frame")?.closest(".card");
    if (opened) open(Number(opened.dataset.open ?? opened.dataset.image));
  });
  const show = heatMapSwitch(cards, images);
  bind("overlay-switch", (input) => show(input.checked));
  bind("overlay-opacity", (input) => root.style.setProperty("--overlay-opacity", input.value / 100));
  bind("thumbnail-size", (input) => root.style.setProperty("--thumbnail", `${input.value}px`));
}

// Calls "follow" with the input, now and whenever the reader changes the input.
function bind(id, follow) {
  const input = document.getElementById(id);
  input.addEventListener("input", () => follow(input));
  follow(input);
}

// Follows undo and reset, and updates what else on the page depends on the groups.
function followEdits(edits, images) {
  const [undo, reset] = [document.getElementById("undo"), document.getElementById("reset")];
  const update = () => {
    undo.disabled = !edits.canUndo();
    reset.disabled = !edits.isEdited();
  };
  const updateTable = () => {
    const table = document.getElementById("contingency");
    if (!table) return;
    table.innerHTML = contingencyTable(edits.present().groups, images);
    document.getElementById("agreement-edited").hidden = !edits.isEdited();
  };
  undo.addEventListener("click", () => edits.undo());
  reset.addEventListener("click", () => edits.reset());
  document.addEventListener("keydown", (event) => {
    const isUndo = event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
    if (!isUndo || event.target.matches("input:not([type=range], [type=checkbox])")) return;
    event.preventDefault();
    edits.undo();
  });
  edits.onEvery(update);
  edits.onChange(updateTable);
  update();
  updateTable();
  if (edits.isEdited()) say("Your edits of an earlier visit are shown. Reset brings the run's groups back.");
}

// Marks the present number of groups in the plots by number of groups. If there is a tree, a click on a point cuts it
// into that number.
function followPlots(edits, tree) {
  const plots = [...document.querySelectorAll(".by-count")];
  const update = () => {
    const k = edits.present().groups.length;
    for (const plot of plots) {
      const point = plot.querySelector(`[data-k="${k}"]`);
      const line = plot.querySelector(".present");
      line.classList.toggle("shown", point !== null);
      for (const end of ["x1", "x2"]) line.setAttribute(end, point?.getAttribute("cx") ?? 0);
    }
  };
  for (const plot of plots) {
    plot.classList.toggle("clickable", tree !== undefined);
    plot.addEventListener("click", ({ target }) => {
      if (!tree || !target.dataset.k) return;
      edits.endGesture();
      edits.cut(Number(target.dataset.k));
      edits.endGesture();
    });
  }
  edits.onChange(update);
  update();
}

// Makes the buttons for about equally clear numbers of groups work. The button of the number that is shown is pressed.
function followCounts(edits) {
  const buttons = [...document.querySelectorAll("#counts button")];
  const update = () => {
    const k = String(edits.present().groups.length);
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.k === k));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      edits.endGesture();
      edits.cut(Number(button.dataset.k));
      edits.endGesture();
    });
  }
  edits.onChange(update);
  update();
}

let quiet;

// Shows a message in a line at the foot of the window. Screen readers read it too.
function say(text) {
  const status = document.getElementById("status");
  status.textContent = text;
  status.classList.add("shown");
  clearTimeout(quiet);
  quiet = setTimeout(() => status.classList.remove("shown"), 5_000);
}

startPage();
