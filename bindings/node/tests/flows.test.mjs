// Whole flows of all four providers against the sandbox, over `fetch`.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Client, Input, MemoryStore, journeyFromJson } from "idvkit";
import * as jumio from "idvkit/jumio";
import * as signicat from "idvkit/signicat";
import { startSandbox } from "idvkit-sandbox";

import * as support from "./support.mjs";
import { throughAttestr, throughBiometricKz, throughJumio, throughSignicat, way } from "./users.mjs";

let sandbox;
before(async () => (sandbox = await startSandbox()));
beforeEach(() => sandbox.reset());
after(() => sandbox.stop());

/** A merchant: a client, a verification, and the sandbox's clock. */
class Run {
  static async begin(account, plan, options = {}) {
    const run = new Run();
    run.client = new Client(account, new MemoryStore(), { clock: sandbox.clock, ...options });
    run.id = await run.client.begin(plan, "order-1");
    return run;
  }

  advance() {
    return this.client.advance(this.id);
  }

  tell(input) {
    return this.client.tell(this.id, input);
  }

  hint(text) {
    return this.tell(Input.hint(text));
  }

  back(url) {
    return this.tell(Input.redirect(url));
  }

  get sandbox() {
    return sandbox.url;
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

  verification() {
    return this.client.verification(this.id);
  }
}

const PNG = Buffer.from("89504e470d0a1a0a0000000d494844520000000a0000000a0802000000", "hex");
const FLOWS = {
  jumio: [support.jumio, support.JUMIO_REQUEST, throughJumio, "approved"],
  attestr: [support.attestr, support.ATTESTR_REQUEST, throughAttestr, "completed"],
  biometric_kz: [support.biometricKz, support.BIOMETRIC_KZ_REQUEST, throughBiometricKz, "approved"],
  signicat: [support.signicat, support.SIGNICAT_REQUEST, throughSignicat, "approved"],
};

for (const [provider, [account, request, user, decision]] of Object.entries(FLOWS)) {
  test(`a whole flow: ${provider}`, async () => {
    const run = await Run.begin(account(sandbox.url), request);
    await user(run);
    assert.deepEqual(await run.outcome(), { type: "decided", decision });
    const verification = await run.verification();
    const evidence = verification.evidence();
    assert(Buffer.isBuffer(evidence.raw) && evidence.raw.length > 0);
    assert.equal(evidence.source.provider, provider);
    assert.equal(evidence.source.production, false);
    assert(verification.references.length > 0);
    assert.deepEqual(verification.attempts.map((one) => [one.account, one.decides]), [[provider, true]]);
  });
}

test("images after a decision", async () => {
  const account = support.jumio(sandbox.url);
  const run = await Run.begin(account, support.JUMIO_REQUEST);
  await throughJumio(run);
  await run.outcome();
  const urls = JSON.parse((await run.verification()).evidence().raw).images.map((image) => image.href);
  for (const url of urls) {
    const image = await run.client.exchange(jumio.imageRequest(account, url));
    const begins = Buffer.from(image.body).toString("hex", 0, 2);
    assert(image.status === 200 && ["8950", "ffd8"].includes(begins), `${image.status} ${begins}`);
  }
  assert(urls.length > 0);
  assert.throws(() => jumio.imageRequest(account, "https://elsewhere.example/face"), { code: "image_url_foreign" });
  const other = support.signicat(sandbox.url);
  assert.throws(() => jumio.imageRequest(other, urls[0]), { code: "request_of_other_provider", field: "account" });
});

test("a dossier after a decision", async () => {
  const account = support.signicat(sandbox.url);
  const run = await Run.begin(account, support.SIGNICAT_REQUEST);
  await throughSignicat(run);
  await run.outcome();
  const verification = await run.verification();
  const process = JSON.parse(verification.evidence().raw).processId;
  const dossier = verification.references[0].reference;
  const token = await run.client.exchange(signicat.tokenRequest(account));
  const result = await run.client.exchange(signicat.downloadRequest(account, dossier, process, token));
  assert.deepEqual([result.status, Buffer.from(result.body).toString("latin1", 0, 2)], [200, "PK"]);
  const operations = (await sandbox.log()).map((entry) => entry.operation);
  assert.equal(operations.filter((one) => one === "signicat.token").length, 1, "that of the session is kept");
  for (const [one, ids, answer, code] of [
    [account, ["../x", process], token, "reference_invalid"],
    [account, [dossier, process], { body: Buffer.from("{}") }, "token_malformed"],
    [support.jumio(sandbox.url), [dossier, process], token, "request_of_other_provider"],
  ]) {
    assert.throws(() => signicat.downloadRequest(one, ...ids, answer), { code });
  }
  assert.throws(() => signicat.tokenRequest(support.jumio(sandbox.url)), { code: "request_of_other_provider" });
  assert.throws(() => signicat.downloadRequest(account, dossier, process, null), /^TypeError: token\.body takes a Uint8Array/);
});

test("images are stored once, beside the row, and sent by whichever worker comes next", async () => {
  const request = { flow: "signicat_document_verification", provider: "signicatpaper" };
  const run = await Run.begin(support.signicat(sandbox.url), request);
  const { images } = way(await run.journey(), "upload");
  const photo = Buffer.concat([PNG, Buffer.alloc(100_000, 7)]);
  await run.tell(Input.images(images.map(({ slot }) => ({ slot, bytes: photo }))));
  const stored = run.client.store.row(run.id);
  assert(stored.blobs.length === 1 && stored.snapshot.length < 10_000);
  run.client = new Client(run.client.accounts, run.client.store, { clock: sandbox.clock });
  assert.deepEqual(await run.outcome(), { type: "decided", decision: "approved" });
  assert.deepEqual(run.client.store.row(run.id).blobs, []);
});

test("a refusal is declined", async () => {
  await sandbox.script("jumio", { outcome: "FAILED" });
  const run = await Run.begin(support.jumio(sandbox.url), support.JUMIO_REQUEST);
  await throughJumio(run);
  assert.deepEqual(await run.outcome(), { type: "decided", decision: "declined" });
});

test("an access token is kept", async () => {
  const run = await Run.begin(support.signicat(sandbox.url), support.SIGNICAT_REQUEST);
  await throughSignicat(run);
  await run.outcome();
  const operations = (await sandbox.log()).map((entry) => entry.operation);
  assert.equal(operations.filter((one) => one === "signicat.token").length, 1, operations.join());
});

test("a request whose answer was lost is sent again, and the verification goes on", async () => {
  await sandbox.fault("jumio.initiate", "drop");
  const sent = [];
  const run = await Run.begin(support.jumio(sandbox.url), support.JUMIO_REQUEST, { log: (...line) => sent.push(line) });
  const { why, until } = await run.advance();
  assert.deepEqual([why.type, why.fault.code], ["backoff", "no_answer"]);
  await sandbox.advance(until - sandbox.clock());
  await throughJumio(run);
  assert.deepEqual(await run.outcome(), { type: "decided", decision: "approved" });
  // What is logged holds no URL.
  assert.deepEqual(sent.slice(0, 2), [["jumio.initiate", "no answer"], ["jumio.initiate", 200]]);
});

test("the time-out is the request's, and covers the body", async () => {
  await sandbox.fault("jumio.initiate", "hang");
  const quick = (url, init) => fetch(url, { ...init, signal: AbortSignal.any([init.signal, AbortSignal.timeout(200)]) });
  const run = await Run.begin(support.jumio(sandbox.url), support.JUMIO_REQUEST, { fetch: quick });
  assert.equal((await run.advance()).why.fault.code, "no_answer");
});

test("two workers make one transaction, and both get to the end", async () => {
  const run = await Run.begin(support.jumio(sandbox.url), support.JUMIO_REQUEST);
  const other = new Client(run.client.accounts, run.client.store, { clock: sandbox.clock });
  const both = () => Promise.all([run.client, other].map((client) => client.advance(run.id)));
  await both();
  assert.equal((await sandbox.log()).filter((entry) => entry.operation === "jumio.initiate").length, 1);
  await throughJumio(run);
  for (let nexts = await both(); ; nexts = await both()) {
    if (nexts.every((next) => next.type === "done")) break;
    await sandbox.advance(Math.min(...nexts.map((next) => next.until)) - sandbox.clock());
  }
  assert.deepEqual((await run.verification()).outcome, { type: "decided", decision: "approved" });
});

test("another provider is tried where the first one fails", async () => {
  await sandbox.fault("jumio.initiate", "status", { status: 403 });
  const accounts = { first: support.jumio(sandbox.url), second: support.biometricKz(sandbox.url) };
  const plan = [{ request: support.JUMIO_REQUEST }, { request: support.BIOMETRIC_KZ_REQUEST, when: ["failed"] }];
  const run = await Run.begin(accounts, plan);
  await throughBiometricKz(run);
  assert.deepEqual(await run.outcome(), { type: "decided", decision: "approved" });
  const { attempts } = await run.verification();
  assert.deepEqual(attempts.map((one) => [one.account, one.outcome.type]), [["first", "failed"], ["second", "decided"]]);
});
