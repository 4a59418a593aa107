// biometric.kz: metadata, personal numbers, results, webhooks.

import assert from "node:assert/strict";

import { Account, Input, Session } from "idvkit";

import { SEED, T0, rows } from "../support.mjs";
import { Run, checkReference, codeOf, sent } from "./common.mjs";

export const runners = {
  "biometric_kz/webhook": webhook,
  "biometric_kz/metadata": metadata,
  "biometric_kz/iin": iin,
  "biometric_kz/phone": phone,
  "biometric_kz/result": result,
};

const SESSION = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

function webhook(name) {
  const account = someBiometricKz({ webhook_secrets: ["0123456789abcdef"] });
  for (const row of rows(name)) {
    const body = Buffer.from(JSON.stringify(row.body));
    const input = Input.callback({ url: "/idv/0123456789abcdef", headers: [], body });
    checkReference(account, input, row.session_id, row.code, row.id);
  }
}

function metadata(name) {
  for (const row of rows(name)) {
    const account = someBiometricKz({ technologies: row.technologies });
    const open = () => Session.open(account, { flow: "biometric_kz_flow", metadata: row.metadata }, SEED, T0);
    if (row.code) assert.throws(open, (reject) => reject.code === row.code && reject.field === row.field, row.id);
    else assert.deepEqual(JSON.parse(sent(open()).body).metadata ?? null, row.sent, row.id);
  }
}

function iin(name) {
  edocument(name, "iin");
}

function phone(name) {
  edocument(name, "phone");
}

function edocument(name, member) {
  // An empty text is no value in metadata.
  for (const row of rows(name).filter((one) => one.input)) {
    const request = { flow: "biometric_kz_flow", metadata: { edocument: { [member]: { value: row.input } } } };
    assert.equal(codeOf(() => Session.open(someBiometricKz(), request, SEED, T0)), row.code, row.id);
  }
}

function result(name) {
  for (const row of rows(name)) {
    const iin = row.fixed_iin === null ? null : { value: row.fixed_iin, changeable: false };
    const request = { flow: "biometric_kz_flow", ...(iin && { metadata: { edocument: { iin } } }) };
    const run = new Run(someBiometricKz(), request, 1_750_000_000_000);
    run.answer("biometric_kz.create_session", 201, { session_id: SESSION, technologies: ["LDHP", "ED", "F2F"] });
    run.answer("biometric_kz.fetch_result", 200, row.body);
    assert.equal(cameTo(run), row.outcome, row.id);
    if (row.stage) assert.deepEqual(run.outcome(), { type: "abandoned", stage: row.stage }, row.id);
    const evidence = run.session.evidence();
    assert.equal(evidence !== null, ["approved", "declined", "inconclusive"].includes(row.outcome), row.id);
    if (!evidence) continue;
    if (row.reasons) assert.deepEqual(evidence.reasons.map((reason) => reason.code), row.reasons, row.id);
    if (row.parts) assert.deepEqual(evidence.parts.map((part) => [part.name, part.passed, part.score]), row.parts, row.id);
    const said = (member) => evidence.person?.[member] ?? evidence.person?.document?.[member] ?? null;
    for (const [member, value] of Object.entries(row.person ?? {})) assert.equal(said(member), value, row.id);
  }
}

function cameTo(run) {
  const next = run.next();
  if (next.type === "done") return next.outcome.decision ?? next.outcome.type;
  // A fault keeps the page as it is; which one it was, the snapshot says.
  if (next.type === "present") return run.fault()?.code ?? "open";
  assert.equal(next.why.type, "verdict");
  return "open_done";
}

function someBiometricKz(more = {}) {
  return new Account({ provider: "biometric_kz", api_key: "TTpme201NiUMBA-a_key_for_tests_0123456789abcdefghijk", ...more });
}
