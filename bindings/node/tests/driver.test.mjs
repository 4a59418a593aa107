// The loop around the driver, against a `fetch` and a store that are made for it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Accounts, Client, Driver, Input, MemoryStore, Tokens, Told, Verification } from "idvkit";

import * as support from "./support.mjs";
import { SEED, T0 } from "./support.mjs";

const account = support.jumio("http://127.0.0.1:1");
const accounts = new Accounts(account);
const unsent = () => assert.fail("sent");
const at = (now, more = {}) => ({ fetch: unsent, clock: () => now, ...more });
const REFERENCE = "11111111-1111-4111-8111-111111111111";
const created = () =>
  Response.json({
    timestamp: "2026-01-01T00:00:00.000Z",
    transactionReference: REFERENCE,
    redirectUrl: "https://netverify.com/web/v4/app?authorizationToken=t&locale=de",
  });

async function begun(options, of = account, request = support.JUMIO_REQUEST) {
  const client = new Client(of, new MemoryStore(), options);
  return { client, id: await client.begin(request, "order-1") };
}

test("a request is sent as it stands, and no redirect is followed", async () => {
  const seen = [];
  const answering = async (url, init) => {
    seen.push([url, init]);
    return new Response(null, { status: 302, headers: { location: "https://elsewhere.example/" } });
  };
  const { client, id } = await begun(at(T0, { fetch: answering }));
  const { request } = (await client.verification(id)).next(T0);
  const next = await client.advance(id);
  assert.equal(next.outcome.fault.status, 302, "a redirect is an answer that counts as a failure");
  assert.equal(seen.length, 1);
  const [url, init] = seen[0];
  assert.equal(url, request.url);
  assert.equal(init.redirect, "manual");
  assert.deepEqual(init.headers, request.headers.map((header) => [header.name, header.value]));
  assert.deepEqual(init.body, request.body);
});

test("a fetch that follows redirects by itself has brought no answer", async () => {
  const following = async () => Object.defineProperty(created(), "redirected", { value: true });
  const { client, id } = await begun(at(T0, { fetch: following }));
  assert.equal((await client.advance(id)).why.fault.code, "no_answer");
});

test("there is one verification for each key", async () => {
  const { client, id } = await begun(at(T0));
  assert.equal(await client.begin(support.JUMIO_REQUEST, "order-1"), id);
  assert.notEqual(await client.begin(support.JUMIO_REQUEST, "order-2"), id);
  await assert.rejects(client.begin(support.JUMIO_REQUEST, " "), { code: "key_invalid" });
  await assert.rejects(client.begin({ flow: "signicat_capture_flow", providers: [] }, "order-3"), { name: "Reject" });
});

test("what is due is in the rows", async () => {
  const { client, id } = await begun(at(T0, { fetch: async () => created() }));
  assert.deepEqual(client.store.due(T0), [id]);
  const { until } = await client.advance(id);
  assert.deepEqual([client.store.due(until - 1), client.store.due(until)], [[], [id]]);
  assert.deepEqual(client.store.row(id).references, [{ account: "jumio", reference: REFERENCE }]);
});

test("a redirect finds its verification", async () => {
  const { client, id } = await begun(at(T0, { fetch: async () => created() }));
  const back = (reference) => Input.redirect(`/back?transactionStatus=SUCCESS&transactionReference=${reference}`);
  await client.advance(id);
  assert.equal(await client.hear(back(REFERENCE)), id);
  assert.equal((await client.verification(id)).next(T0).why?.type, "verdict");
  assert.equal(await client.hear(back(REFERENCE.replace("1", "2"))), null);
  assert.equal(await client.hear(back(REFERENCE), { account: "jumio" }), id);
  await assert.rejects(client.hear(back(REFERENCE), { account: "another" }), { code: "account_unknown" });
  await assert.rejects(client.hear(Input.redirect("/back")), { code: "redirect_without_reference" });
});

test("a lost claim does not send", async () => {
  const { client, id } = await begun(at(T0));
  const { request } = (await client.verification(id)).next(T0);
  await client.tell(id, Input.sending(request.id));
  assert.deepEqual(await client.advance(id), { type: "wait", until: T0 + 60_000, why: { type: "in_flight" } });
});

test("an answer without end is not read to its end", async () => {
  const chunk = new Uint8Array(1024 * 1024);
  let pulled = 0;
  const endless = () => new ReadableStream({ pull: (sink) => ((pulled += 1), sink.enqueue(chunk)) });
  const { client, id } = await begun(at(T0, { fetch: async () => new Response(endless()) }));
  assert.equal((await client.advance(id)).why.fault.code, "no_answer");
  assert(pulled < 40);
});

test("a clock in seconds is refused", async () => {
  let now = T0;
  let asked = 0;
  const clock = () => {
    assert((asked += 1) < 1_000, "it goes round and round");
    return now;
  };
  const { client, id } = await begun({ fetch: unsent, clock });
  now = T0 / 1000;
  await assert.rejects(client.advance(id), { name: "Reject", code: "now_out_of_range" });
});

test("a store that never stores is a conflict, and one that loses rows is told so", async () => {
  const { client, id } = await begun(at(T0));
  let stored = 0;
  client.store.store = () => {
    assert((stored += 1) < 1_000, "it goes round and round");
    return false;
  };
  await assert.rejects(client.advance(id), { name: "Reject", code: "conflict" });
  client.store.load = () => null;
  await assert.rejects(client.advance(id), { code: "verification_unknown" });
  client.store.load = () => ({});
  await assert.rejects(client.advance(id), /TypeError: snapshot takes a string/);
});

test("the store in memory keeps what is beside a row, as long as the row names it", () => {
  const store = new MemoryStore();
  const row = (id, revision, blobs) => ({ id, key: id, revision, snapshot: `${revision}`, due: null, references: [], blobs });
  const blob = { digest: "d", bytes: Buffer.from("x") };
  for (const id of ["a", "b"]) assert(store.store(row(id, 0, ["d"]), null, [blob]));
  assert(!store.store({ ...row("c", 0, []), key: "a" }, null), "the key is taken");
  assert(store.store(row("a", 1, []), 0));
  assert(!store.store(row("a", 2, []), 0), "another was first");
  const by = (id) => ({ type: "id", id });
  assert.deepEqual(store.load(by("a"), ["d"]), { snapshot: "1", blobs: [] });
  assert.deepEqual(store.load(by("b"), ["d"]), { snapshot: "0", blobs: [blob] });
  assert.equal(store.load(by("c")), null);
});

/** Answers of Signicat: a token is good until it is revoked. */
class Signicat {
  tokens = 0;
  revoked = 0;

  client(clock) {
    return begun({ fetch: this.answer, clock }, support.signicat("http://127.0.0.1:1"), support.SIGNICAT_REQUEST);
  }

  answer = async (url, init) => {
    if (url.endsWith("/token")) {
      this.tokens += 1;
      await sleep(20);
      return Response.json({ access_token: `t${this.tokens}`, expires_in: 600, token_type: "Bearer" });
    }
    const [, authorization] = init.headers.find(([name]) => name === "Authorization");
    const number = Number(authorization.split("t").at(-1));
    return number > this.revoked ? Response.json({ dossierId: REFERENCE }) : new Response(null, { status: 401 });
  };
}

test("a token is fetched once for all that wait", async () => {
  const signicat = new Signicat();
  const { client } = await signicat.client(() => T0);
  const ids = await Promise.all([1, 2, 3, 4].map((order) => client.begin(support.SIGNICAT_REQUEST, `another-${order}`)));
  await Promise.all(ids.map((id) => client.advance(id)));
  assert.equal(signicat.tokens, 1);
});

test("a token that is revoked as soon as it is fetched is fetched anew, once for all", async () => {
  const signicat = new Signicat();
  signicat.revoked = 1;
  const { client } = await signicat.client(() => T0);
  const ids = await Promise.all([1, 2, 3].map((order) => client.begin(support.SIGNICAT_REQUEST, `another-${order}`)));
  const nexts = await Promise.all(ids.map((id) => client.advance(id)));
  assert.equal(signicat.tokens, 2);
  assert(nexts.every((next) => next.why?.fault?.status !== 401), JSON.stringify(nexts));
});

test("a token from the future of a clock that went back is not used", async () => {
  let now = T0 + 86_400_000;
  const signicat = new Signicat();
  const { client, id } = await signicat.client(() => now);
  await client.advance(id);
  now = T0;
  await client.advance(await client.begin(support.SIGNICAT_REQUEST, "order-2"));
  assert.equal(signicat.tokens, 2);
});

/** Comes to an end at once. */
const failing = async () => new Response(null, { status: 403 });

test("an outcome is delivered until it was acted on", async () => {
  let now = T0;
  const ended = [];
  const onOutcome = (one) => {
    ended.push(one);
    if (ended.length === 1) throw new Error("the shop's database is away");
  };
  const { client, id } = await begun({ fetch: failing, clock: () => now, onOutcome });
  await assert.rejects(client.advance(id), /the shop's database is away/);
  assert.equal((await client.verification(id)).delivery.failures, 1);
  assert.equal((await client.advance(id)).type, "done", "not before it is due");
  now = client.store.row(id).due;
  assert(now > T0);
  await client.advance(id);
  await client.advance(id);
  assert.equal(ended.length, 2);
  const [first, again] = ended;
  assert.deepEqual([again.id, again.key, again.outcome.type], [id, "order-1", "failed"]);
  assert.equal(again.delivery.id, first.delivery.id);
  assert.equal(again.verification.id, id);
  assert.equal(client.store.row(id).due, null);
});

test("whoever does not act on outcomes leaves them to others", async () => {
  const acted = [];
  const { client, id } = await begun(at(T0, { fetch: failing, onOutcome: (one) => acted.push(one) }));
  const other = new Client(account, client.store, at(T0, { fetch: failing }));
  await other.advance(id);
  assert.equal((await client.verification(id)).delivery.failures, 1);
  const later = new Client(account, client.store, at(client.store.row(id).due, { onOutcome: (one) => acted.push(one) }));
  await later.advance(id);
  assert.deepEqual(acted.map((one) => one.key), ["order-1"]);
});

test("the driver by hand", () => {
  const begin = () => Driver.begin(accounts, { plan: support.JUMIO_REQUEST, key: "order-1", seed: SEED }, T0);
  const driver = begin();
  assert.deepEqual(driver.ask(), { type: "load", by: { type: "key", key: "order-1" }, blobs: [] });
  assert.deepEqual(driver.ask(), driver.ask());
  assert.equal(driver.verification(), null);
  assert.throws(() => driver.told(Told.stored(true), T0), { code: "told_unexpected" });
  driver.told(Told.loaded(null), T0);
  const { type, row, expected } = driver.ask();
  assert.deepEqual([type, expected, row.revision, row.key], ["store", null, 0, "order-1"]);
  assert.equal(driver.verification().id, row.id);
  driver.told(Told.stored(true), T0);
  assert.deepEqual(driver.ask(), { type: "heard", id: row.id });

  const sending = Driver.advance(accounts, row.id);
  sending.told(Told.loaded(row.snapshot), T0);
  sending.told(Told.stored(true), T0);
  const { request, exclusive } = sending.ask();
  assert.deepEqual([request.operation, exclusive], ["jumio.initiate", null]);
  sending.told(Told.exchanged({ status: 403, headers: { a: "b" }, body: Buffer.from("{}") }), T0);
  sending.told(Told.stored(true), T0);
  assert.equal(sending.ask().next.outcome.fault.status, 403);
  assert.equal(Verification.restore(accounts, row.snapshot).key, "order-1");
});

test("only a function of Told makes what a driver is told", () => {
  const driver = Driver.advance(accounts, "0".repeat(32));
  for (const posted of [{ kind: "stored", done: true }, { type: "stored", stored: true }, null, undefined, Object.create(Told.prototype)]) {
    assert.throws(() => driver.told(posted, T0), /made by Told\.loaded/);
  }
  assert.throws(() => Told.stored(1), /stored takes a boolean, not number/);
  assert.throws(() => Told.loaded(undefined), /snapshot takes a string/);
  assert.throws(() => Told.exchanged({ status: 200, headers: [], body: "{}" }), /not a string: signatures cover/);
});

test("tokens by hand", () => {
  const tokens = new Tokens();
  const request = { cache: { key: "k", max_age_ms: 570_000, refused: null } };
  const answer = { status: 200, headers: [["a", "b"]], body: Buffer.from('{"access_token": "planted", "expires_in": "60"}') };
  assert.equal(tokens.kept(request, T0), null);
  tokens.keep(request, answer, T0);
  const kept = tokens.kept(request, T0 + 59_999);
  assert.deepEqual([kept.status, Buffer.from(kept.body), kept.headers[0].value], [200, answer.body, "b"]);
  for (const now of [T0 - 1, T0 + 60_000]) assert.equal(tokens.kept(request, now), null);
  assert.equal(tokens.kept({ cache: null }, T0), null);
});

/** Answers only when it is stopped. */
const hanging = (_url, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test("a signal stops the loop, and what was under way is due again", async () => {
  const { client, id } = await begun(at(T0, { fetch: hanging }));
  const stop = new AbortController();
  const advancing = client.advance(id, { signal: stop.signal });
  await sleep(20);
  stop.abort(new Error("the server goes down"));
  await assert.rejects(advancing, /the server goes down/);
  assert.equal((await client.advance(id)).why.type, "in_flight", "its answer is still awaited: it was sent");
  assert.equal(client.store.row(id).due, T0 + 60_000);
  client.store.load = unsent;
  for (const call of [
    () => client.advance(id, stop),
    () => client.tell(id, Input.retry(), stop),
    () => client.begin(support.JUMIO_REQUEST, "order-2", stop),
    () => client.hear(Input.redirect(`/back?transactionStatus=SUCCESS&transactionReference=${REFERENCE}`), stop),
  ]) {
    await assert.rejects(call, /the server goes down/);
  }
});

test("who is stopped while a token is fetched does not stop the others", async () => {
  const signicat = new Signicat();
  let first = true;
  const fetch = (url, init) => {
    if (!first) return signicat.answer(url, init);
    first = false;
    return hanging(url, init);
  };
  const { client } = await begun({ fetch, clock: () => T0 }, support.signicat("http://127.0.0.1:1"), support.SIGNICAT_REQUEST);
  const ids = await Promise.all([1, 2].map((order) => client.begin(support.SIGNICAT_REQUEST, `another-${order}`)));
  const stop = new AbortController();
  const [stopped, other] = [client.advance(ids[0], { signal: stop.signal }), client.advance(ids[1])];
  await sleep(20);
  stop.abort();
  await assert.rejects(stopped, { name: "AbortError" });
  await other;
  assert.equal(signicat.tokens, 1);
});

test("without any fetch, the words say so", async () => {
  const { client, id } = await begun({ clock: () => T0 });
  const { fetch } = globalThis;
  delete globalThis.fetch;
  try {
    await assert.rejects(client.advance(id), /there is no fetch here/);
  } finally {
    globalThis.fetch = fetch;
  }
});
