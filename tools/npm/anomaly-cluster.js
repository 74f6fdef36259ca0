#!/usr/bin/env node
// The command of the npm package, for Node and Bun.

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || major === 20 && minor < 16) {
  console.error(`error: anomaly-cluster needs Node 20.16 or newer, and this is ${process.versions.node}`);
  process.exit(1);
}

// Node 22 calls its SQLite experimental. Users need not see that warning.
const tellers = process.listeners("warning");
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") for (const tell of tellers) tell(warning);
});

const { main } = await import("../cli.js");
await main();
