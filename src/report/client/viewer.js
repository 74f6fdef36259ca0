// The large view of one image: heat map, facts, group, and the images most similar to it.

import { thumbnailButton } from "./contact_sheets.js";
import { createDefectView, defectFacts } from "./defect_view.js";
import { groupTitle } from "./group_markup.js";
import { heatMapOf } from "./heat_map.js";
import { escapeHtml, fileName, formatNumber, isolate } from "./text.js";

const SIMILAR = 12;

export function createViewer(
  { images, cards, edits, arrangement, sheets, tip, moveTo, pictures, silhouetteOf, source },
) {
  const dialog = document.getElementById("viewer");
  const part = (name) => document.getElementById(`viewer-${name}`);
  const overlay = part("overlay");
  const onShow = [];
  let image;
  const view = createDefectView({ images, dialog, picture: part("picture"), pictures });
  let opener;

  function show(next) {
    image = next;
    const { path, label, score, nearest } = images[image];
    const group = edits.present().groups.find(({ members }) => members.includes(image));
    const { order, distances } = arrangement.of(group);
    const place = order.indexOf(image);
    const shown = sheets.shown();
    part("name").textContent = fileName(path);
    part("place").textContent = `${shown.indexOf(image) + 1} of ${shown.length}`;
    const { src, width, height } = pictures.wholeOf(image);
    const photo = cards[image].querySelector("img").cloneNode();
    [photo.src, photo.width, photo.height] = [src, width, height];
    part("picture").replaceChildren(photo, heatMapOf(images[image]));
    part("picture").style.setProperty("--ratio", width / height);
    view.show(image);
    const silhouette = silhouetteOf?.(image);
    part("facts").innerHTML = [
      ["Path", source ? fileLink(path) : isolate(path)],
      ["Group", `${isolate(groupTitle(group))}${place === 0 ? " (medoid)" : `, ${place + 1} of ${order.length}`}`],
      ["Anomaly score", formatNumber(score)],
      ["Distance to medoid", formatNumber(distances[place])],
      ...(silhouette === undefined ? [] : [["Silhouette", formatNumber(silhouette)]]),
      ...defectFacts(images[image]),
      ...(label === undefined ? [] : [["Label", isolate(label)]]),
    ].map(([name, html]) => `<div><dt>${name}</dt><dd>${html}</dd></div>`).join("");
    part("group").innerHTML =
      sheets.groups().map((one) =>
        `<option value="${one.number}" ${one === group ? "selected" : ""}>${escapeHtml(groupTitle(one))}</option>`
      ).join("") + '<option value="new">a new group</option>';
    const similar = [];
    for (let at = 0; at < Math.min(nearest.length, SIMILAR * 2); at += 2) {
      similar.push(thumbnailButton(nearest[at], { images, cards }, formatNumber(nearest[at + 1])));
    }
    part("similar").innerHTML = similar.join("");
    for (const listener of onShow) listener(image);
  }

  // Links to the image file. The link works as long as the report stays where it was written.
  function fileLink(path) {
    const url = `${source}/${path.split("/").map(encodeURIComponent).join("/")}`;
    return `<a href="${escapeHtml(url)}" target="_blank" title="Open the image file">${isolate(path)}</a>`;
  }

  // Goes to the image before or after in the order of the page. The last image is followed by the first.
  function step(by) {
    const shown = sheets.shown();
    if (shown.length === 0) return;
    const at = shown.indexOf(image);
    show(shown[(Math.max(at, by > 0 ? -1 : 0) + by + shown.length) % shown.length]);
  }

  part("previous").addEventListener("click", () => step(-1));
  part("next").addEventListener("click", () => step(1));
  part("close").addEventListener("click", () => dialog.close());
  part("group").addEventListener("change", ({ target }) => {
    moveTo(image, target.value === "new" ? undefined : Number(target.value));
    show(image);
  });
  part("similar").addEventListener("click", ({ target }) => {
    const button = target.closest("[data-open]");
    if (!button) return;
    show(Number(button.dataset.open));
    part("next").focus();
  });
  overlay.addEventListener("change", () => dialog.classList.toggle("plain", !overlay.checked));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.matches("select")) return;
    if (view.key(event)) return event.preventDefault();
    if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
    else if (event.key === "h") overlay.click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    const card = cards[image];
    if (opener?.matches("svg")) opener.focus();
    else if (!card.hidden) card.querySelector("button").focus();
  });

  // Learning may move the image to another group while it is open.
  edits.onChange(() => dialog.open && show(image));

  return {
    image: () => image,
    onShow: (listener) => onShow.push(listener),
    open(chosen, from) {
      opener = from;
      tip.hide();
      // At a defect that fills the view the heat map would hide the defect.
      overlay.checked = !pictures.showsDefects();
      dialog.classList.toggle("plain", !overlay.checked);
      view.begin();
      show(chosen);
      dialog.showModal();
      view.resume(); // Sizes are known only once the dialog is open.
      part("next").focus();
    },
  };
}
