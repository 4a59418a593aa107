// Figures of the Node.js binding, beside the same job with the standard library (and zod) in the same run. Ratios count.
//
// `cargo xtask node` runs it on the packages that it built and installed. It fails where an aim is missed by far.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";

import { Account, Input, Session, signedMember, verify } from "idvkit";
import * as biometricKz from "idvkit/biometric-kz";
import * as jumioValues from "idvkit/jumio";
import { z } from "zod";

import * as peers from "./peers-of-values.mjs";

const NOW = 1_767_225_600_000;
const SEED = Uint8Array.from({ length: 32 }, (_, index) => index);
const SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef";

const jumio = new Account({
  provider: "jumio",
  region: "us",
  api_token: "token",
  api_secret: "secret",
  user_agent: "Example Corp App/1.0",
  callback: { url: "https://merchant.example/callback" },
  success_url: "https://merchant.example/ok",
});
const attestr = new Account({
  provider: "attestr",
  auth_token: "t",
  client_key: "00",
  client_secrets: [SECRET],
  webhook_tokens: ["planted-webhook"],
});
const REQUEST = {
  flow: "jumio_authentication",
  enrollment_transaction_reference: "22222222-2222-4222-8222-222222222222",
  success_url: "https://merchant.example/ok",
  error_url: "https://merchant.example/no",
  locale: "en-GB",
  user_reference: "customer-4711",
  token_lifetime_minutes: 30,
};
const answer = (id, body) => Input.httpResponse({ id, status: 200, headers: [], body: Buffer.from(body) });

/** The best of several rounds, in microseconds per call: what the machine did besides is in the others. */
function time(call) {
  const calls = Math.max(20, Math.floor(20_000 / Math.max(1, once(call, 50))));
  let best = Infinity;
  for (let round = 0; round < 7; round += 1) best = Math.min(best, once(call, calls));
  return best;
}

function once(call, calls) {
  const start = process.hrtime.bigint();
  for (let n = 0; n < calls; n += 1) call();
  return Number(process.hrtime.bigint() - start) / calls / 1000;
}

function show(name, call) {
  const took = time(call);
  console.log(`  ${name.padEnd(46)} ${took.toFixed(2).padStart(8)} us`);
  return took;
}

function peer(name, call, ours) {
  const took = time(call);
  console.log(`    beside: ${name.padEnd(36)} ${took.toFixed(2).padStart(8)} us   ${(took / ours).toFixed(1)} times ours`);
  return took / ours;
}

/** 1 KiB under a signature: only the check, then cut out of its answer and checked, then as a session does it all. */
function signatures() {
  const result = JSON.stringify({ FS02zfeuv3tcnkq2mond2: { input: { pan: "ABCPE1234F" }, output: { name: "x".repeat(940) } } });
  const message = Buffer.from(result);
  const tag = createHmac("sha256", SECRET).update(message).digest("hex");
  const secrets = [SECRET];
  const standard = (bytes, claimed) => {
    const mac = createHmac("sha256", SECRET).update(bytes).digest();
    const given = Buffer.from(claimed, "hex");
    return given.length === mac.length && timingSafeEqual(mac, given);
  };
  assert(standard(message, tag));
  const only = peer("createHmac + timingSafeEqual", () => standard(message, tag), show("verify 1 KiB", () => verify(message, tag, secrets)));

  const body = Buffer.from(`{"_id":"DS02zfeuv6n4gkq51hvw6","tag":"user-7","result":${result},"resultSignature":"${tag}"}`);
  // What people write; it also parses and prints anew, where a slice would be right.
  const byHand = () => {
    const parsed = JSON.parse(body.toString());
    return standard(JSON.stringify(parsed.result), parsed.resultSignature);
  };
  assert(byHand());
  const sliced = show("signedMember and verify, answer of 1 KiB", () => verify(signedMember(body, "result"), tag, secrets));
  const ratio = peer("JSON.parse + createHmac by hand", byHand, sliced);
  console.log(`  verify of 1 KiB: ${only.toFixed(1)} times as fast as the standard library, ${ratio.toFixed(1)} with its answer (aim: 1.5)`);

  const session = shown();
  const data = { signature: tag };
  session.handle(Input.hint(JSON.stringify({ journey: session.next(NOW).journey.id, kind: "success", data })), NOW);
  const waiting = session.snapshot();
  const fetched = answer(session.next(NOW).request.id, body);
  const handled = () => {
    const restored = Session.restore(attestr, waiting);
    restored.handle(fetched, NOW);
    return restored;
  };
  assert.equal(handled().next(NOW).type, "done");
  peer("JSON.parse + createHmac by hand", byHand, show("restore, handle and verify the same answer", handled));
}

/** A session whose page is shown. */
function shown() {
  const request = { flow: "attestr_flowx", flow_id: "FX02zfeuvcj36knhn06us", tag: "user-7", webhook: true };
  const session = Session.open(attestr, request, SEED, NOW);
  const created = '{"_id":"DS02zfeuv6n4gkq51hvw6","number":"3804-324489-8469","digest":"d"}';
  session.handle(answer(session.next(NOW).request.id, created), NOW);
  return session;
}

function sessions() {
  const session = Session.open(jumio, REQUEST, SEED, NOW);
  show("next, with a request inside", () => session.next(NOW));
  show("snapshot", () => session.snapshot());
  const snapshot = session.snapshot();
  show("restore", () => Session.restore(jumio, snapshot));
  show("a whole flow (6 steps, restored before each)", flow);
}

/** A webhook of 4 KiB: authentic by its token, its reference found, and told. Beside it: compare, parse, look up. */
function callbacks() {
  const payload = { _id: "DS02zfeuv6n4gkq51hvw6", tag: "user-7", result: { FS1: { output: { name: "x".repeat(3900) } } } };
  payload.resultSignature = "0".repeat(64);
  const body = Buffer.from(JSON.stringify({ event: "flowx.completed", payload }));
  const token = "Basic planted-webhook";
  const input = Input.callback({ url: "/webhook", headers: { Authorization: token }, body });
  assert.equal(attestr.referenceOf(input, NOW), payload._id);
  const theirs = () => timingSafeEqual(Buffer.from(token), Buffer.from(token)) && JSON.parse(body.toString()).payload._id;
  peer("timingSafeEqual + JSON.parse", theirs, show("referenceOf a 4 KiB webhook", () => attestr.referenceOf(input, NOW)));
  const waiting = shown().snapshot();
  const told = () => {
    const session = Session.restore(attestr, waiting);
    session.handle(input, NOW);
    return session;
  };
  assert(told().revision > Session.restore(attestr, waiting).revision);
  const took = time(told) - time(() => Session.restore(attestr, waiting));
  console.log(`  ${"handle the 4 KiB webhook (restore taken off)".padEnd(46)} ${took.toFixed(2).padStart(8)} us`);
}

function validation() {
  const schema = z.object({
    flow: z.string(),
    enrollment_transaction_reference: z.string().max(36),
    success_url: z.url(),
    error_url: z.url(),
    locale: z.string().regex(/^[a-z]{2}(-[A-Z]{2})?$/),
    user_reference: z.string().max(100),
    token_lifetime_minutes: z.int().min(5).max(86_400),
  });
  const ours = show("open with seven members, all checked", () => Session.open(jumio, REQUEST, SEED, NOW));
  peer("zod: the same members, no session made", () => schema.parse(REQUEST), ours);
}

const TRANSACTION = Buffer.from(
  JSON.stringify({
    timestamp: "2026-01-02T03:04:05.678Z",
    transactionReference: "11111111-1111-4111-8111-111111111111",
    enrollmentTransactionReference: "22222222-2222-4222-8222-222222222222",
    transactionResult: "PASSED",
    transactionDate: "2026-01-02T03:04:05.678Z",
    scanSource: "WEB",
    images: [{ classifier: "face", href: "https://netverify.com/api/images/face" }],
    livenessImages: Array.from({ length: 7 }, (_, n) => `https://netverify.com/api/images/liveness/${n}`),
  }),
);
const METADATA = {
  edocument: {
    iin: { value: "000101500001", changeable: false },
    phone: { value: "77011234567", changeable: false },
    skip_input: true,
  },
};

/** Calls on values, beside zod schemas that check what these calls check and give what they answer. */
function values() {
  const callback = "https://merchant.example/idv/callback";
  const ours = [
    show("jumio.url", () => jumioValues.url(callback, { purpose: "callback" })),
    show("jumio.transaction, 1 KiB", () => jumioValues.transaction(TRANSACTION)),
    show("biometric-kz.iin", () => biometricKz.iin("000101500001")),
    show("biometric-kz.plan", () => biometricKz.plan(METADATA, { technologies: ["LDHP", "ED"] })),
  ];
  const theirs = [
    ["zod: the same URL rules", () => peers.url.parse(callback)],
    ["zod: the same members", () => peers.transaction.parse(JSON.parse(TRANSACTION.toString()))],
    ["zod: the same check digit", () => peers.iin.parse("000101500001")],
    ["zod: the same metadata", () => peers.plan(peers.metadata.parse(METADATA), ["LDHP", "ED"])],
  ];
  const ratios = theirs.map(([name, call], index) => peer(name, call, ours[index]));
  const [url, transaction, iin, plan] = ratios.map((ratio) => ratio.toFixed(1));
  console.log(`  values: url ${url}, iin ${iin}, transaction ${transaction}, plan ${plan} times as fast as zod (aim: 2)`);
}

function flow() {
  const transactionReference = "11111111-1111-4111-8111-111111111111";
  const enrollmentTransactionReference = REQUEST.enrollment_transaction_reference;
  const redirectUrl = "https://netverify.com/web/v4/app?authorizationToken=t&locale=de";
  const timestamp = "2026-01-01T00:00:00.000Z";
  let session = Session.open(jumio, REQUEST, SEED, NOW);
  const tell = (input, now) => {
    session.handle(input, now);
    session = Session.restore(jumio, session.snapshot());
  };
  const { id } = session.next(NOW).request;
  tell(Input.sending(id), NOW);
  tell(answer(id, JSON.stringify({ timestamp, transactionReference, redirectUrl })), NOW);
  const back = `https://merchant.example/ok?transactionStatus=SUCCESS&transactionReference=${transactionReference}`;
  tell(Input.redirect(back), NOW);
  const later = NOW + 3_600_000;
  const result = { transactionReference, enrollmentTransactionReference, transactionResult: "PASSED" };
  tell(answer(session.next(later).request.id, JSON.stringify(result)), later);
  assert.equal(session.next(later).type, "done");
}

function importing() {
  const program = 'const start = performance.now(); require("idvkit"); console.log(performance.now() - start)';
  const times = Array.from({ length: 15 }, () => Number(execFileSync(process.execPath, ["-e", program])));
  console.log(`  ${'require("idvkit"), new process'.padEnd(46)} ${Math.min(...times).toFixed(2).padStart(8)} ms`);
}

console.log(`Node.js ${process.version}, best of 7`);
importing();
sessions();
callbacks();
signatures();
validation();
values();
