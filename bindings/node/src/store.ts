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
  readonly #rows = new Map<string, { readonly row: Row; readonly blobs: readonly Blob[] }>();

  load(by: By, digests: readonly string[] = []): Loaded | null {
    const found = [...this.#rows.values()].findLast(({ row }) => is(row, by));
    return found ? { snapshot: found.row.snapshot, blobs: found.blobs.filter((blob) => digests.includes(blob.digest)) } : null;
  }

  store(row: Row, expected: number | null, blobs: readonly Blob[] = []): boolean {
    const stored = this.#rows.get(row.id);
    const taken = expected === null && this.load({ type: "key", key: row.key }) !== null;
    if ((stored?.row.revision ?? null) !== expected || taken) return false;
    const kept = [...(stored?.blobs ?? []), ...blobs].filter((blob) => row.blobs.includes(blob.digest));
    this.#rows.set(row.id, { row, blobs: kept });
    return true;
  }

  /** A row by its id. */
  row(id: string): Row | undefined {
    return this.#rows.get(id)?.row;
  }

  /** The ids of the rows that a worker has to look at by now. */
  due(now: UnixMillis): string[] {
    const rows = [...this.#rows.values()].map(({ row }) => row);
    return rows.filter((row) => row.due !== null && row.due <= now).map((row) => row.id);
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
