// Jumio: orders, answers, returns and callbacks; and the scripts that the sandbox follows.

import assert from "node:assert/strict";

import { Account, Input, Session } from "idvkit";

import { JUMIO_REQUEST, SEED, T0, jumio, rows, vector } from "../support.mjs";
import { Run, checkReference, codeOf, pick, sent } from "./common.mjs";
import { PLAIN_JUMIO } from "./core.mjs";

export const runners = {
  "jumio/initiate": initiate,
  "jumio/prefix": prefix,
  "jumio/return": returns,
  "jumio/callback": jumioCallback,
  "jumio/error": error,
  "jumio/poll": poll,
  "jumio/delete": deletion,
};

const REFERENCE = "11111111-1111-4111-8111-111111111111";
const ENROLLMENT = JUMIO_REQUEST.enrollment_transaction_reference;
const someJumio = () => new Account(vector("jumio/initiate").config);
const opened = (config, more = {}) => new Run(new Account({ ...config, callback: "portal", ...more }), JUMIO_REQUEST);

/** A session with its page shown. */
function live(config, more) {
  const run = opened(config, more);
  const redirectUrl = "https://netverify.com/web/v4/app?authorizationToken=t&locale=de";
  const answer = { timestamp: "2024-01-02T03:04:05.678Z", transactionReference: REFERENCE, redirectUrl };
  run.answer("jumio.initiate", 200, answer);
  return run;
}

function initiate(name) {
  const account = someJumio();
  for (const one of rows(name)) {
    const open = () => Session.open(account, one.request, SEED, T0);
    if (one.code) {
      assert.throws(open, (reject) => reject.code === one.code && reject.field === (one.field ?? null), one.id);
      continue;
    }
    const body = JSON.parse(sent(open()).body);
    if ("callbackUrl" in body) {
      assert(body.callbackUrl.length <= 255);
      assert.match(body.callbackUrl, /\/[0-9a-f]{32}$/);
      body.callbackUrl = body.callbackUrl.replace(/[0-9a-f]{32}$/, "<secret>");
    }
    if (one.body) assert.deepEqual(body, one.body, one.id);
  }
}

function prefix(name) {
  for (const one of rows(name)) {
    const code = codeOf(() => new Account({ ...PLAIN_JUMIO, domain_prefix: one.prefix }));
    assert.equal(code, one.accept ? null : "domain_prefix_invalid", one.id);
  }
}

function returns(name) {
  for (const one of rows(name)) checkReference(someJumio(), Input.redirect(one.url), one.reference, one.code, one.id);
}

function jumioCallback(name) {
  for (const one of rows(name)) {
    const text = Buffer.from(one.body);
    const body = Buffer.concat([text, Buffer.alloc(Math.max(0, (one.pad_to ?? 0) - text.length), "a")]);
    const headers = { "Content-Type": one.content_type ?? "application/x-www-form-urlencoded" };
    // Genuine, but of another product of the same account: nobody's.
    const code = one.code === "callback_of_other_product" ? null : one.code;
    checkReference(someJumio(), Input.callback({ url: "/cb", headers, body }), one.reference, code, one.id);
  }
}

function error(name) {
  const { config } = vector(name);
  for (const one of rows(name)) {
    const run = one.at === "jumio.initiate" ? opened(config) : live(config);
    run.answer(one.at, one.status, one.body, one.headers);
    const next = run.next();
    assert.equal(next.type === "done", one.ends, one.id);
    const fault = next.type === "done" ? next.outcome.fault : run.fault();
    assert.deepEqual(pick({ ...fault }, Object.keys(one.fault)), one.fault, one.id);
    assert.equal(fault.trace_id ?? null, one.headers[0]?.[1] ?? null, one.id);
  }
}

function poll(name) {
  const { config } = vector(name);
  for (const one of rows(name)) {
    const run = live(config, { callback: one.callback, options: one.options ?? {} });
    const payload = { value: "success" };
    const data = JSON.stringify({ authorizationToken: "t", transactionReference: REFERENCE, eventType: 510, payload });
    run.see({ type: "message", origin: "https://netverify.com", data });
    const base = run.now;
    const body = { transactionReference: REFERENCE, enrollmentTransactionReference: ENROLLMENT, transactionResult: "STARTED" };
    const looks = one.offsets.map(() => {
      run.answer("jumio.retrieve", 200, body);
      return Math.floor((run.now - base) / 1000);
    });
    assert.deepEqual(looks, one.offsets, one.id);
  }
}

function deletion(name) {
  for (const one of rows(name)) {
    const run = live(vector(name).config);
    run.tell(Input.erase({ atProvider: true }));
    for (const status of one.statuses) run.answer("jumio.delete", status, "");
    const report = run.next().erasure.at_provider;
    if (report.type === "deleted") assert.equal(report.count, one.deleted, one.id);
    else assert.deepEqual([report.type, report.fault.code, report.fault.status], ["failed", "http_status", one.failed], one.id);
  }
}

/** The scripts among the vectors: sessions against the sandbox, and the provider's API beside them. */
class Script {
  #atMs = 0;
  #made = new Map();

  constructor(sandbox) {
    this.sandbox = sandbox;
    this.account = jumio(sandbox.url);
  }

  async take(step) {
    if (step.at_ms > this.#atMs) await this.sandbox.advance(step.at_ms - this.#atMs);
    this.#atMs = Math.max(step.at_ms, this.#atMs);
    if (step.act === "initiate") return this.#initiate(step);
    const session = this.#made.get(step.name);
    const [reference] = session.references;
    switch (step.act) {
      case "result": {
        const answer = await this.call("GET", reference);
        return (await answer.json()).transactionResult;
      }
      case "image":
        return (await this.call("GET", `${reference}/images/face`, "image/png, image/jpeg")).status;
      case "get":
      case "delete":
        return (await this.call(step.act.toUpperCase(), reference)).status;
      default:
        return this.#page(session, step.act);
    }
  }

  async #initiate({ name, lifetime_minutes: minutes }) {
    const request = { ...JUMIO_REQUEST, ...(minutes && { token_lifetime_minutes: minutes }) };
    const session = Session.open(this.account, request, SEED, this.sandbox.clock());
    const { id, method, url, headers, body } = session.next(this.sandbox.clock()).request;
    const answer = await fetch(url, { method, headers: headers.map((header) => [header.name, header.value]), body });
    const found = Buffer.from(await answer.arrayBuffer());
    session.handle(Input.httpResponse({ id, status: answer.status, headers: [], body: found }), this.sandbox.clock());
    this.#made.set(name, session);
  }

  async #page(session, act) {
    // The page is shown all the time: `next` is asked at the moment when it was.
    const { journey } = session.next(T0);
    const link = journey.ways.find((way) => way.type === "redirect").url;
    if (act === "open") return void assert((await fetch(link)).ok);
    assert.equal(act, "finish");
    const authorizationToken = new URL(link).searchParams.get("authorizationToken");
    const body = new URLSearchParams({ authorizationToken, action: "acceptable" });
    assert((await fetch(link.split("?")[0], { method: "POST", body, redirect: "manual" })).status < 400);
  }

  call(method, path, accept = "application/json") {
    const authorization = `Basic ${Buffer.from("sandbox-jumio-token:sandbox-jumio-secret").toString("base64")}`;
    const headers = { "user-agent": "Example Corp SampleApp/1.0.1", accept, authorization };
    return fetch(`${this.sandbox.url}/jumio/us/api/netverify/v2/authentications/${path}`, { method, headers });
  }
}

export async function follow(script, sandbox) {
  await sandbox.reset();
  const run = new Script(sandbox);
  for (const step of script.steps ?? []) {
    assert.equal(await run.take(step), step.expect, `${script.id}: ${JSON.stringify(step)}`);
  }
  if (script.steps) return;
  const answer = await run.call(script.method, script.path);
  assert.deepEqual([answer.status, answer.headers.get("x-trackingid").length], [404, 36], script.id);
  const body = await answer.json();
  assert(body.httpStatus === "404" && body.message && body.requestURI.endsWith(script.path), script.id);
}
