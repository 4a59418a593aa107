// Verifications in a file of SQLite, by what is there: Node's own module, or better-sqlite3.

import type { Loaded } from "../store.js";
import type { Blob, By, Row, UnixMillis } from "../types.js";
import { CHANGING, LEASE_MS, LISTED, TAKEN, changing, conditions, event, listed } from "./columns.js";
import type { VerificationEvent } from "./events.js";
import { Sealing } from "./sealing.js";
import shared from "./shared.json";
import type { Beside, HostStore, ListFilter, Listed, StoreOptions } from "./store.js";

type Value = string | number | null | Uint8Array;

/** What both modules have. */
interface Database {
  exec(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): void;
}

interface Statement {
  run(...values: Value[]): { readonly changes: number | bigint };
  all(...values: Value[]): unknown[];
}

const FOUND = {
  id: "SELECT id, snapshot FROM idvkit_verification WHERE id = ?",
  key: "SELECT id, snapshot FROM idvkit_verification WHERE key = ?",
};
const INSERT = `INSERT INTO idvkit_verification (id, key, subject, created, ${CHANGING.join(", ")})
  VALUES (${Array.from({ length: 4 + CHANGING.length }, () => "?").join(", ")}) ON CONFLICT DO NOTHING`;
const UPDATE = `UPDATE idvkit_verification SET ${CHANGING.map((column) => `${column} = ?`).join(", ")}, leased = 0
  WHERE id = ? AND revision = ?`;
const REFER = `INSERT INTO idvkit_reference (account, reference, verification) VALUES (?, ?, ?)
  ON CONFLICT (account, reference) DO UPDATE SET verification = excluded.verification
  WHERE (SELECT created FROM idvkit_verification WHERE id = excluded.verification)
    >= (SELECT created FROM idvkit_verification WHERE id = idvkit_reference.verification)`;
const PUT = `INSERT INTO idvkit_blob (verification, digest, bytes) VALUES (?, ?, ?)
  ON CONFLICT (verification, digest) DO UPDATE SET bytes = excluded.bytes`;
const taking = (which: string, order: string) => `UPDATE idvkit_verification SET leased = ? WHERE id IN
  (SELECT id FROM idvkit_verification WHERE ${which} AND leased <= ? ORDER BY ${order} LIMIT ?) RETURNING id`;
const TAKE_DUE = taking("due <= ?", "due");
const TAKE_OLD = taking("ended <= ? AND erased IS NULL", "ended");

/** SQLite answers at once; that is why nothing here waits, and a transaction is one piece of work. */
export class SqliteStore implements HostStore {
  readonly #database: Database;
  readonly #sealing: Sealing;
  readonly #calls = new Set<() => void>();
  readonly #statements = new Map<string, Statement>();

  private constructor(database: Database, sealing: Sealing) {
    this.#database = database;
    this.#sealing = sealing;
  }

  static async open(file: string, options: StoreOptions): Promise<SqliteStore> {
    const sealing = new Sealing(options.keys);
    const store = new SqliteStore(await database(file), sealing);
    store.#database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON");
    store.#migrate();
    return store;
  }

  async load(by: By, digests: readonly string[]): Promise<Loaded | null> {
    const found = by.type === "references" ? this.#referred(by.references) : this.#all(FOUND[by.type], by.type === "id" ? by.id : by.key);
    const [row] = found as { id: string; snapshot: string }[];
    if (!row) return null;
    const blobs = digests.flatMap((digest) => {
      const [blob] = this.#all("SELECT bytes FROM idvkit_blob WHERE verification = ? AND digest = ?", row.id, digest) as { bytes: Uint8Array }[];
      return blob ? [{ digest, bytes: this.#sealing.unsealBytes(blob.bytes, `${row.id}/${digest}`) } as Blob] : [];
    });
    return { snapshot: this.#sealing.unseal(row.snapshot, row.id), blobs };
  }

  async store(row: Row, expected: number | null, blobs: readonly Blob[], beside: Beside): Promise<boolean> {
    const values = changing(row, this.#sealing);
    const done = this.#whole(() => {
      const changed =
        expected === null
          ? this.#run(INSERT, row.id, row.key, beside.subject ?? "", beside.at, ...values)
          : this.#run(UPDATE, ...values, row.id, expected);
      if (changed === 0) return false;
      if (row.outcome) this.#run("UPDATE idvkit_verification SET ended = coalesce(ended, ?) WHERE id = ?", beside.at, row.id);
      this.#refer(row);
      for (const { digest, bytes } of blobs) this.#run(PUT, row.id, digest, this.#sealing.sealBytes(bytes, `${row.id}/${digest}`));
      const named = row.blobs.map(() => "?").join(", ");
      this.#run(`DELETE FROM idvkit_blob WHERE verification = ? AND digest NOT IN (${named})`, row.id, ...row.blobs);
      this.#beside(row.id, beside);
      return true;
    });
    if (done && row.due !== null && row.due <= beside.at) for (const call of this.#calls) call();
    return done;
  }

  async note(id: string, beside: Omit<Beside, "subject">): Promise<void> {
    this.#whole(() => this.#beside(id, beside));
  }

  async take(now: UnixMillis, count: number): Promise<string[]> {
    return (this.#all(TAKE_DUE, now + LEASE_MS, now, now, Math.min(count, TAKEN)) as { id: string }[]).map(({ id }) => id);
  }

  async takeOld(before: UnixMillis, now: UnixMillis): Promise<string[]> {
    return (this.#all(TAKE_OLD, now + LEASE_MS, before, now, TAKEN) as { id: string }[]).map(({ id }) => id);
  }

  async release(id: string, revision: number): Promise<void> {
    this.#run("UPDATE idvkit_verification SET leased = 0 WHERE id = ? AND revision = ?", id, revision);
  }

  async subject(id: string): Promise<string | null> {
    const [found] = this.#all("SELECT subject FROM idvkit_verification WHERE id = ?", id) as { subject: string }[];
    return found?.subject ?? null;
  }

  async revision(id: string): Promise<number | null> {
    const [found] = this.#all("SELECT revision FROM idvkit_verification WHERE id = ?", id) as { revision: number }[];
    return found?.revision ?? null;
  }

  async list(filter: ListFilter): Promise<Listed[]> {
    const { where, values } = conditions(filter, () => "?");
    return (this.#all(`SELECT ${LISTED} FROM idvkit_verification ${where}`, ...values) as Record<string, unknown>[]).map(listed);
  }

  async timeline(id: string): Promise<VerificationEvent[]> {
    const found = this.#all("SELECT at, event FROM idvkit_event WHERE verification = ? ORDER BY at, rowid", id);
    return (found as Record<string, unknown>[]).map((one) => event(id, one));
  }

  onDue(call: () => void): () => void {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #referred(references: readonly { readonly account: string; readonly reference: string }[]): unknown[] {
    const each = references.map(() => "(account = ? AND reference = ?)").join(" OR ");
    const sql = `SELECT id, snapshot FROM idvkit_verification WHERE id IN
      (SELECT verification FROM idvkit_reference WHERE ${each}) ORDER BY created DESC LIMIT 1`;
    return this.#all(sql, ...references.flatMap(({ account, reference }) => [account, reference]));
  }

  #refer({ id, references }: Row): void {
    const each = references.map(() => "(?, ?)").join(", ");
    const others = `DELETE FROM idvkit_reference WHERE verification = ? ${each && `AND (account, reference) NOT IN (VALUES ${each})`}`;
    this.#run(others, id, ...references.flatMap(({ account, reference }) => [account, reference]));
    for (const { account, reference } of references) this.#run(REFER, account, reference, id);
  }

  #beside(id: string, { at, erased, events }: Beside): void {
    if (erased) this.#run("UPDATE idvkit_verification SET erased = coalesce(erased, ?) WHERE id = ?", at, id);
    for (const one of events) this.#run("INSERT INTO idvkit_event (verification, at, event) VALUES (?, ?, ?)", id, at, JSON.stringify(one));
  }

  #run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  #all(sql: string, ...values: Value[]): unknown[] {
    return this.#statement(sql).all(...values);
  }

  #statement(sql: string): Statement {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #whole<T>(what: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const done = what();
      this.#database.exec("COMMIT");
      return done;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #migrate(): void {
    this.#database.exec("CREATE TABLE IF NOT EXISTS idvkit_schema (version BIGINT PRIMARY KEY)");
    for (const [index, sql] of shared.schema.entries()) {
      this.#whole(() => {
        const version = index + 1;
        if (this.#all("SELECT 1 FROM idvkit_schema WHERE version = ?", version).length > 0) return;
        this.#database.exec(sql);
        this.#run("INSERT INTO idvkit_schema (version) VALUES (?)", version);
      });
    }
  }
}

async function database(file: string): Promise<Database> {
  const own = process.getBuiltinModule?.("node:sqlite" as never) as { DatabaseSync: new (file: string) => Database } | undefined;
  if (own?.DatabaseSync) return new own.DatabaseSync(file);
  let module;
  try {
    module = await import("better-sqlite3");
  } catch (cause) {
    throw new Error("SQLite needs Node.js 22.13 or later, or the package better-sqlite3: npm install better-sqlite3@12", { cause });
  }
  return new module.default(file) as Database;
}
