// Chromium for tests.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where it lies; fails, and says what to install, where it does not. */
export function browserPath(): string {
  const path = BROWSERS.find((path) => existsSync(path));
  assert(path, "Chromium is needed: apt-get install chromium");
  return path;
}
