// In the npm package the engine finds its own WebAssembly: beside itself in Node, beside the bundle in browsers.

export const engine = () => undefined;
