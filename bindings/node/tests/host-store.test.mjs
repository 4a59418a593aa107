// The databases of the hosting kit: what each promises, and what is encrypted in it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import SqliteDatabase from "better-sqlite3";
import { Accounts, Driver, Told } from "idvkit";
import { Verifications, openStore } from "idvkit/host";
import { sandboxAccounts, startKit } from "idvkit/host/testing";
import { startSandbox } from "idvkit-sandbox";
import pg from "pg";

import { startPostgres } from "./postgres.mjs";
import * as support from "./support.mjs";
import { SEED, T0, VECTORS } from "./support.mjs";
import { User, eventually, throughBiometricKz, throughJumio } from "./users.mjs";

const accounts = new Accounts(sandboxAccounts({ sandbox: "http://127.0.0.1:1", url: "http://localhost:3000" }));

/** Rows as a driver makes them, one for each key. */
function rowOf(key) {
  const seed = Buffer.from(SEED);
  seed.write(key);
  const driver = Driver.begin(accounts, { plan: support.JUMIO_REQUEST, key, seed, deliver: true }, T0);
  driver.told(Told.loaded(null), T0);
  const { row } = driver.ask();
  return row;
}
/** The same with other members. */
const like = (row, more) => ({ ...Object.fromEntries(["id", "key", "provider", "account", "revision", "snapshot", "due", "references", "outcome", "delivery", "blobs"].map((name) => [name, row[name]])), ...more });

const server = await startPostgres();
after(() => server.stop?.());
let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), "idvkit-"))));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
const KINDS = {
  async sqlite() {
    const file = join(folder, `${(count += 1)}.sqlite`);
    return { url: `sqlite:${file}`, query: async (sql) => new SqliteDatabase(file).prepare(sql).all() };
  },
  async postgres() {
    const client = new pg.Client(server.url);
    await client.connect();
    const name = `test_${(count += 1)}`;
    await client.query(`CREATE DATABASE ${name}`);
    await client.end();
    const url = server.url.replace("/postgres?", `/${name}?`);
    const query = async (sql) => {
      const client = new pg.Client(url);
      await client.connect();
      const { rows } = await client.query(sql);
      await client.end();
      return rows;
    };
    return { url, query };
  },
};

for (const [kind, make] of Object.entries(KINDS)) {
  const skip = kind === "postgres" && typeof server === "string" && server;
  describe(kind, { skip }, () => {
    test("opened by several at once, its tables are made once", async () => {
      const { url, query } = await make();
      const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(url)));
      assert.deepEqual((await query("SELECT version FROM idvkit_schema")).map((row) => Number(row.version)), [1]);
      for (const store of stores) await store.close();
    });

    test("a row is stored by compare-and-swap, with its references and blobs", async () => {
      const { url, query } = await make();
      const store = await openStore(url);
      const beside = { at: T0, subject: "user-1", events: [{ kind: "begun", provider: "jumio", account: "jumio" }] };
      const row = rowOf("order-1");
      assert.equal(await store.store(row, null, [], beside), true);
      assert.equal(await store.store(row, null, [], beside), false, "its id is taken");
      assert.equal(await store.store(like(rowOf("order-2"), { key: "order-1" }), null, [], beside), false, "its key is taken");
      const blob = (digest) => ({ digest, bytes: Buffer.from(`bytes of ${digest}`) });
      const references = [{ account: "jumio", reference: "r2" }, { account: "jumio", reference: "r1" }];
      const second = like(row, { revision: row.revision + 1, snapshot: "second", references, blobs: ["a", "b"], due: T0 + 5 });
      assert.equal(await store.store(second, row.revision, [blob("a"), blob("b")], { at: T0, events: [] }), true);
      assert.equal(await store.store(second, row.revision, [], { at: T0, events: [] }), false, "another worker was first");
      const by = (reference) => ({ type: "references", references: [{ account: "other", reference }, { account: "jumio", reference }] });
      const found = await store.load(by("r1"), ["b", "c"]);
      assert.deepEqual([found.snapshot, found.blobs.map((one) => [one.digest, `${Buffer.from(one.bytes)}`])], ["second", [["b", "bytes of b"]]]);
      assert.equal((await store.load({ type: "key", key: "order-1" }, [])).snapshot, "second");
      assert.equal(await store.load(by("r3"), []), null);
      // Of two that have it, a reference leads to the later one, whichever is stored last.
      const later = like(rowOf("order-3"), { references: [references[0]] });
      assert.equal(await store.store(later, null, [], { at: T0 + 1, subject: "user-2", events: [] }), true);
      const moved = like(later, { revision: later.revision + 1, snapshot: "later", due: null });
      assert.equal(await store.store(moved, later.revision, [], { at: T0 + 2, events: [] }), true);
      assert.equal((await store.load(by("r2"), [])).snapshot, "later");
      assert.deepEqual(await store.takeOld(T0 + 8, T0), []);
      const outcome = { type: "expired" };
      const third = like(second, { revision: second.revision + 1, blobs: ["b"], references: [references[0]], due: null, outcome, delivery: { id: "d", replaces: null, failures: 0, due: T0 + 9 } });
      assert.equal(await store.store(third, second.revision, [], { at: T0 + 7, events: [] }), true);
      assert.equal(await store.load(by("r1"), []), null, "it names it no longer");
      assert.equal((await store.load(by("r2"), [])).snapshot, "later");
      assert.deepEqual((await query("SELECT digest FROM idvkit_blob")).map((one) => one.digest), ["b"]);
      assert.deepEqual([await store.takeOld(T0 + 6, T0 + 8), await store.takeOld(T0 + 7, T0 + 8), await store.takeOld(T0 + 7, T0 + 8)], [[], [row.id], []]);
      const decided = like(third, { revision: third.revision + 1, outcome: { type: "decided", decision: "approved" }, delivery: null });
      assert.equal(await store.store(decided, third.revision, [], { at: T0 + 8, erased: true, events: [] }), true);
      const [listed] = await store.list({ subject: "user-1", state: "ended", before: T0 + 1 });
      const { id, provider, account } = row;
      assert.deepEqual(listed, {
        ...{ id, key: "order-1", subject: "user-1", provider, account, outcome: "approved", created: T0 },
        ...{ ended: T0 + 7, erased: T0 + 8, due: null, undelivered: null },
      });
      assert.deepEqual((await store.list({ state: "running" })).map((one) => one.key), ["order-3"]);
      assert.deepEqual(await store.takeOld(T0 + 9, T0 + 9), [], "it is erased");
      await store.note(id, { at: T0 + 9, events: [{ kind: "told", input: "hint", reject: "hint_stale" }] });
      await store.note("nobody", { at: T0 + 9, events: [] });
      assert.deepEqual((await store.timeline(id)).map((event) => [event.at, event.kind]), [[T0, "begun"], [T0 + 9, "told"]]);
      assert.deepEqual([await store.subject(id), await store.subject("x"), await store.revision(id)], ["user-1", null, decided.revision]);
      await store.close();
    });

    test("what is due is taken by one worker, for a minute", async () => {
      const { url } = await make();
      const [one, other] = [await openStore(url), await openStore(url)];
      for (let index = 0; index < 60; index += 1) {
        const row = like(rowOf(`order-${index}`), { due: T0 + (index % 3) });
        assert.equal(await one.store(row, null, [], { at: T0, subject: "u", events: [] }), true);
      }
      const taken = await Promise.all([one.take(T0 + 1, 15), other.take(T0 + 1, 15), one.take(T0 + 1, 15)]);
      const ids = taken.flat();
      assert.deepEqual([ids.length, new Set(ids).size], [40, 40]);
      assert.deepEqual(await other.take(T0 + 1, 50), []);
      assert.equal((await other.take(T0 + 2, 500)).length, 20);
      const [first] = ids;
      await one.release(first, 999);
      assert.deepEqual(await one.take(T0 + 2, 50), [], "it was released by one who had not seen its last change");
      await one.release(first, await one.revision(first));
      assert.deepEqual(await one.take(T0 + 2, 50), [first]);
      assert.equal((await one.take(T0 + 60_002, 500)).length, 50, "whoever has it may be dead");
      await Promise.all([one.close(), other.close()]);
    });

    test("encrypted, it holds nothing that can be read; keys are rotated; what was plain stays readable", async () => {
      const { url, query } = await make();
      const [old, young] = ["old", "2026-11"].map((id) => ({ id, key: randomBytes(32) }));
      const photo = Buffer.concat([Buffer.from("89504e470d0a1a0a0000000d494844520000000a0000000a0802000000", "hex"), Buffer.alloc(1000, "photo")]);
      const stored = async () => {
        const snapshots = (await query("SELECT snapshot AS text FROM idvkit_verification")).map((row) => row.text);
        const blobs = (await query("SELECT bytes FROM idvkit_blob")).map((row) => Buffer.from(row.bytes).toString("latin1"));
        return [...snapshots, ...blobs];
      };
      const open = async (keys) => {
        const store = await openStore(url, { keys });
        return { store, verifications: new Verifications({ accounts, store, clock: () => T0, fetch: () => Promise.reject(new Error("away")) }) };
      };
      const request = { flow: "signicat_document_verification", provider: "signicatpaper" };
      const plain = await open();
      const id = await plain.verifications.begin(request, { key: "plain", subject: "u" });
      await plain.store.close();

      const first = await open([old]);
      assert.match((await first.verifications.verification(id)).key, /plain/);
      const second = await first.verifications.begin(request, { key: "sealed", subject: "u" });
      await first.store.store(like(rowOf("blob"), { blobs: ["d"] }), null, [{ digest: "d", bytes: photo }], { at: T0, subject: "u", events: [] });
      const texts = await stored();
      assert.equal(texts.filter((text) => text.startsWith("idvkit:1:old:")).length, texts.length - 1, "all but the plain row");
      assert(!texts.some((text) => text.startsWith("idvkit") && /photo|signicat|"/.test(text)));
      await first.store.close();

      const both = await open([young, old]);
      assert.match((await both.verifications.verification(second)).key, /sealed/);
      const blob = rowOf("blob");
      const loaded = await both.store.load({ type: "id", id: blob.id }, ["d"]);
      assert(Buffer.from(loaded.blobs[0].bytes).equals(photo));
      await both.verifications.erase(second, { atProvider: false });
      assert((await stored()).some((text) => text.startsWith("idvkit:1:2026-11:")));
      await both.store.close();

      const late = await open([young]);
      assert.match((await late.verifications.verification(second)).key, /sealed/);
      await assert.rejects(late.store.load({ type: "id", id: blob.id }, []), /encrypted by the key old, which is not among `keys`/);
      await late.store.close();
      const wrong = await open([{ id: "old", key: randomBytes(32) }]);
      await assert.rejects(wrong.store.load({ type: "id", id: blob.id }, []), /was changed, or belongs elsewhere/);
      await wrong.store.close();
    });

    test("a whole flow, with a worker that hears of what another process began", async (context) => {
      const { url } = await make();
      const keys = [{ id: "k", key: randomBytes(32) }];
      const kit = await startKit({ store: await openStore(url, { keys }) });
      context.after(() => kit.stop());
      const other = await openStore(url, { keys });
      if (kind === "postgres") {
        const heard = new Promise((resolve) => other.onDue(resolve));
        for (let round = 0; round < 50; round += 1) {
          await kit.verifications.begin(support.BIOMETRIC_KZ_REQUEST, { key: `heard-${round}`, subject: "user-1" });
          if (await Promise.race([heard.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))])) break;
          assert(round < 49, "nothing was heard");
        }
      }
      const begun = new Verifications({ accounts: kit.verifications.accounts, store: other, clock: kit.sandbox.clock, onOutcome: () => assert.fail("not here") });
      const id = await begun.begin(support.JUMIO_REQUEST, { key: "elsewhere", subject: "user-1" });
      assert.equal(await kit.verifications.begin(support.JUMIO_REQUEST, { key: "elsewhere", subject: "user-1" }), id);
      await throughJumio(new User(kit, id));
      assert.deepEqual((await kit.ended(id)).outcome, { type: "decided", decision: "approved" });
      assert.equal((await other.list({ key: "elsewhere" }))[0].outcome, "approved");
      await other.close();
    });

    test("workers on several connections share what is due, and each outcome is acted on once", async (context) => {
      const { url } = await make();
      const kit = await startKit({ store: await openStore(url) });
      context.after(() => kit.stop());
      const other = await openStore(url);
      const acted = [];
      const over = new AbortController();
      const { accounts } = kit.verifications;
      const second = new Verifications({ accounts, store: other, clock: kit.sandbox.clock, onOutcome: (ended) => void acted.push(ended) });
      const worker = second.work({ signal: over.signal, pause: 50, atOnce: 2 });
      const ids = await Promise.all(
        Array.from({ length: 8 }, (_, index) => second.begin(support.BIOMETRIC_KZ_REQUEST, { key: `order-${index}`, subject: "user-1" })),
      );
      await Promise.all(ids.map((id) => throughBiometricKz(new User(kit, id))));
      const all = () => [...kit.outcomes, ...acted];
      await eventually(async () => {
        await kit.sandbox.advance(15_000);
        return all().length >= ids.length && (await other.list({ state: "undelivered" })).length === 0;
      });
      over.abort();
      await worker;
      await other.close();
      assert.deepEqual(all().map((ended) => ended.id).sort(), [...ids].sort());
      const created = (await kit.sandbox.control("log")).filter((entry) => entry.operation === "biometric_kz.create_session");
      assert.equal(created.length, ids.length, "a session was created twice");
    });

    test("a crash between outcome and act loses nothing", async () => crash((await make()).url));
  });
}

const program = fileURLToPath(new URL("crash.mjs", import.meta.url));

/** At least once: a process is killed between the stored outcome and its act, and another one acts. */
async function crash(database) {
  const sandbox = await startSandbox({ realTime: true });
  const lines = join(folder, `${(count += 1)}.lines`);
  const run = (...more) => {
    const args = [program, sandbox.url, database, lines, ...more];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    return new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
  };
  try {
    await sandbox.control("settings", { jumio: { verdict_delay_ms: 0 } });
    assert.equal(await run("dies"), "SIGKILL");
    assert.equal(await run(), 0);
    const [first, second, acted, ...more] = readFileSync(lines, "utf8").trim().split("\n");
    assert.match(first, /^delivery [0-9a-f]{32} approved$/);
    assert.deepEqual([second, acted, more], [first, "acted", []]);
  } finally {
    await sandbox.stop();
  }
}

test("what another language encrypted is read", async () => {
  const { keys, snapshot, blob } = JSON.parse(readFileSync(join(VECTORS, "../../host/sealed.json"), "utf8"));
  const file = join(folder, "sealed.sqlite");
  const store = await openStore(`sqlite:${file}`, { keys: keys.map(({ id, hex }) => ({ id, key: Buffer.from(hex, "hex") })) });
  const row = like(rowOf("sealed"), { id: snapshot.id, blobs: [blob.digest] });
  assert.equal(await store.store(row, null, [{ digest: blob.digest, bytes: Buffer.from("x") }], { at: T0, subject: "u", events: [] }), true);
  const database = new SqliteDatabase(file);
  database.prepare("UPDATE idvkit_verification SET snapshot = ?").run(snapshot.sealed);
  database.prepare("UPDATE idvkit_blob SET bytes = ?").run(Buffer.from(blob.sealed));
  database.close();
  const loaded = await store.load({ type: "id", id: row.id }, [blob.digest]);
  assert.deepEqual([loaded.snapshot, Buffer.from(loaded.blobs[0].bytes).toString("hex")], [snapshot.text, blob.hex]);
  await store.close();
});

test("what is no store or key is said", async () => {
  await assert.rejects(openStore("mysql://x"), /a store is a postgres: URL, a sqlite: file/);
  const open = (keys) => openStore("sqlite::memory:", { keys });
  await assert.rejects(open([{ id: "a b", key: randomBytes(32) }]), /1 to 32 letters/);
  await assert.rejects(open([{ id: "a", key: randomBytes(16) }]), /has 16 bytes; it must have 32/);
  await assert.rejects(open([{ id: "a", key: randomBytes(32) }, { id: "a", key: randomBytes(32) }]), /two keys/);
});
