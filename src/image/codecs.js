// Imports the codecs' WebAssembly as compiled modules, which needs no permission. Some runtimes, and TypeScript, do not
// know this kind of import. So it stands in a JavaScript file, which is imported only when needed.

/** `@jsquash/avif`: libavif and dav1d or libaom. */
export const avif = () => import.source("@jsquash/avif/codec/dec/avif_dec.wasm");
/** `@jsquash/jpeg`: mozjpeg. */
export const jpeg = () => import.source("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm");
/** `@jsquash/jxl`: libjxl. */
export const jxl = () => import.source("@jsquash/jxl/codec/dec/jxl_dec.wasm");
/** `@cwasm/jpeg-turbo`: libjpeg-turbo. */
export const jpegTurbo = () => import.source("@cwasm/jpeg-turbo/jpeg-turbo.wasm");
/** `@jsquash/png`. */
export const png = () => import.source("@jsquash/png/codec/pkg/squoosh_png_bg.wasm");
/** `@jsquash/webp`. */
export const webp = () => import.source("@jsquash/webp/codec/dec/webp_dec.wasm");
