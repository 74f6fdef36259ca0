// What the names of files tell, in folders and in browsers.

/** @param {string} path @returns {boolean} whether it is an image of a kind that is read */
export function isImageName(path) {
  return /\.(jpe?g|jfif|png|tiff?|webp|gif|bmp|dib|avif|jxl|p[bgpn]m)$/i.test(path);
}

/**
 * A PNG beside a JPEG of the same name is taken for its mask.
 * @param {readonly string[]} paths @returns {Set<string>}
 */
export function masksAmong(paths) {
  const stem = (path) => path.replace(/\.[^./]*$/, "").toLowerCase();
  const jpegStems = new Set(paths.filter((path) => /\.jpe?g$/i.test(path)).map(stem));
  return new Set(paths.filter((path) => /\.png$/i.test(path) && jpegStems.has(stem(path))));
}
