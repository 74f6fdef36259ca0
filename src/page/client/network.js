// Finds a network among files that a person chose or dropped.

import { isImageName, isSystemName } from "../../dataset/image_names.js";

/**
 * Separates the files of a network from the images. "model" is the ONNX file; of several it is the one with a
 * repository's usual name. "files" are the files that may describe the network. Without an ONNX file there is no model.
 */
export function networkAmong(found) {
  const seen = found.filter(({ path }) => !path.split("/").some(isSystemName));
  const models = seen.filter(({ path }) => /\.onnx$/i.test(path)).sort((a, b) => a.path < b.path ? -1 : 1);
  const model = models.find(({ path }) => /(^|\/)model\.onnx$/i.test(path)) ?? models[0];
  const isOther = ({ path }) => isImageName(path) || /\.zip$/i.test(path);
  return {
    model,
    files: model ? seen.filter((one) => !isOther(one)) : [],
    rest: model ? found.filter(isOther) : found,
  };
}

/** Returns a sentence on which network was chosen. */
export function networkText({ model, files }) {
  const others = files.filter(({ path }) => /\.onnx$/i.test(path)).length - 1;
  const left = others ? `, ${others} other${others === 1 ? "" : "s"} left out` : "";
  return `${model.path} chosen${left}.`;
}
