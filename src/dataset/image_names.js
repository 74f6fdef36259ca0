// Tells images, masks and system files by their names. Used for folders and in browsers.

/** @param {string} path @returns {boolean} whether it is the name of an image in a supported format */
export function isImageName(path) {
  return /\.(jpe?g|jfif|png|tiff?|webp|gif|bmp|dib|avif|jxl|p[bgpn]m)$/i.test(path);
}

/**
 * Whether operating systems use this name for files and folders that never hold a user's images: previews, resource
 * forks, deleted files.
 * @param {string} name @returns {boolean}
 */
export function isSystemName(name) {
  return /^(\.|@(eaDir|__thumb|Recycle|Recently-Snapshot|tmp)$|__MACOSX$|#recycle$|\$RECYCLE\.BIN$|System Volume Information$|lost\+found$)/i
    .test(name);
}

/**
 * The name of the image that a mask belongs to: 000 for the mask 000_mask. Both are without folder and ending.
 * @param {string} name @returns {string}
 */
export function imageOfMask(name) {
  return name.replace(/[ _.-](masks?|gt|ground[ _-]?truth|labels?|seg|segmentation|annotation)$/i, "")
    .replace(/^(mask|gt|label)[ _.-]/i, "");
}

/**
 * The masks that lie beside their images: a PNG beside a JPEG of the same name, or x_mask.png beside any x.
 * @param {readonly string[]} paths @returns {Set<string>}
 */
export function masksAmong(paths) {
  const stem = (path) => path.replace(/\.[^./]*$/, "").toLowerCase();
  const stems = new Set(paths.map(stem));
  const jpegStems = new Set(paths.filter((path) => /\.jpe?g$/i.test(path)).map(stem));
  const isMask = (path) => {
    const [, folder, name] = stem(path).match(/^(.*\/)?(.*)$/s);
    const image = imageOfMask(name);
    return image !== name && stems.has((folder ?? "") + image) && /\.(png|bmp|dib|tiff?|gif|p[bgn]m)$/i.test(path);
  };
  return new Set(paths.filter((path) => /\.png$/i.test(path) && jpegStems.has(stem(path)) || isMask(path)));
}
