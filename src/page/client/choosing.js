// Files that a person chose or dropped, with the paths that results call them by.

import { isImageName, isSystemName, masksAmong } from "../../dataset/image_names.js";

/** The files of an input; of a folder with their paths. */
export function filesOf(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** All files of what was dropped, folders among it. To be called before any wait: its entries are gone after one. */
export async function filesDropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  return (await Promise.all(entries.map((entry) => filesBelow(entry, entry.name)))).flat();
}

/** A folder tells its content in pieces. */
async function filesBelow(entry, path) {
  if (entry.isFile) return [{ file: await new Promise((done, fail) => entry.file(done, fail)), path }];
  const reader = entry.createReader();
  const found = [];
  while (true) {
    const piece = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!piece.length) return found;
    for (const child of piece) found.push(...await filesBelow(child, `${path}/${child.name}`));
  }
}

/** What of some files can be used: images by path from their common folder, and zips of images. */
export function usableOf(found) {
  const seen = found.filter(({ path }) => !path.split("/").some(isSystemName));
  const top = seen[0]?.path.match(/^[^/]+(?=\/)/)?.[0];
  const folder = top !== undefined && seen.every(({ path }) => path.startsWith(`${top}/`)) ? top : undefined;
  const inside = seen.map(({ file, path }) => ({ file, path: folder ? path.slice(folder.length + 1) : path }));
  const masks = masksAmong(inside.map(({ path }) => path));
  const images = inside.filter(({ path }) => isImageName(path) && !masks.has(path));
  const zips = inside.filter(({ path }) => /\.zip$/i.test(path));
  const others = inside.length - images.length - zips.length - masks.size;
  images.sort((a, b) => a.path < b.path ? -1 : 1);
  return { images, zips, folder, masks: masks.size, others };
}

/** What was chosen, in a sentence. */
export function chosenText({ images, zips, folder, masks, others }) {
  const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const used = [
    ...(images.length || !zips.length ? [count(images.length, "image")] : []),
    ...(zips.length ? [count(zips.length, "zip")] : []),
  ].join(" and ");
  const left = [
    ...(masks ? [`${count(masks, "mask")} named as the images beside`] : []),
    ...(others ? [count(others, "other file")] : []),
  ].join(" and ");
  return `${used} ${folder ? `of ${folder} ` : ""}chosen${left ? `, ${left} left out` : ""}.`;
}
