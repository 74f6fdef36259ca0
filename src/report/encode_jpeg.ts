// The JPEG encoder, which finds its WebAssembly itself.

export { default as encodeJpeg } from "@jsquash/jpeg/encode.js";
