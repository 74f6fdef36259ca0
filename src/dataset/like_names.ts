// Names that are meant, though not written alike: macOS takes letters apart, Windows minds no case and writes `\`.

/** Names to be found by others that surely mean them. */
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

  /** The name itself; else the only one that is the same but for how letters are composed, or then for case. */
  find(name: string): string | undefined {
    if (this.#exact.has(name)) return name;
    const slashed = name.replaceAll("\\", "/");
    return this.#composed.get(slashed.normalize()) ?? this.#caseless.get(caseless(slashed));
  }
}

function caseless(name: string): string {
  return name.normalize().toLowerCase();
}

/** Two of a kind stand for none: which of them is meant cannot be told. */
function put(map: Map<string, string | undefined>, key: string, name: string): void {
  map.set(key, map.has(key) ? undefined : name);
}
