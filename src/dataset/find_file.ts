// Finds files by paths that were written on another operating system.

import { existsSync, readdirSync } from "node:fs";
import { dirname, join, parse, resolve } from "node:path";
import { LikeNames } from "./like_names.ts";

/** Finds files. Lists each folder at most once. */
export class FileFinder {
  readonly #listings = new Map<string, LikeNames>();

  /**
   * The file that a path from a folder means, though names may be written differently: see {@linkcode LikeNames.find}.
   * `undefined` if there is none.
   */
  find(folder: string, path: string): string | undefined {
    const exact = resolve(folder, path);
    return existsSync(exact) ? exact : this.#like(resolve(folder, path.replaceAll("\\", "/")));
  }

  #like(file: string): string | undefined {
    if (existsSync(file) || file === parse(file).root) return file;
    const folder = this.#like(dirname(file));
    const name = folder && this.#listing(folder).find(parse(file).base);
    return name && join(folder, name);
  }

  #listing(folder: string): LikeNames {
    const found = this.#listings.get(folder) ?? new LikeNames(namesIn(folder));
    this.#listings.set(folder, found);
    return found;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
