// In the npm package the engine finds its own WebAssembly: in its own folder in Node, beside the bundle in browsers.

export const engine = () => undefined;

// That with WebGPU is handed in.
export const webgpu = () => undefined;
