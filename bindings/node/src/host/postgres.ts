// Verifications in PostgreSQL, over `pg`.

import type { Loaded } from "../store.js";
import type { Blob, By, Row, UnixMillis } from "../types.js";
import { CHANGING, LEASE_MS, LISTED, TAKEN, changing, conditions, event, listed } from "./columns.js";
import type { VerificationEvent } from "./events.js";
import { Sealing } from "./sealing.js";
import shared from "./shared.json";
import type { Beside, HostStore, ListFilter, Listed, StoreOptions } from "./store.js";

/** What is needed of a `Pool` of `pg`. */
export interface PostgresPool {
  query(sql: string, values?: unknown[]): Promise<{ readonly rows: any[] }>;
  connect(): Promise<PostgresClient>;
  end(): Promise<void>;
}

export interface PostgresClient {
  query(sql: string, values?: unknown[]): Promise<{ readonly rows: any[] }>;
  release(destroy?: boolean): void;
  on(event: "notification" | "error" | "end", call: () => void): unknown;
}

const CHANNEL = "idvkit_due";
/** The lock under which tables are made, so that of several processes that start at once one does it. */
const MIGRATING = "SELECT pg_advisory_xact_lock(x'6964766b6974'::bigint)";
const LISTEN_AGAIN_MS = 1000;

const FOUND = {
  id: "SELECT id, snapshot FROM idvkit_verification WHERE id = $1",
  key: "SELECT id, snapshot FROM idvkit_verification WHERE key = $1",
};
const REFERRED = `SELECT id, snapshot FROM idvkit_verification WHERE id IN (SELECT verification FROM idvkit_reference
  JOIN unnest($1::text[], $2::text[]) AS wanted (account, reference) USING (account, reference)) ORDER BY created DESC LIMIT 1`;
/** By an array: what is only a subquery may run more than once, and lock more rows than are taken. */
const taking = (which: string, order: string) => `UPDATE idvkit_verification SET leased = $1::bigint + ${LEASE_MS} WHERE id = ANY (ARRAY(
  SELECT id FROM idvkit_verification WHERE ${which} AND leased <= $1::bigint ORDER BY ${order} LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id`;
const TAKE_DUE = taking("due <= $1::bigint", "due");
const TAKE_OLD = taking("ended <= $3::bigint AND erased IS NULL", "ended");

// Everything in one statement, which is one transaction and one way to the server. $1 id, $2 when, $3 and $4 references, $5 the digests
// to keep, $6 and $7 new blobs, $8 events, $9 to $16 what changes.
const VALUES = CHANGING.map((_, index) => `$${9 + index}`);
const [DUE, OUTCOME] = [VALUES[CHANGING.indexOf("due")], VALUES[CHANGING.indexOf("outcome")]];
const BESIDE = `
  referred AS (INSERT INTO idvkit_reference (account, reference, verification)
    SELECT account, reference, id FROM stored, unnest($3::text[], $4::text[]) AS new (account, reference)
    ON CONFLICT (account, reference) DO UPDATE SET verification = excluded.verification
    WHERE idvkit_reference.verification <> excluded.verification
    AND coalesce((SELECT created FROM idvkit_verification WHERE id = excluded.verification), $2::bigint)
      >= (SELECT created FROM idvkit_verification WHERE id = idvkit_reference.verification)),
  unreferred AS (DELETE FROM idvkit_reference USING stored WHERE verification = id
    AND (account, reference) NOT IN (SELECT account, reference FROM unnest($3::text[], $4::text[]) AS new (account, reference))),
  gone AS (DELETE FROM idvkit_blob USING stored WHERE verification = id AND digest <> ALL ($5::text[])),
  put AS (INSERT INTO idvkit_blob (verification, digest, bytes)
    SELECT id, digest, bytes FROM stored, unnest($6::text[], $7::bytea[]) AS new (digest, bytes)
    ON CONFLICT (verification, digest) DO UPDATE SET bytes = excluded.bytes),
  happened AS (INSERT INTO idvkit_event (verification, at, event)
    SELECT id, $2::bigint, event FROM stored, unnest($8::text[]) WITH ORDINALITY AS new (event, number) ORDER BY number)
  SELECT CASE WHEN ${DUE}::bigint <= $2::bigint THEN pg_notify('${CHANNEL}', '') END FROM stored`;
const INSERT = `WITH stored AS (INSERT INTO idvkit_verification (id, created, key, subject, ended, ${CHANGING.join(", ")})
  VALUES ($1, $2::bigint, $17, $18, CASE WHEN ${OUTCOME}::text IS NULL THEN NULL ELSE $2::bigint END, ${VALUES.join(", ")})
  ON CONFLICT DO NOTHING RETURNING id), ${BESIDE}`;
const UPDATE = `WITH stored AS (UPDATE idvkit_verification SET ${CHANGING.map((column, index) => `${column} = ${VALUES[index]}`).join(", ")},
  leased = 0, ended = coalesce(ended, CASE WHEN ${OUTCOME}::text IS NULL THEN NULL ELSE $2::bigint END),
  erased = coalesce(erased, CASE WHEN $17::boolean THEN $2::bigint END) WHERE id = $1 AND revision = $18 RETURNING id), ${BESIDE}`;
const NOTE = `WITH stored AS (UPDATE idvkit_verification SET erased = CASE WHEN $3::boolean THEN coalesce(erased, $2::bigint) ELSE erased END
  WHERE id = $1 RETURNING id) INSERT INTO idvkit_event (verification, at, event)
  SELECT id, $2::bigint, event FROM stored, unnest($4::text[]) WITH ORDINALITY AS new (event, number) ORDER BY number`;

export class PostgresStore implements HostStore {
  readonly #pool: PostgresPool;
  readonly #sealing: Sealing;
  /** Whether the pool was made here, and ends with the store. */
  readonly #own: boolean;
  readonly #calls = new Set<() => void>();
  #listening: PostgresClient | null | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;

  private constructor(pool: PostgresPool, sealing: Sealing, own: boolean) {
    this.#pool = pool;
    this.#sealing = sealing;
    this.#own = own;
  }

  static async open(where: string | PostgresPool, options: StoreOptions): Promise<PostgresStore> {
    const sealing = new Sealing(options.keys);
    const own = typeof where === "string";
    const store = new PostgresStore(own ? await pool(where) : where, sealing, own);
    try {
      await store.#migrate();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async load(by: By, digests: readonly string[]): Promise<Loaded | null> {
    const [row] = await (by.type === "references"
      ? this.#rows(REFERRED, [by.references.map((one) => one.account), by.references.map((one) => one.reference)])
      : this.#rows(FOUND[by.type], [by.type === "id" ? by.id : by.key]));
    if (!row) return null;
    const sql = "SELECT digest, bytes FROM idvkit_blob WHERE verification = $1 AND digest = ANY ($2::text[])";
    const found = digests.length > 0 ? await this.#rows(sql, [row.id, digests]) : [];
    const blobs = found.map(({ digest, bytes }) => ({ digest, bytes: this.#sealing.unsealBytes(bytes, `${row.id}/${digest}`) }) as Blob);
    return { snapshot: this.#sealing.unseal(row.snapshot, row.id), blobs };
  }

  async store(row: Row, expected: number | null, blobs: readonly Blob[], beside: Beside): Promise<boolean> {
    const shared = [
      row.id,
      beside.at,
      row.references.map((one) => one.account),
      row.references.map((one) => one.reference),
      row.blobs,
      blobs.map((one) => one.digest),
      blobs.map((one) => this.#sealing.sealBytes(one.bytes, `${row.id}/${one.digest}`)),
      beside.events.map((one) => JSON.stringify(one)),
      ...changing(row, this.#sealing),
    ];
    const stored =
      expected === null
        ? await this.#rows(INSERT, [...shared, row.key, beside.subject ?? ""])
        : await this.#rows(UPDATE, [...shared, beside.erased ?? false, expected]);
    return stored.length > 0;
  }

  async note(id: string, { at, erased, events }: Beside): Promise<void> {
    await this.#rows(NOTE, [id, at, erased ?? false, events.map((one) => JSON.stringify(one))]);
  }

  async take(now: UnixMillis, count: number): Promise<string[]> {
    return (await this.#rows(TAKE_DUE, [now, Math.min(count, TAKEN)])).map(({ id }) => id);
  }

  async takeOld(before: UnixMillis, now: UnixMillis): Promise<string[]> {
    return (await this.#rows(TAKE_OLD, [now, TAKEN, before])).map(({ id }) => id);
  }

  async release(id: string, revision: number): Promise<void> {
    await this.#rows("UPDATE idvkit_verification SET leased = 0 WHERE id = $1 AND revision = $2", [id, revision]);
  }

  async subject(id: string): Promise<string | null> {
    const [found] = await this.#rows("SELECT subject FROM idvkit_verification WHERE id = $1", [id]);
    return found?.subject ?? null;
  }

  async revision(id: string): Promise<number | null> {
    const [found] = await this.#rows("SELECT revision FROM idvkit_verification WHERE id = $1", [id]);
    return found ? Number(found.revision) : null;
  }

  async list(filter: ListFilter): Promise<Listed[]> {
    const { where, values } = conditions(filter, (index) => `$${index}`);
    return (await this.#rows(`SELECT ${LISTED} FROM idvkit_verification ${where}`, values)).map(listed);
  }

  async timeline(id: string): Promise<VerificationEvent[]> {
    // In the order in which they were written: nothing rewrites or moves them.
    const found = await this.#rows("SELECT at, event FROM idvkit_event WHERE verification = $1 ORDER BY at, ctid", [id]);
    return found.map((one) => event(id, one));
  }

  onDue(call: () => void): () => void {
    this.#calls.add(call);
    if (this.#listening === undefined) void this.#listen();
    return () => {
      this.#calls.delete(call);
      if (this.#calls.size === 0) this.#deaf();
    };
  }

  async close(): Promise<void> {
    this.#calls.clear();
    this.#deaf();
    if (this.#own) await this.#pool.end();
  }

  /** Hears of what is due over a connection of its own; while there is none, workers look once a second. */
  async #listen(): Promise<void> {
    this.#listening = null;
    let client: PostgresClient | undefined;
    const lost = () => {
      if (this.#listening !== (client ?? null)) return;
      this.#deaf();
      if (this.#calls.size > 0) this.#again = setTimeout(() => void this.#listen(), LISTEN_AGAIN_MS).unref();
    };
    try {
      client = await this.#pool.connect();
      if (this.#calls.size === 0) return client.release();
      this.#listening = client;
      for (const event of ["error", "end"] as const) client.on(event, lost);
      client.on("notification", () => this.#calls.forEach((call) => call()));
      await client.query(`LISTEN ${CHANNEL}`);
    } catch {
      lost();
    } finally {
      if (this.#listening === null) this.#listening = undefined;
    }
  }

  #deaf(): void {
    clearTimeout(this.#again);
    const client = this.#listening;
    this.#listening = undefined;
    client?.release(true); // a connection that listens is not for others
  }

  async #rows(sql: string, values: unknown[]): Promise<any[]> {
    return (await this.#pool.query(sql, values)).rows;
  }

  async #migrate(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      for (const [index, sql] of shared.schema.entries()) {
        await client.query("BEGIN");
        await client.query(MIGRATING);
        await client.query("CREATE TABLE IF NOT EXISTS idvkit_schema (version BIGINT PRIMARY KEY)");
        const { rows } = await client.query("SELECT 1 FROM idvkit_schema WHERE version = $1", [index + 1]);
        if (rows.length === 0) {
          await client.query(sql);
          await client.query("INSERT INTO idvkit_schema (version) VALUES ($1)", [index + 1]);
        }
        await client.query("COMMIT");
      }
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

async function pool(url: string): Promise<PostgresPool> {
  let module;
  try {
    module = await import("pg");
  } catch (cause) {
    throw new Error("PostgreSQL needs the package pg: npm install pg", { cause });
  }
  const made = new module.default.Pool({ connectionString: url });
  // Of a connection that breaks while nothing is under way; the next query opens another.
  made.on("error", () => {});
  return made;
}
