// What the package promises besides the flows: bytes, refusals, and what may be given in which form.

import assert from "node:assert/strict";
import { createHmac, createPublicKey, createSecretKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";

import { Account, Input, Reject, Session, catalog, diagnose, journeyFromJson, read, verify } from "idvkit";

import * as biometricKz from "idvkit/biometric-kz";
import * as jumio from "idvkit/jumio";
import * as signicat from "idvkit/signicat";

import * as support from "./support.mjs";
import { SEED, T0 } from "./support.mjs";

const account = support.jumio("http://127.0.0.1:1");
const open = () => Session.open(account, support.JUMIO_REQUEST, SEED, T0);
const first = (session) => session.next(T0).request;

test("text is refused where bytes are meant", () => {
  const session = open();
  const answer = (body) => Input.httpResponse({ id: first(session).id, status: 200, headers: [], body });
  for (const wrong of ["{}", 7, null, undefined, [1, 2], {}, new ArrayBuffer(2)]) {
    assert.throws(() => answer(wrong), /body takes a Uint8Array or Buffer/);
  }
  assert.throws(() => Input.callback({ url: "/", headers: [], body: "text" }), /not a string: signatures cover the bytes/);
  assert.throws(() => Session.open(account, support.JUMIO_REQUEST, "0".repeat(32), T0), /seed takes a Uint8Array/);
  assert.throws(() => Input.images([{ slot: "front", bytes: "text" }]), /bytes takes a Uint8Array/);
  assert.equal(session.revision, 0);
});

test("a secret is text, bytes or a key object", () => {
  const [key, message] = [Buffer.from([0x00, 0xff, 0x41]), Buffer.from("signed")];
  const tag = createHmac("sha256", key).update(message).digest("hex");
  const within = Uint8Array.of(1, ...key, 1);
  const keyObject = createSecretKey(key);
  for (const secret of [key, new Uint8Array(key), within.subarray(1, 4), new DataView(within.buffer, 1, 3), keyObject]) {
    for (const form of ["text", "hex_decoded"]) {
      verify(message, tag, [secret], { key: form });
      verify(message, tag, ["other", "00", Buffer.from("other"), secret], { key: form });
    }
  }
  assert.deepEqual(key, Buffer.from([0x00, 0xff, 0x41]));
  assert.deepEqual(keyObject.export(), key);
  verify(message, tag, ["00ff41"], { key: "hex_decoded" });
  verify(message, createHmac("sha256", "ключ").update(message).digest("hex"), ["ключ"]);
  const refusals = [
    [[Buffer.from("00ff41")], "hex_decoded", "signature_wrong"],
    [["00ff41"], "text", "signature_wrong"],
    [[new Uint8Array(), ""], "hex_decoded", "secret_missing"],
    [["leak"], "hex_decoded", "secret_malformed"],
  ];
  for (const [secrets, form, code] of refusals) {
    assert.throws(() => verify(message, tag, secrets, { key: form }), (error) => error.code === code && !inspect(error).includes("leak"));
  }
});

test("what is no secret is named by its place and not repeated", () => {
  const pair = generateKeyPairSync("ed25519");
  const wrong = [
    ["leak", "secrets takes an array of strings or bytes, for rotation"],
    [Buffer.from("leak"), "secrets takes an array of strings or bytes, for rotation"],
    [undefined, "secrets takes an array of strings or bytes, for rotation"],
    [["leak", 7], "secrets[1] takes a string, a Uint8Array or Buffer, or a KeyObject of type secret, not number"],
    [[["leak"]], "secrets[0] takes a string, a Uint8Array or Buffer, or a KeyObject of type secret, not Array"],
    [[, "leak"], "secrets[0] takes a string, a Uint8Array or Buffer, or a KeyObject of type secret, not undefined"],
    [[pair.privateKey], "secrets[0] takes a string, a Uint8Array or Buffer, or a KeyObject of type secret, not of type private"],
    [[createPublicKey(pair.privateKey)], "secrets[0] takes a string, a Uint8Array or Buffer, or a KeyObject of type secret, not of type public"],
  ];
  for (const [secrets, message] of wrong) {
    assert.throws(() => verify(Buffer.from("signed"), "00", secrets), { name: "TypeError", message });
  }
});

test("any view of bytes will do", () => {
  const whole = Buffer.from("xx{}yy");
  for (const body of [whole.subarray(2, 4), new Uint8Array(whole.buffer, whole.byteOffset + 2, 2)]) {
    const session = open();
    session.handle(Input.httpResponse({ id: first(session).id, status: 200, headers: [], body }), T0);
    assert.equal(session.next(T0).outcome.fault.code, "creation_unclear");
  }
});

test("only a function of Input makes an input", () => {
  const session = open();
  const posted = [{ kind: "retry" }, { type: "hint", text: "x" }, "hint", null, undefined, Object.create(Input.prototype)];
  for (const input of posted) {
    assert.throws(() => session.handle(input, T0), /what a client posted goes into Input\.hint/);
    assert.throws(() => account.referenceOf(input, T0), TypeError);
  }
  assert.throws(() => new Input({ kind: "retry" }).missing(), TypeError);
});

test("headers in every form", () => {
  const { config, cases } = support.vector("attestr/webhook");
  const [{ authorization, body, reference }] = cases;
  const attestr = new Account({ provider: "attestr", ...config });
  const at = (headers) => attestr.referenceOf(Input.callback({ url: "/", headers, body: Buffer.from(body) }), T0);
  for (const headers of [
    [["Authorization", authorization]],
    [["a", null], ["Authorization", [authorization]]],
    [{ name: "Authorization", value: authorization }],
    [{ name: "Authorization", value: [authorization] }, { name: "a", value: undefined }],
    { authorization, a: ["d", "e"], b: undefined, c: null, d: [] },
    { authorization: [authorization], a: [null, "b", undefined] },
    new Headers({ authorization }),
    new Map([["Authorization", authorization]]),
  ]) {
    assert.equal(at(headers), reference);
  }
  for (const headers of [[], {}, { authorization: null }, { authorization: [] }]) assert.throws(() => at(headers), { blame: "signature" });
  for (const value of [7, true, ["b", 7], {}]) assert.throws(() => at({ a: value }), /a header's value takes a string, not/);
  assert.throws(() => at("a: b"), /headers are/);
});

test("a refusal says code, blame, field, rule and fix", () => {
  const wrong = () => new Account({ provider: "jumio", region: "us" });
  assert.throws(wrong, (error) => {
    assert(error instanceof Reject && error instanceof Error);
    assert.deepEqual([error.name, error.code, error.blame], ["Reject", "config_malformed", "caller"]);
    assert.equal(typeof error.field, "string");
    assert.match(error.stack, /surface\.test\.mjs/);
    return true;
  });
  assert.throws(() => Session.restore(account, "{}"), { blame: "snapshot", code: "snapshot_malformed" });
  assert.throws(() => Session.open(account, support.JUMIO_REQUEST, SEED.subarray(1), T0), { code: "seed_invalid" });
  assert.throws(() => open().handle(Input.httpFailed("another"), T0), { code: "stale" });
  assert.throws(() => open().handle(Input.retry(), T0), Reject);
});

test("what is wrong in a configuration is named, and not repeated", () => {
  const field = (name) => (reject) => reject.field === name && !`${reject}`.includes("planted");
  assert.throws(() => support.jumio("http://127.0.0.1:1", { region: "planted" }), field("config.region"));
  assert.throws(() => support.jumio("http://127.0.0.1:1", { region: "planted" }), { message: "config.region: must be one of `us`, `eu`, `sgp`" });
  const request = { ...support.JUMIO_REQUEST, callback: "planted" };
  assert.throws(() => Session.open(account, request, SEED, T0), field("request.callback"));
});

test("what is no plain data is refused, not lost, and the words say what helps", () => {
  const order = (more) => () => Session.open(account, { ...support.JUMIO_REQUEST, ...more }, SEED, T0);
  const planted = new (class Own {
    name = "planted";
  })();
  for (const [value, words] of [
    [new Map(), /^TypeError: request\.locale takes plain data, not Map: pass Object\.fromEntries\(value\)$/],
    [new Set(), /not Set: pass \[\.\.\.value\]/],
    [new Date(), /not Date: pass value\.toISOString\(\)/],
    [new URL("https://planted.example"), /not URL: pass value\.href$/],
    [Buffer.from("planted"), /not Buffer: pass value\.toString/],
    [new String("planted"), /not String: pass value\.valueOf\(\)/],
    [planted, /not Own: pass a plain object/],
    [{ toJSON: () => "planted" }, /takes plain data, not an object with a toJSON/],
    [() => "planted", /request\.locale takes plain data, not function/],
    [Symbol("planted"), /request\.locale takes plain data, not symbol/],
    [7n, /request\.locale takes a number, not bigint: pass Number\(value\)/],
    [["de", undefined], /request\.locale\[1\] is undefined/],
  ]) {
    assert.throws(order({ locale: value }), (error) => words.test(error) && error.name === "TypeError" && !/planted/.test(error));
  }
  assert.throws(() => new Account(null), /^TypeError: config takes an object or JSON text, not null/);
  assert.throws(() => new Account(new Map()), /^TypeError: config takes plain data, not Map/);
  assert.doesNotThrow(order({ locale: undefined }), "what is undefined is left out");
  const deep = (inmost) => Array.from({ length: 40 }).reduce((inner) => ({ in: inner }), inmost);
  assert.throws(order({ locale: deep(new Map()) }), /^TypeError: request\.locale(\.in){40} takes plain data, not Map/);
  assert.throws(order({ locale: deep("de") }), { code: "request_malformed" });
  const ring = {};
  ring.in = ring;
  assert.throws(order({ locale: ring }), TypeError);
});

test("a wrong type is named by its place, with what it must be", () => {
  const wrong = (more) => () => support.jumio("http://127.0.0.1:1", more);
  assert.throws(wrong({ user_agent: 7 }), { code: "config_malformed", message: "config.user_agent: must be a string" });
  assert.throws(wrong({ options: { timeout_ms: "7" } }), { message: "config.options.timeout_ms: must be an integer in range" });
  const request = { ...support.SIGNICAT_REQUEST, providers: [{ provider: 7 }] };
  const open = () => Session.open(support.signicat("http://127.0.0.1:1"), request, SEED, T0);
  assert.throws(open, { code: "request_malformed", message: "request.providers[0].provider: must be a string" });
});

test("a time is a number", () => {
  for (const now of [undefined, "1767225600000", Number.NaN, new Date(T0), 1n]) {
    assert.throws(() => open().next(now), /milliseconds since 1970/);
  }
  assert.throws(() => Session.open(account, support.JUMIO_REQUEST, SEED, T0 / 1000), Reject);
  assert.deepEqual(first(open()), first(Session.open(account, support.JUMIO_REQUEST, SEED, T0 + 0.5)));
});

test("a number that JSON has no word for is refused", () => {
  // As `null` it would mean "not set".
  for (const number of [NaN, Infinity, -Infinity]) {
    const config = { provider: "jumio", options: { timeout_ms: number } };
    assert.throws(() => new Account(config), /config\.options\.timeout_ms must be a finite number/);
  }
  const order = { flow: "biometric_kz_flow", variables: { amounts: [1, NaN] } };
  assert.throws(() => Session.open(account, order, SEED, T0), /^TypeError: request\.variables\.amounts\[1\] must be a finite number/);
  const people = [{ name: "x" }, { name: new Map() }];
  assert.throws(() => Session.open(account, { people }, SEED, T0), /request\.people\[1\]\.name takes plain data, not Map/);
});

test("a catalogue, a journey from JSON, and the doctor", () => {
  for (const provider of ["attestr", "biometric_kz", "jumio", "signicat"]) {
    assert.equal(catalog(provider).provider, provider);
    assert(catalog(provider).errors.length > 0);
  }
  assert.throws(() => catalog("other"), /provider is one of/);
  const { journey } = support.vector("read/jumio");
  assert.equal(journeyFromJson(JSON.stringify(journey)).ways[0].type, "frame");
  assert.throws(() => journeyFromJson("{}"), { code: "journey_malformed" });
  assert.throws(() => diagnose(account, Buffer.from("{}"), "00"), { code: "nothing_signed" });
});

test("what a page posted may be anything", () => {
  const journey = { id: "j", provider: "jumio", expires: null, ways: [], refused: [] };
  assert.equal(typeof read(journey, '{"type":"closed"}'), "string");
  assert.equal(read(journey, '{"type":"closed"}'), read(JSON.stringify(journey), { type: "closed" }));
  for (const text of ["", "[]", '{"type":"retry"}', "null", '{"type":"navigation"}', "x".repeat(1_000_000)]) {
    assert.equal(read(journey, text), null);
  }
  assert.throws(() => read(journey, { type: "retry" }), TypeError);
  assert.throws(() => read(journey, Input.retry()), TypeError);
});

test("arguments of values are refused by their names, and never repeated", () => {
  for (const [call, field] of [
    [() => jumio.url(7, { purpose: "callback" }), "text"],
    [() => jumio.url("https://a.example/", { purpose: "leak" }), "purpose"],
    [() => jumio.url("https://a.example/"), "purpose"],
    [() => jumio.tokenLifetime("leak"), "minutes"],
    [() => jumio.tokenLifetime(7.5), "minutes"],
    [() => jumio.bestLocale("leak"), "tags"],
    [() => jumio.bestLocale([7]), "tags[0]"],
    [() => biometricKz.plan({ edocument: { iin: { value: 7 } } }), "metadata.edocument.iin.value"],
    [() => biometricKz.plan({ leak: 1 }), "metadata.leak"],
  ]) {
    assert.throws(call, (error) => {
      assert.deepEqual([error.code, error.blame, error.field], ["input_malformed", "caller", field]);
      assert(!error.message.replace(field, "").includes("leak"), error.message);
      return true;
    });
  }
  assert.throws(() => jumio.transaction("{}"), /body takes a Uint8Array or Buffer/);
  assert.throws(() => biometricKz.plan({ edocument: new Map() }), /arguments\.metadata\.edocument takes plain data, not Map/);
  assert.deepEqual(signicat.images().missing, ["front"]);
});

test("answers of values that hold personal data print none of it, and are in no copy", () => {
  const answer = biometricKz.iin("000101500001");
  assert.equal(answer.birth_date, "2000-01-01");
  assert(!/2000|0001/.test(inspect(answer)) && JSON.stringify(answer) === "{}" && Object.keys({ ...answer }).length === 0);
});
