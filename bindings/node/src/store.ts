import type { Blob, By, Row, UnixMillis } from "./types.js";

/** What is needed of a database. `MemoryStore` shows it in the fewest lines. */
export interface Store {
  /** The text of a row, `Row.snapshot`, and the blobs of these digests; `null` if there is no such row. */
  load(by: By, digests: readonly string[]): Loaded | null | Promise<Loaded | null>;
  /**
   * Inserts the row if `expected` is `null`, or replaces it if its stored revision is still `expected`; with its references and
   * blobs, in one transaction. `false` if another worker was first, or a new row's id or key is taken.
   */
  store(row: Row, expected: number | null, blobs: readonly Blob[]): boolean | Promise<boolean>;
}

/** What a store has of a row. */
export interface Loaded {
  /** The text. */
  readonly snapshot: string;
  /** The blobs that were asked for; none if left out. */
  readonly blobs?: readonly Blob[];
}

/** A store in memory, for tests and programs that live as long as their verifications. */
export class MemoryStore implements Store {
  readonly #rows = new Map<string, Row>();
  readonly #blobs = new Map<string, Blob>();

  load(by: By, digests: readonly string[] = []): Loaded | null {
    const row = [...this.#rows.values()].findLast((row) => is(row, by));
    const blobs = digests.map((digest) => this.#blobs.get(digest)).filter((blob) => blob !== undefined);
    return row ? { snapshot: row.snapshot, blobs } : null;
  }

  store(row: Row, expected: number | null, blobs: readonly Blob[] = []): boolean {
    const stored = this.#rows.get(row.id);
    if ((stored?.revision ?? null) !== expected) return false;
    if (!stored && this.load({ type: "key", key: row.key })) return false;
    this.#rows.set(row.id, row);
    for (const blob of blobs) this.#blobs.set(blob.digest, blob);
    for (const digest of stored?.blobs ?? []) if (!row.blobs.includes(digest)) this.#blobs.delete(digest);
    return true;
  }

  /** A row by its id. */
  row(id: string): Row | undefined {
    return this.#rows.get(id);
  }

  /** The ids of the rows that a worker has to look at by now. */
  due(now: UnixMillis): string[] {
    return [...this.#rows.values()].filter((row) => row.due !== null && row.due <= now).map((row) => row.id);
  }
}

function is(row: Row, by: By): boolean {
  switch (by.type) {
    case "id":
      return row.id === by.id;
    case "key":
      return row.key === by.key;
    case "references":
      return by.references.some((wanted) =>
        row.references.some((known) => known.account === wanted.account && known.reference === wanted.reference),
      );
  }
}
