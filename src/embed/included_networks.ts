// The addresses of the networks that the package includes.

/**
 * Address of the smaller included network: EfficientNet-Lite0 up to reduction 4 (stride 16, 112 channels). {@linkcode
 * readNetwork} reads it in every runtime.
 */
export const DEFAULT_MODEL: URL = located(() =>
  new URL("../../models/efficientnet-lite0-reduction4.onnx.wasm", import.meta.url)
);

/**
 * Address of EfficientNet-Lite0 with reductions 3, 4 and 5 (strides 8, 16, 32; 40, 112, 192 channels) as its outputs.
 */
export const PYRAMID_MODEL: URL = located(() =>
  new URL("../../models/efficientnet-lite0-pyramid.onnx.wasm", import.meta.url)
);

/**
 * Address of the same network together with the reductions of Lite2 (48, 120 and 208 channels). Two networks see more
 * than one.
 */
export const TWO_NETWORKS_MODEL: URL = located(() =>
  new URL("../../models/efficientnet-lite0-lite2.onnx.wasm", import.meta.url)
);

/**
 * Returns the address. In edge workers, modules have no address and no files beside them; there it returns one that
 * leads nowhere.
 */
function located(locate: () => URL): URL {
  try {
    return locate();
  } catch {
    return new URL("about:blank");
  }
}
