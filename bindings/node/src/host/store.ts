// What the hosting kit needs of a database, and the two that it brings.

import type { Loaded } from "../store.js";
import type { Blob, By, ProviderId, Row, UnixMillis } from "../types.js";
import type { Happened, VerificationEvent } from "./events.js";
import { PostgresStore, type PostgresPool } from "./postgres.js";
import type { StoreKey } from "./sealing.js";
import { SqliteStore } from "./sqlite.js";

/** A database of verifications. `openStore` gives one. */
export interface HostStore {
  load(by: By, digests: readonly string[]): Promise<Loaded | null>;
  /** As `Store.store`, with what belongs beside the row, in one transaction. */
  store(row: Row, expected: number | null, blobs: readonly Blob[], beside: Beside): Promise<boolean>;
  /** Keeps events, and that it is erased, where the row itself does not change. */
  note(id: string, beside: Omit<Beside, "subject">): Promise<void>;
  /** Takes up to so many rows that are due, for a minute: no other worker gets them meanwhile. */
  take(now: UnixMillis, count: number): Promise<string[]>;
  /** The same for rows that ended before a time, and whose data is still there. */
  takeOld(before: UnixMillis, now: UnixMillis): Promise<string[]>;
  /** Ends that minute, unless the row has changed since. */
  release(id: string, revision: number): Promise<void>;
  /** Whose it is; `null` if there is none. */
  subject(id: string): Promise<string | null>;
  revision(id: string): Promise<number | null>;
  list(filter: ListFilter): Promise<Listed[]>;
  timeline(id: string): Promise<VerificationEvent[]>;
  /** Calls whenever there is something due; gives what ends that. */
  onDue(call: () => void): () => void;
  close(): Promise<void>;
}

/** What is stored beside a row. */
export interface Beside {
  readonly at: UnixMillis;
  /** Of a new row: the host's name of its user. */
  readonly subject?: string;
  readonly erased?: boolean;
  readonly events: readonly Happened[];
}

/** Which verifications to list, the newest first. */
export interface ListFilter {
  readonly subject?: string;
  readonly key?: string;
  /** `running`: without an outcome; `ended`; `undelivered`: ended, and `onOutcome` has not returned yet. */
  readonly state?: "running" | "ended" | "undelivered";
  /** Only those that began before this time, for the next page. */
  readonly before?: UnixMillis;
  /** 100 if left out. */
  readonly limit?: number;
}

/** What a list says of a verification. */
export interface Listed {
  readonly id: string;
  readonly key: string;
  readonly subject: string;
  readonly provider: ProviderId;
  readonly account: string;
  /** `approved`, `declined` …, `expired`; `null` while it runs. */
  readonly outcome: string | null;
  readonly created: UnixMillis;
  readonly ended: UnixMillis | null;
  readonly erased: UnixMillis | null;
  /** When a worker looks at it. */
  readonly due: UnixMillis | null;
  /** When its outcome is to be delivered, if it has not been. */
  readonly undelivered: UnixMillis | null;
}

export interface StoreOptions {
  /**
   * Encrypts snapshots, images and long answers by the first key, and decrypts by all of them. A new key goes before the others; an
   * old one may go when nothing is left that it encrypted. What was stored before there were keys stays readable.
   */
  readonly keys?: readonly StoreKey[];
}

/**
 * Opens a database, and brings its tables to this version: a `postgres:` URL or a `Pool` of `pg`, or a file of SQLite, such as
 * `sqlite:idv.sqlite` (`sqlite::memory:` for tests).
 *
 * PostgreSQL needs the package `pg`. SQLite needs Node.js 22.13 or later, or the package `better-sqlite3`.
 */
export async function openStore(where: string | PostgresPool, options: StoreOptions = {}): Promise<HostStore> {
  if (typeof where !== "string") return PostgresStore.open(where, options);
  if (/^postgres(ql)?:/.test(where)) return PostgresStore.open(where, options);
  if (where.startsWith("sqlite:")) return SqliteStore.open(where.slice("sqlite:".length).replace(/^\/\/(?=\/)/, ""), options);
  throw new TypeError("a store is a postgres: URL, a sqlite: file such as sqlite:idv.sqlite, or a Pool of pg");
}
