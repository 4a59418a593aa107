// Attestr: handshakes, results, what the page's handlers say, webhooks.

import assert from "node:assert/strict";

import { Account, Input, Session } from "idvkit";

import { SEED, rows, vector } from "../support.mjs";
import { Run, checkReference, pick, sent } from "./common.mjs";

export const runners = {
  "attestr/handshake": handshake,
  "attestr/result": result,
  "attestr/launch": launch,
  "attestr/webhook": webhook,
};

const START = 1_750_000_000_000;
const HANDSHAKE = "DS02zfeuv6n4gkq51hvw6";
const account = (file) => new Account({ provider: "attestr", ...file.config });

/** A session whose handshake exists. */
function live(file) {
  const variables = { pan: "ABCPE1234F" };
  const request = { flow: "attestr_flowx", flow_id: "FX02zfeuvcj36knhn06us", tag: "TAG567822", variables };
  const run = new Run(account(file), request, START);
  run.answer("attestr.create_handshake", 200, { _id: HANDSHAKE, number: "3804-324489-8469", digest: "x" });
  return run;
}

function handshake(name) {
  const file = vector(name);
  for (const one of rows(name)) {
    const open = () => Session.open(account(file), { flow: "attestr_flowx", ...one.request }, SEED, file.now);
    // An integer that JavaScript cannot hold does not arrive as the vector has it, and is refused before its range is checked.
    const held = Number.isSafeInteger(one.request.expiry ?? 0);
    if (!held) assert.throws(open, { code: "request_malformed" }, one.id);
    else if (one.code) assert.throws(open, { code: one.code, field: one.field }, one.id);
    else assert.deepEqual(JSON.parse(sent(open(), file.now).body), one.body, one.id);
  }
}

function result(name) {
  const file = vector(name);
  for (const one of rows(name)) {
    const run = live(file);
    run.see({ type: "event", name: "onFlowxSuccess", data: JSON.stringify({ signature: one.claim }) });
    run.answer("attestr.fetch_result", one.status, one.body);
    assert.equal(cameTo(run), one.expect, one.id);
    const evidence = run.session.evidence();
    assert.equal(evidence !== null, one.expect === "completed", one.id);
    if (!evidence) continue;
    assert.deepEqual(evidence.basis, { type: "signed", form: one.form }, one.id);
    assert.equal(evidence.raw.toString(), one.raw, one.id);
    assert.deepEqual(evidence.parts.map((part) => [part.name, part.status]), one.parts, one.id);
  }
}

function cameTo(run) {
  const next = run.next();
  if (next.type === "done") return next.outcome.type === "decided" ? next.outcome.decision : next.outcome.fault.code;
  assert.equal(next.type, "wait");
  return run.fault()?.code ?? "not_yet";
}

function launch(name) {
  const file = vector(name);
  for (const { id, handler, data, outcome: expected } of rows(name)) {
    const run = live(file);
    run.see({ type: "event", name: handler, data });
    if ("claims" in expected) {
      assert.equal(run.next().type === "send", expected.claims, id);
      continue;
    }
    const outcome = settled(run);
    if (outcome.type === "abandoned") {
      assert.deepEqual([true, outcome.stage], [expected.abandoned, expected.stage], id);
      continue;
    }
    assert.equal(outcome.type, "failed", id);
    assert.deepEqual(pick(outcome.fault, Object.keys(expected.fault)), expected.fault, id);
    // An error's outcome itself has no stage: it is that at which a session is erased after the same words.
    const erased = live(file);
    erased.see({ type: "event", name: handler, data });
    erased.tell(Input.erase({ atProvider: false }));
    assert.deepEqual(erased.outcome(), { type: "abandoned", stage: expected.stage }, id);
  }
}

/** Lets the settle time pass; the fetches bring nothing. */
function settled(run) {
  for (;;) {
    const next = run.next();
    if (next.type === "done") return next.outcome;
    if (next.type === "send") run.answer("attestr.fetch_result", 200, { _id: HANDSHAKE });
    else run.wait();
  }
}

function webhook(name) {
  const own = account(vector(name));
  for (const one of rows(name)) {
    const headers = one.authorization === null ? [] : [["Authorization", one.authorization]];
    const input = Input.callback({ url: "/", headers, body: Buffer.from(one.body) });
    checkReference(own, input, one.reference, one.code, one.id);
  }
}
