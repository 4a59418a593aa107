// Transcripts, `read`, signatures, and what all providers share.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { Account, Accounts, Reject, Session, Verification, bestLocale, catalog, diagnose, journeyFromJson, read, signedMember, verify } from "idvkit";

import { JUMIO_REQUEST, SEED, bodyOf, jumio, rows, vector } from "../support.mjs";
import { Run, codeOf, pick, toInput } from "./common.mjs";

export const runners = {
  transcripts: transcript,
  snapshots,
  rows: storedRows,
  read: hints,
  "signature/hmac": hmac,
  "signature/wycheproof_form": wycheproofForm,
  "signature/slice": slices,
  "signature/doctor": doctor,
  "core/retry_after": retryAfter,
  "core/best_locale": bestLocales,
  "core/catalog": catalogs,
  "core/urls": urls,
  "core/rejects": rejects,
};

function transcript(name) {
  const record = vector(name);
  const account = new Account(record.config);
  const seed = Buffer.from(record.seed, "hex");
  const images = []; // what was stored beside it
  let snapshot;
  for (const [number, step] of record.steps.entries()) {
    const place = `${name}, step ${number}`;
    const session = snapshot ? Session.restore(account, snapshot) : Session.open(account, record.request, seed, step.at);
    for (const image of images) session.supply(image);
    const code = step.input && codeOf(() => session.handle(toInput(step.input), step.at));
    assert.equal(code, step.reject, place);
    assert.equal(session.revision, step.revision, place);
    assert.deepEqual(toWire(session.next(step.at)), step.next, place);
    assert.deepEqual(toWire(session.next(step.at)), toWire(session.next(step.at)), place);
    snapshot = session.snapshot();
    assert.equal(snapshot, step.snapshot, place);
    images.push(...(step.input?.images ?? []).map((image) => bodyOf(image.bytes)));
  }
}

function snapshots(name) {
  const file = vector(name);
  for (const one of rows(name)) {
    const session = Session.restore(new Account(file.accounts[one.account]), one.snapshot);
    assert.equal(session.revision, one.revision, one.id);
    assert.deepEqual(toWire(session.next(one.now)), one.next, one.id);
  }
}

function storedRows(name) {
  const file = vector(name);
  const accounts = new Accounts(Object.fromEntries(Object.entries(file.accounts).map(([name, config]) => [name, new Account(config)])));
  for (const { id, revision, snapshot, outcome, references, delivery } of rows(name)) {
    const stored = Verification.restore(accounts, snapshot);
    assert.deepEqual([stored.revision, stored.outcome, stored.delivery], [revision, outcome, delivery], id);
    assert.deepEqual(stored.references.map((one) => [one.account, one.reference]), references, id);
  }
}

function retryAfter(name) {
  const { config, request, now } = vector(name);
  for (const one of rows(name)) {
    const run = new Run(new Account(config), request, now);
    run.answer("jumio.initiate", 503, "", one.values.map((value) => ["retry-after", value]));
    assert.equal(run.next().until - now, one.pause_ms, one.id);
  }
}

function bestLocales(name) {
  for (const one of rows(name)) {
    assert.equal(bestLocale(one.provider, one.preferred), one.locale, one.id);
    if (one.provider !== "jumio") continue;
    const request = { ...JUMIO_REQUEST, locale: one.preferred };
    const { body } = new Run(jumio("http://127.0.0.1:1"), request).due();
    assert.equal(JSON.parse(Buffer.from(body)).locale ?? null, one.locale, one.id);
  }
}

function catalogs(name) {
  const expected = Object.entries(vector(name).catalogs);
  assert.equal(expected.length, 4);
  for (const [provider, tables] of expected) assert.deepEqual(catalog(provider), tables, provider);
}

/** The form of transcripts: headers as pairs, bytes as text or base64. */
function toWire(next) {
  if (next.type !== "send") return next;
  const { request } = next;
  const headers = request.headers.map((header) => [header.name, header.value]);
  let { body } = request;
  if (body) {
    const text = body.toString("utf8");
    body = Buffer.from(text).equals(body) ? { text } : { base64: body.toString("base64") };
  }
  return { type: "send", request: { ...request, ...pick(request, ["url", "cache"]), headers, body } };
}

function hints(name) {
  const file = vector(name);
  const journey = journeyFromJson(JSON.stringify(file.journey));
  for (const one of file.cases) {
    assert.equal(read(journey, one.seen), one.hint, one.id);
    assert.equal(read(JSON.stringify(file.journey), one.seen), one.hint, one.id);
  }
}

function hmac(name) {
  for (const row of rows(name)) {
    const message = row.message_text === undefined ? Buffer.from(row.message_hex, "hex") : Buffer.from(row.message_text);
    const { encoding, key } = row.scheme;
    const code = codeOf(() => verify(message, row.tag, [row.key_text], { encoding, key }));
    assert.equal(code, row.result === "valid" ? null : `signature_${row.result}`, row.id);
    if (key === "text") {
      assert.equal(codeOf(() => verify(message, row.tag, [Buffer.from(row.key_text)], { encoding })), code, row.id);
    }
  }
}

function wycheproofForm(name) {
  const file = vector(name);
  let seen = 0;
  for (const group of file.testGroups) {
    for (const one of group.tests) {
      const code = codeOf(() => verify(Buffer.from(one.msg, "hex"), one.tag, [one.key], { key: "hex_decoded" }));
      assert.equal(code === null, one.result === "valid", one.tcId);
      for (const key of ["text", "hex_decoded"]) {
        const keys = [Buffer.from(one.key, "hex")];
        assert.equal(codeOf(() => verify(Buffer.from(one.msg, "hex"), one.tag, keys, { key })), code, one.tcId);
      }
      if (group.tagSize !== 256) assert.equal(code, "signature_malformed", one.tcId);
      seen += 1;
    }
  }
  assert.equal(seen, file.numberOfTests);
}

function slices(name) {
  for (const row of rows(name)) {
    let found = null;
    const code = codeOf(() => (found = signedMember(Buffer.from(row.body_text), row.member)));
    assert.equal(code, row.error ?? null, row.id);
    assert.equal(found === null ? null : found.toString(), row.slice_text ?? null, row.id);
  }
}

/** The whole body that was signed is told apart from the member. */
function doctor(name) {
  let tried = 0;
  for (const row of rows(name)) {
    const account = attestr({ ...row, key_text: row.key });
    if (!account || row.member !== "result") continue;
    tried += 1;
    const found = diagnose(account, Buffer.from(row.message), row.tag);
    assert.deepEqual([found.verdict, found.findings.map((one) => one.difference)], [row.verdict, row.differences], row.id);
  }
  assert(tried > 4);
}

/** An account with the secret of a row, if Attestr's scheme and rules allow it. */
function attestr(row) {
  if (row.scheme.encoding !== "hex") return null;
  const options = { hex_decoded_secret: row.scheme.key !== "text" };
  try {
    return new Account({ provider: "attestr", auth_token: "t", client_key: "00", client_secrets: [row.key_text], options });
  } catch (error) {
    if (error instanceof Reject || row.key_text === undefined) return null;
    throw error;
  }
}

function urls(name) {
  const fields = { redirect: "success_url", error: "error_url" };
  for (const one of rows(name)) {
    const url = one.rules === "callback" ? { callback: { url: one.url } } : { [fields[one.rules]]: one.url };
    const config = { ...PLAIN_JUMIO, options: { development: one.development }, ...url };
    const code = codeOf(() => new Account(config));
    // Jumio's own limit for callback URLs is shorter than the vectors' rule: room for the secret.
    assert(code === one.code || (one.rules === "callback" && code === "url_too_long"), `${one.id}: ${code}`);
  }
}

function rejects(name) {
  const file = vector(name);
  const blames = new Map(file.codes.map((row) => [row.code, row.blame]));
  // Only Rust has the types that read documents.
  for (const one of file.cases.filter((one) => one.call !== "parse")) {
    assert.throws(
      () => provoke(file, one),
      (reject) => {
        assert(reject instanceof Reject, `${one.id}: ${reject}`);
        assert.deepEqual([reject.code, reject.blame, reject.field], [one.code, one.blame, one.field], one.id);
        return blames.get(one.code).includes(one.blame) && reject.message !== "";
      },
      one.id,
    );
  }
  // The declared type is the list.
  const declared = readFileSync(join(dirname(createRequire(import.meta.url).resolve("idvkit")), "types.d.ts"), "utf8");
  const [, codes] = /type RejectCode =([^;]*);/.exec(declared);
  assert.deepEqual([...codes.matchAll(/"(\w+)"/g)].map(([, code]) => code), file.codes.map((row) => row.code));
}

function provoke(file, one) {
  const { call, provider = "jumio", now = file.now } = one;
  const opened = (account) => {
    const request = { ...(one.replace ? {} : file.requests[provider]), ...one.request };
    return Session.open(account, request, SEED.subarray(0, one.seed_bytes ?? 32), now);
  };
  const account = () => new Account({ ...file.configs[provider], ...one.config });
  switch (call) {
    case "verify":
      return verify(Buffer.from(one.message), one.tag, one.secrets, { key: one.key });
    case "signed_member":
      return signedMember(Buffer.from(one.body), one.name);
    case "read":
      return read(one.journey, { type: "closed" });
    case "diagnose":
      return diagnose(account(), Buffer.from(one.body), one.tag);
    case "account":
      return account();
    case "reference_of":
      return account().referenceOf(toInput(one.input), now);
    case "restore": {
      const stored = one.snapshot === "$opened" ? opened(new Account(file.configs[provider])).snapshot() : one.snapshot;
      return Session.restore(account(), stored);
    }
    default: {
      const session = opened(account());
      const { id } = session.next(now).request;
      for (const wire of one.inputs ?? []) session.handle(toInput(wire, id), now);
    }
  }
}

export const PLAIN_JUMIO = {
  provider: "jumio",
  region: "us",
  api_token: "t",
  api_secret: "s",
  callback: "portal",
  user_agent: "Example Corp SampleApp/1.0.1",
};
