// Matches file names that different systems write differently: macOS stores accents as separate characters, Windows
// ignores case and writes `\`.

/** A set of names, which are found even if they are written a little differently. */
export class LikeNames {
  readonly #exact: ReadonlySet<string>;
  readonly #composed = new Map<string, string | undefined>();
  readonly #caseless = new Map<string, string | undefined>();

  constructor(names: Iterable<string>) {
    this.#exact = new Set(names);
    for (const name of this.#exact) {
      put(this.#composed, name.normalize(), name);
      put(this.#caseless, caseless(name), name);
    }
  }

  /**
   * The name that is meant: the same name if it exists; else the only one that differs just in how accents are stored;
   * else the only one that differs also in case. `undefined` if there is none.
   */
  find(name: string): string | undefined {
    if (this.#exact.has(name)) return name;
    const slashed = name.replaceAll("\\", "/");
    return this.#composed.get(slashed.normalize()) ?? this.#caseless.get(caseless(slashed));
  }
}

function caseless(name: string): string {
  return name.normalize().toLowerCase();
}

/** Stores `undefined` if two names have the same key, because it is not clear which one is meant. */
function put(map: Map<string, string | undefined>, key: string, name: string): void {
  map.set(key, map.has(key) ? undefined : name);
}
