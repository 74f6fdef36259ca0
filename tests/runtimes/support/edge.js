// A worker in workerd, which compiles no WebAssembly from bytes: modules and the network are part of it.

import { init, initDecoders } from "@anomalies/cluster";
import core from "./core.wasm";
import jpeg from "./jpeg.wasm";
import model from "./model.onnx";
import onnxruntime from "./onnxruntime.wasm";
import { group, refusal } from "./group.js";

initDecoders({ jpeg });

export default {
  async fetch(request) {
    const parts = [...(await request.formData()).values()];
    const files = await Promise.all(parts.map(async (file) => new Uint8Array(await file.arrayBuffer())));
    if (request.url.endsWith("/refusal")) return Response.json(await refusal(files));
    init({ module: core });
    return Response.json(await group(files, { model: new Uint8Array(model), wasmModule: onnxruntime }));
  },
};
