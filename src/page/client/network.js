// A network among files that a person chose or dropped.

import { isImageName, isSystemName } from "../../dataset/image_names.js";

/**
 * The files of a network apart from images: `model` is the ONNX file, the usual one of a repository where there are
 * several, `files` what may tell of it. No model where there is no ONNX file.
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

/** What was chosen, in a sentence. */
export function networkText({ model, files }) {
  const others = files.filter(({ path }) => /\.onnx$/i.test(path)).length - 1;
  const left = others ? `, ${others} other${others === 1 ? "" : "s"} left out` : "";
  return `${model.path} chosen${left}.`;
}
