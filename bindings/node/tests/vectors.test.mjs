// Every file of the vectors, as far as a binding can reach what it is about. None is left out silently.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { Account, Input, Reject, Session, diagnose, journeyFromJson, read } from "idvkit";

import { SEED, T0, VECTORS, bodyOf, rows, vector } from "./support.mjs";

// What they test is a public function of a Rust crate that has no counterpart in the facade, and so none in a binding.
const RUST_ONLY = {
  "biometric_kz/result": "the reading of an answer; its outcomes are in flows",
  "core/locales": "sets of locales as data",
  "core/times": "the reading of a time stamp",
  "jumio/colours": "advice for a settings page",
  "jumio/enrolment": "a check before a session",
  "jumio/retrieval": "the reading of an answer; its outcomes are in transcripts",
  "signature/ecmascript": "one form of bytes; what is signed with it is in transcripts",
  "signicat/event": "account-wide events",
  "signicat/matching": "a comparison of names",
  "signicat/problem": "the reading of an answer",
  "signicat/process": "the reading of an answer",
  "signicat/rules": "the provider's own rules",
  "signicat/token": "the reading of an answer",
};

/** Files that no runner of this language reads yet: skipped, and said so. */
const NOT_YET = new Set([
  "attestr/handshake",
  "attestr/launch",
  "attestr/result",
  "attestr/webhook",
  "jumio/delete",
  "jumio/error",
  "jumio/poll",
  "jumio/supersede",
  "signature/wycheproof_form",
]);

const RUN = {
  transcripts: transcript,
  read: hints,
  "signature/hmac": hmac,
  "signature/slice": slices,
  "signature/doctor": doctor,
  "core/urls": urls,
  "jumio/initiate": initiate,
  "jumio/prefix": prefix,
  "jumio/return": returns,
  "jumio/callback": jumioCallback,
  "biometric_kz/webhook": webhook,
  "biometric_kz/metadata": metadata,
  "biometric_kz/iin": (name) => edocument(name, "iin"),
  "biometric_kz/phone": (name) => edocument(name, "phone"),
  "signicat/orders": orders,
  "signicat/requests": requests,
  "signicat/redirect": signicatRedirect,
  "signicat/callback": signicatCallback,
};

const FILES = readdirSync(VECTORS, { recursive: true })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".json"))
  .map((path) => path.slice(0, -".json".length))
  .sort();
assert(FILES.length > 30);

for (const name of FILES) {
  const run = RUN[/^(transcripts|read)\//.exec(name)?.[1] ?? name];
  const skip = (NOT_YET.has(name) && "not run yet from Node") || (!run && RUST_ONLY[name] && `Rust only: ${RUST_ONLY[name]}`);
  test(name, { skip }, () => {
    assert(run && !RUST_ONLY[name], `${name} is run by nobody, or listed for nothing`);
    run(name);
  });
}

function transcript(name) {
  const record = vector(name);
  const account = new Account(record.config);
  const seed = Buffer.from(record.seed, "hex");
  let snapshot;
  for (const [number, step] of record.steps.entries()) {
    const place = `${name}, step ${number}`;
    const session = snapshot ? Session.restore(account, snapshot) : Session.open(account, record.request, seed, step.at);
    const code = step.input && codeOf(() => session.handle(toInput(step.input), step.at));
    assert.equal(code, step.reject, place);
    assert.equal(session.revision, step.revision, place);
    assert.deepEqual(toWire(session.next(step.at)), step.next, place);
    assert.deepEqual(toWire(session.next(step.at)), toWire(session.next(step.at)), place);
    snapshot = session.snapshot();
    assert.equal(snapshot, step.snapshot, place);
  }
}

function toInput(wire) {
  switch (wire.type) {
    case "http_response":
      return Input.httpResponse({ ...wire, body: bodyOf(wire.body) });
    case "http_failed":
      return Input.httpFailed(wire.id);
    case "sending":
      return Input.sending(wire.id);
    case "hint":
      return Input.hint(wire.text);
    case "redirect":
      return Input.redirect(wire.url);
    case "callback":
      return Input.callback({ ...wire, body: bodyOf(wire.body) });
    case "images":
      return Input.images(wire.images.map((image) => ({ slot: image.slot, bytes: bodyOf(image.bytes) })));
    case "retry":
      return Input.retry();
    case "erase":
      return Input.erase({ atProvider: wire.at_provider });
    default:
      throw new Error(`no input ${wire.type}`);
  }
}

/** The form of transcripts: headers as pairs, bytes as text or base64. */
function toWire(next) {
  if (next.type !== "send") return next;
  const request = { ...next.request };
  request.headers = request.headers.map((header) => [header.name, header.value]);
  if (request.body) {
    const text = request.body.toString("utf8");
    const isText = Buffer.from(text).equals(request.body);
    request.body = isText ? { text } : { base64: request.body.toString("base64") };
  }
  return { type: "send", request };
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
  let tried = 0;
  for (const row of rows(name)) {
    const account = attestr(row);
    const message = row.message_text ?? "";
    if (!account || !isJson(message)) continue;
    tried += 1;
    const found = diagnose(account, Buffer.from(`{"result": ${message}}`), row.tag);
    assert.equal(found.verdict === "verifies", row.result === "valid", row.id);
  }
  assert(tried > 30);
}

/** The slice is what verifies: signed here with the standard library. */
function slices(name) {
  const key = "00".repeat(24);
  const account = attestr({ scheme: { encoding: "hex", key: "text" }, key_text: key });
  for (const row of rows(name)) {
    if (row.member !== "result" || row.slice_text == null) continue;
    const tag = createHmac("sha256", key).update(row.slice_text).digest("hex");
    assert.equal(diagnose(account, Buffer.from(row.body_text), tag).verdict, "verifies", row.id);
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
    assert.deepEqual([found.verdict, found.findings.map((one) => one.cause)], [row.verdict, row.causes], row.id);
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

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
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

function urls(name) {
  const fields = { redirect: "success_url", error: "error_url" };
  for (const one of rows(name)) {
    const field = fields[one.rules];
    // Jumio's own limit for callback URLs is shorter than the vectors' rule.
    if (!field) continue;
    const config = { ...PLAIN_JUMIO, options: { development: one.development }, [field]: one.url };
    assert.equal(codeOf(() => new Account(config)), one.code, one.id);
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

function edocument(name, member) {
  // An empty text is no value in metadata.
  for (const row of rows(name).filter((one) => one.input)) {
    const request = { flow: "biometric_kz_flow", metadata: { edocument: { [member]: { value: row.input } } } };
    assert.equal(codeOf(() => Session.open(someBiometricKz(), request, SEED, T0)), row.code, row.id);
  }
}

function orders(name) {
  for (const row of rows(name)) {
    const account = someSignicat({ redirect_url: null, options: { allow_unknown_provider: row.allow_unknown_provider ?? false } });
    const code = codeOf(() => Session.open(account, signicatRequest(row), SEED, T0));
    assert.equal(code, row.error ?? null, row.id);
  }
}

function requests(name) {
  for (const row of rows(name)) {
    const session = Session.open(someSignicat(row.notification ? NOTIFICATION : {}), signicatRequest(row), SEED, T0);
    let request = sent(session);
    for (let round = 0; round < 4 && request.operation !== row.operation; round += 1) {
      const answer =
        request.operation === "signicat.create_dossier"
          ? { dossierId: "33333333-3333-4333-8333-333333333333" }
          : { access_token: "tok-1", expires_in: 600, token_type: "Bearer" };
      const body = Buffer.from(JSON.stringify(answer));
      session.handle(Input.httpResponse({ id: request.id, status: 200, headers: [], body }), T0);
      request = sent(session);
    }
    assert.deepEqual([request.method, request.url], [row.method, `https://api.signicat.com${row.path}`], row.id);
    assert.deepEqual(JSON.parse(request.body), row.body, row.id);
  }
}

function signicatRedirect(name) {
  for (const row of rows(name)) checkReference(someSignicat(), Input.redirect(row.url), row.dossier, row.error, row.id);
}

function signicatCallback(name) {
  for (const row of rows(name)) {
    const headers = row.authorization === null ? [] : [["AUTHORIZATION", row.authorization]];
    const input = Input.callback({ url: "/n", headers, body: Buffer.from(row.body) });
    checkReference(someSignicat(NOTIFICATION), input, row.reference, row.error, row.id);
  }
}

const NOTIFICATION = {
  notification: {
    url: "https://merchant.example/n",
    authorization_header: "Bearer abc",
    previous_authorization_headers: ["Bearer old"],
  },
};

const PLAIN_JUMIO = {
  provider: "jumio",
  region: "us",
  api_token: "t",
  api_secret: "s",
  callback: "portal",
  user_agent: "Example Corp SampleApp/1.0.1",
};

function someJumio() {
  return new Account(vector("jumio/initiate").config);
}

function someBiometricKz(more = {}) {
  return new Account({ provider: "biometric_kz", api_key: "TTpme201NiUMBA-a_key_for_tests_0123456789abcdefghijk", ...more });
}

function someSignicat(more = {}) {
  const redirect_url = "https://merchant.example/back";
  return new Account({ provider: "signicat", client_id: "client", client_secret: "secret", redirect_url, ...more });
}

function signicatRequest(row) {
  const [[flow, request]] = Object.entries(row.flow);
  return { flow: `signicat_${flow}`, ...request };
}

function sent(session) {
  const next = session.next(T0);
  assert.equal(next.type, "send");
  return next.request;
}

function checkReference(account, input, reference, code, place) {
  let found = null;
  const refused = codeOf(() => (found = account.referenceOf(input, T0)));
  assert.equal(refused, code ?? null, place);
  if (refused === null) assert.equal(found, reference ?? null, place);
}

function codeOf(call) {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof Reject) return error.code;
    throw error;
  }
}
