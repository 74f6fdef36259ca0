// Reads which files a person chose or dropped, with the paths under which results list them.

import { isImageName, isSystemName, masksAmong } from "../../dataset/image_names.js";

/** Returns the files of an input. Files of a folder have their paths in it. */
export function filesOf(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/**
 * Returns all files that were dropped, including those in folders. Call it before any await: afterwards the browser has
 * cleared the entries.
 */
export async function filesDropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  return (await Promise.all(entries.map((entry) => filesBelow(entry, entry.name)))).flat();
}

/** Returns all files below an entry. The browser returns a folder's content in pieces. */
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

/** Returns which files can be used: images, with paths from their common folder, and zips of images. */
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

/** Returns a sentence on what was chosen. */
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
