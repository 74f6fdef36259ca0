// Exports the groups as shown: groups-edited.json for other commands, and CSV.

import { groupTitle } from "./group_markup.js";
import { groupLooks } from "./looks.js";
import { csvText, quoted } from "./text.js";

export function followExports({ report, edits, arrangement }) {
  document.getElementById("export-json").addEventListener("click", () => {
    download(
      "groups-edited.json",
      "application/json",
      `${JSON.stringify(groupsFile(report, edits, arrangement), null, 1)}\n`,
    );
  });
  document.getElementById("export-csv").addEventListener("click", () => {
    download("groups-edited.csv", "text/csv", csv(groupsFile(report, edits, arrangement)));
  });
}

// Returns the groups in the form of groups.json, with names, notes and marks. What holds only for the groups of the run
// is left out.
function groupsFile({ images, model, settings, warnings }, edits, arrangement) {
  const { groups, confirmed, confidences } = edits.present();
  const looks = groupLooks(groups, images);
  const places = [];
  for (const group of groups) {
    const { order, distances } = arrangement.of(group);
    order.forEach((image, at) => places[image] = { group: group.number, distance: digits(distances[at]) });
  }
  return {
    format: "anomaly-cluster-groups/1",
    settings: { ...settings, k: groups.length, ...(edits.isEdited() && { kChosen: "edited in the report" }) },
    model,
    groups: groups.map((group, at) => ({
      group: group.number,
      size: group.members.length,
      medoid: images[arrangement.of(group).order[0]].path,
      ...(group.name && { name: group.name }),
      ...(group.sound && { sound: true }),
      ...(group.note && { note: group.note }),
      ...(looks[at].text && { looks: looks[at] }),
    })),
    images: images.map(({ path, score, outlier, label, defect }, image) => ({
      path,
      group: places[image].group,
      score,
      distance: places[image].distance,
      ...(outlier && { outlier }),
      ...(label !== undefined && { label }),
      ...(defect && { defect }),
      ...(confirmed.has(image)
        ? { confirmed: true }
        : confidences[image] !== null && { confidence: confidences[image] }),
    })),
    warnings,
  };
}

function digits(value) {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

function csv({ groups, images }) {
  const named = new Map(groups.map((group) => [group.group, groupTitle({ number: group.group, name: group.name })]));
  const lines = images.map(({ path, group, distance, score, confirmed, confidence }) => {
    return [path, group, named.get(group), distance, score, confirmed ? "yes" : "no", confidence];
  });
  const rows = [["path", "group", "name", "distance", "score", "confirmed", "confidence"], ...lines];
  return csvText(
    rows.map((row) => row.map((value) => typeof value === "string" ? quoted(value) : value ?? "").join(",")),
  );
}

function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
