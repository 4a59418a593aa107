// Signicat: orders, requests, tokens, processes, redirects and callbacks.

import assert from "node:assert/strict";

import { Account, Input, Session, examine } from "idvkit";

import { SEED, T0, rows } from "../support.mjs";
import { Run, bytes, checkReference, codeOf, examined, pick, sent } from "./common.mjs";

export const runners = {
  "signicat/orders": orders,
  "signicat/requests": requests,
  "signicat/redirect": signicatRedirect,
  "signicat/callback": signicatCallback,
  "signicat/token": token,
  "signicat/process": process,
  "signicat/problem": problem,
  "signicat/event": event,
};

const DOSSIER = "33333333-3333-4333-8333-333333333333";
const PROCESS = "44444444-4444-4444-8444-444444444444";
const PAPER = { flow: "signicat_document_verification", provider: "signicatpaper" };

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

function token(name) {
  const kinds = { request: tokenRequest, answer: tokenAnswer, refusal: tokenRefusal, life: tokenLife };
  for (const row of rows(name)) kinds[row.kind](row);
}

function tokenRequest(row) {
  const request = new Run(someSignicat({ profile: row.profile }), PAPER).due();
  assert.deepEqual([request.url, request.body.toString()], [row.url, row.form], row.id);
  const authorization = request.headers.find((header) => header.name === "Authorization")?.value ?? null;
  assert.equal(authorization, row.authorization, row.id);
  assert.deepEqual([request.cache.refused, request.cache.max_age_ms], [null, 570_000], row.id);
}

function tokenAnswer(row) {
  assert.deepEqual(examine("signicat_token", bytes(row.body)), { expires_in_s: row.expires_in_s }, row.id);
}

function tokenRefusal(row) {
  const run = new Run(someSignicat(), PAPER);
  run.answer("signicat.token", row.status, row.body);
  const { fault } = run.outcome();
  assert.deepEqual([fault.provider_code, fault.class, fault.retryable], [row.provider_code, "authorization", false], row.id);
}

/** The last moment at which a token is used for another request, and the first at which a new one is asked for. */
function tokenLife(row) {
  for (const [at, operation] of [[row.usable_ms - 1, "signicat.create_process"], [row.usable_ms, "signicat.token"]]) {
    if (at < 0) continue;
    const run = new Run(someSignicat({ options: { token_skew_ms: row.skew_ms } }), PAPER);
    run.answer("signicat.token", 200, { access_token: "t", expires_in: row.expires_in });
    const { id } = run.due();
    run.now += at;
    run.tell(Input.httpResponse({ id, status: 201, headers: [], body: bytes({ dossierId: DOSSIER }) }));
    assert.equal(run.next().request.operation, operation, `${row.id}, ${at}`);
  }
}

function process(name) {
  for (const row of rows(name)) {
    const found = examine("signicat_process", bytes(row.body));
    assert.deepEqual([found.status, found.final, found.sealed], [row.status, row.final, row.sealed], row.id);
    assert.deepEqual(found.reasons, row.reasons ?? [], row.id);
    const run = verified(row.body);
    assert.equal(cameTo(run), row.outcome, row.id);
    const evidence = run.session.evidence();
    assert.equal(evidence !== null, row.final, row.id);
    if (!evidence) continue;
    assert.equal(evidence.person === null, row.person === null, row.id);
    if (!evidence.person) continue;
    const { document, nationalities } = evidence.person;
    const said = { ...evidence.person, nationality: nationalities[0] ?? null, ...pick({ ...document }, ["kind", "issuer_country"]) };
    for (const [member, value] of Object.entries(row.person)) assert.equal(said[member] ?? null, value, row.id);
  }
}

/** A session whose process says this at the first look. */
function verified(answer) {
  const run = new Run(someSignicat(), PAPER);
  serve(run, "create_dossier", 201, { dossierId: DOSSIER });
  serve(run, "create_process", 201, { processId: PROCESS, provider: "signicatpaper", status: "pending" });
  const png = Buffer.from("89504e470d0a1a0a0000000d494844520000000a0000000a0802000000", "hex");
  run.tell(Input.images([{ slot: "front", bytes: png }]));
  serve(run, "set_images", 200, "");
  serve(run, "start", 200, "");
  serve(run, "get_process", 200, answer);
  return run;
}

/** Answers this; tokens on the way, as a host with a cache would. */
function serve(run, operation, status, body) {
  while (run.due().operation === "signicat.token") {
    run.answer("signicat.token", 200, { access_token: "tok-1", expires_in: 600, token_type: "Bearer" });
  }
  run.answer(`signicat.${operation}`, status, body);
}

function cameTo(run) {
  const next = run.next();
  if (next.type === "wait") return null;
  const { outcome } = next;
  if (outcome.type === "failed") assert.equal(outcome.fault.code, "process_failed");
  return outcome.decision ?? outcome.type;
}

function problem(name) {
  for (const row of rows(name)) {
    const { found, code } = examined("signicat_problem", bytes(row.body));
    if (row.shape === null) assert.equal(code, "problem_malformed", row.id);
    else assert.deepEqual(found, pick(row, ["shape", "code", "authorization", "trace_id", "fields"]), row.id);
  }
}

function event(name) {
  const members = ["event_name", "event_data", "organization_id"];
  for (const row of rows(name)) {
    const { found, code } = examined("signicat_event", bytes(row.body));
    assert.equal(code, row.error ?? null, row.id);
    if (found) assert.deepEqual(pick(found, members), pick(row, members), row.id);
  }
}

function someSignicat(more = {}) {
  const redirect_url = "https://merchant.example/back";
  return new Account({ provider: "signicat", client_id: "client", client_secret: "secret", redirect_url, ...more });
}

function signicatRequest(row) {
  const [[flow, request]] = Object.entries(row.flow);
  return { flow: `signicat_${flow}`, ...request };
}
