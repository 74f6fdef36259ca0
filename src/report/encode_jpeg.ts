// The JPEG encoder. It finds its WebAssembly file itself.

export { default as encodeJpeg } from "@jsquash/jpeg/encode.js";
