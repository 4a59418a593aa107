// Whole flows of all four providers against the sandbox, over `fetch`.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Input, MemoryStore, Session, advance, journeyFromJson, read, tell } from "idvkit";
import { startSandbox } from "idvkit-sandbox";

import * as support from "./support.mjs";
import { Browser, SEED, T0 } from "./support.mjs";

let sandbox;
before(async () => (sandbox = await startSandbox()));
beforeEach(() => sandbox.reset());
after(() => sandbox.stop());

/** A merchant: an account, a stored session, and the sandbox's clock. */
class Run {
  constructor(account, request) {
    this.store = new MemoryStore(account, Session.open(account, request, randomBytes(32), sandbox.clock()));
    // Tokens are kept by it, and the sandbox forgets them between tests.
    this.fetch = (url, init) => fetch(url, init);
  }

  advance() {
    return advance(this.store, this.fetch, { clock: sandbox.clock });
  }

  tell(input) {
    return tell(this.store, input, { clock: sandbox.clock });
  }

  /** As a page gets it. */
  async journey() {
    const next = await this.advance();
    assert.equal(next.type, "present");
    return journeyFromJson(JSON.stringify(next.journey));
  }

  async outcome() {
    for (let round = 0; round < 200; round += 1) {
      const next = await this.advance();
      if (next.type === "done") return next.outcome;
      await sandbox.advance(next.until - sandbox.clock());
    }
    throw new Error("no end");
  }
}

const way = (journey, type) => journey.ways.find((one) => one.type === type);

async function throughJumio(run) {
  const browser = new Browser();
  await browser.open(way(await run.journey(), "redirect").url);
  await run.tell(Input.redirect(await browser.press("acceptable")));
}

async function throughAttestr(run) {
  const journey = await run.journey();
  const [handshake] = run.store.load().references;
  assert(way(journey, "script").options.some((option) => option.value.value === handshake));
  const browser = new Browser();
  await browser.open(`${sandbox.url}/attestr/flow/${handshake}?cl=00112233445566778899aabbccddeeff&lc=en`);
  await browser.press("begin");
  await browser.press("submit", { pan: "ABCPE1234F" });
  await browser.press("send_code", { mobile: "9876543210" });
  await browser.press("submit", { otp: browser.html.split('data-otp="')[1].slice(0, 6) });
  await browser.press("submit");
  const [[handler, data]] = browser.data("data-handler");
  await run.tell(Input.hint(read(journey, { type: "event", name: handler, data })));
}

async function throughBiometricKz(run) {
  const journey = await run.journey();
  const browser = new Browser();
  await browser.open(way(journey, "web_view").url);
  for (let page = 0; page < 10 && browser.html.includes("<form"); page += 1) {
    await browser.press(browser.html.includes('value="begin"') ? "begin" : "submit");
  }
  await run.tell(Input.hint(read(journey, { type: "navigation", url: browser.url })));
}

async function throughSignicat(run) {
  const browser = new Browser();
  await browser.open(way(await run.journey(), "redirect").url);
  await run.tell(Input.redirect(await browser.press("submit")));
}

const FLOWS = {
  jumio: [support.jumio, support.JUMIO_REQUEST, throughJumio, "approved"],
  attestr: [support.attestr, support.ATTESTR_REQUEST, throughAttestr, "completed"],
  biometric_kz: [support.biometricKz, support.BIOMETRIC_KZ_REQUEST, throughBiometricKz, "approved"],
  signicat: [support.signicat, support.SIGNICAT_REQUEST, throughSignicat, "approved"],
};

for (const [provider, [account, request, user, decision]] of Object.entries(FLOWS)) {
  test(`a whole flow: ${provider}`, async () => {
    const run = new Run(account(sandbox.url), request);
    await user(run);
    assert.deepEqual(await run.outcome(), { type: "decided", decision });
    const evidence = run.store.load().evidence();
    assert(Buffer.isBuffer(evidence.raw) && evidence.raw.length > 0);
    assert.equal(evidence.source.provider, provider);
    assert.equal(evidence.source.production, false);
    assert(run.store.load().references.length > 0);
  });
}

test("a refusal is declined", async () => {
  await sandbox.script("jumio", { outcome: "FAILED" });
  const run = new Run(support.jumio(sandbox.url), support.JUMIO_REQUEST);
  await throughJumio(run);
  assert.deepEqual(await run.outcome(), { type: "decided", decision: "declined" });
});

const fresh = () => {
  const account = support.jumio(sandbox.url);
  return new MemoryStore(account, Session.open(account, support.JUMIO_REQUEST, SEED, T0));
};
const clock = () => T0;

test("a request is sent as it stands, and no redirect is followed", async () => {
  const store = fresh();
  const { request } = store.load().next(T0);
  const seen = [];
  const answering = async (url, init) => {
    seen.push([url, init]);
    return new Response(null, { status: 302, headers: { location: "https://elsewhere.example/" } });
  };
  const next = await advance(store, answering, { clock });
  assert.equal(next.outcome.fault.status, 302, "a redirect is an answer that counts as a failure");
  assert.equal(seen.length, 1);
  const [url, init] = seen[0];
  assert.equal(url, request.url);
  assert.equal(init.redirect, "manual");
  assert.deepEqual(init.headers, request.headers.map((header) => [header.name, header.value]));
  assert.deepEqual(init.body, request.body);
});

test("the time-out is the request's, and covers the body", async () => {
  await sandbox.fault("jumio.initiate", "hang");
  const store = fresh();
  const quick = (url, init) => fetch(url, { ...init, signal: AbortSignal.any([init.signal, AbortSignal.timeout(200)]) });
  const next = await advance(store, quick, { clock });
  assert.equal(next.why.fault?.code, "no_answer");
});

test("a lost claim does not send", async () => {
  const store = fresh();
  await tell(store, Input.sending(store.load().next(T0).request.id), { clock });
  const next = await advance(store, () => assert.fail("sent twice"), { clock });
  assert.deepEqual(next, { type: "wait", until: T0 + 60_000, why: { type: "in_flight" } });
});

test("an answer without end is not read to its end", async () => {
  const chunk = new Uint8Array(1024 * 1024);
  let pulled = 0;
  const endless = () => new ReadableStream({ pull: (sink) => ((pulled += 1), sink.enqueue(chunk)) });
  const next = await advance(fresh(), async () => new Response(endless()), { clock });
  assert.equal(next.why.fault.code, "no_answer");
  assert(pulled < 40);
});

test("an access token is kept", async () => {
  const run = new Run(support.signicat(sandbox.url), support.SIGNICAT_REQUEST);
  await throughSignicat(run);
  await run.outcome();
  const operations = (await sandbox.log()).map((entry) => entry.operation);
  assert.equal(operations.filter((one) => one === "signicat.token").length, 1, operations.join());
});

test("a clock in seconds is refused", async () => {
  let asked = 0;
  const seconds = () => {
    assert((asked += 1) < 1_000, "it goes round and round");
    return T0 / 1000;
  };
  const running = advance(fresh(), () => assert.fail("sent"), { clock: seconds });
  await assert.rejects(running, { name: "Reject", code: "now_out_of_range" });
});

test("a store that never swaps is a conflict", async () => {
  const store = fresh();
  let swaps = 0;
  const losing = {
    load: () => store.load(),
    swap: () => {
      assert((swaps += 1) < 1_000, "it goes round and round");
      return false;
    },
  };
  await assert.rejects(advance(losing, () => assert.fail("sent"), { clock }), { name: "Conflict" });
});

test("a token is fetched once for all that wait", async () => {
  const account = support.signicat("http://127.0.0.1:1");
  let fetched = 0;
  const answering = async (url) => {
    if (!url.endsWith("/token")) return new Response(null, { status: 401 });
    fetched += 1;
    await sleep(50);
    return Response.json({ access_token: "t", expires_in: 600, token_type: "Bearer" });
  };
  const drive = (now) => {
    const session = Session.open(account, support.SIGNICAT_REQUEST, randomBytes(32), now);
    return advance(new MemoryStore(account, session), answering, { clock: () => now });
  };
  await Promise.all([T0, T0, T0, T0].map(drive));
  assert.equal(fetched, 1, "the refused one is new: nobody fetches another");
  await drive(T0 + 6_000);
  assert.equal(fetched, 2, "a refused one that is older is fetched anew");
});

test("what is logged holds no URL", async () => {
  const lines = [];
  const run = new Run(support.jumio(sandbox.url), support.JUMIO_REQUEST);
  await advance(run.store, fetch, { clock: sandbox.clock, log: (...line) => lines.push(line) });
  assert.deepEqual(lines, [["jumio.initiate", 200]]);
});
