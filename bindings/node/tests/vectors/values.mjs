// Values and documents: one call for each file, and what is reached through such a call.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

import * as attestr from "idvkit/attestr";
import * as biometricKz from "idvkit/biometric-kz";
import * as jumio from "idvkit/jumio";
import * as signicat from "idvkit/signicat";

import { T0, bodyOf, rows, vector } from "../support.mjs";
import { codeOf } from "./common.mjs";

export const runners = { values, "core/times": times, "core/locales": locales, "signature/ecmascript": ecmascript };

const PROVIDERS = { attestr, biometric_kz: biometricKz, jumio, signicat };
const SECRET = "0123456789abcdef0123456789abcdef";

function values(file) {
  const [provider, name] = file.split("/")[1].split(".");
  const call = PROVIDERS[provider][camel(name)];
  for (const one of rows(file)) {
    let answer;
    try {
      answer = call(...given(call, one.args));
    } catch (error) {
      assert.deepEqual([error.code, error.field, plain(error)], [one.code, one.field, one.message], one.id);
      continue;
    }
    assert.equal(one.code, undefined, one.id);
    // The members that hide themselves are there by their names.
    if (one.answer === null || typeof one.answer !== "object") assert.equal(answer, one.answer, one.id);
    else assert.deepEqual(shown(answer, one.answer), one.answer, one.id);
  }
}

/** The first argument by its place if the call has one there, the others as options. */
function given(call, args) {
  const of = Object.fromEntries(Object.entries(args).map(([name, value]) => [camel(name), body(value)]));
  const first = /^function \w+\((\w+)/.exec(String(call))[1];
  if (first === "options") return [of];
  const { [first]: one, ...options } = of;
  return [one, options];
}

const body = (value) =>
  typeof value === "object" && value !== null && ("text" in value || "base64" in value) && Object.keys(value).length === 1 ? bodyOf(value) : value;

const plain = (error) => error.message.slice(error.field === null ? 0 : `${error.field}: `.length);

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

function shown(answer, like) {
  if (Array.isArray(like)) {
    assert.equal(answer.length, like.length);
    return like.map((one, index) => shown(answer[index], one));
  }
  if (typeof like !== "object" || like === null) return answer;
  return Object.fromEntries(Object.keys(like).map((name) => [name, answer === null ? null : shown(answer[name], like[name])]));
}

function times(name) {
  const known = { transactionReference: "t", enrollmentTransactionReference: "e", transactionResult: "PASSED" };
  for (const one of rows(name)) {
    const read = jumio.transaction(Buffer.from(JSON.stringify({ ...known, transactionDate: one.text })));
    assert.equal(read.date, one.millis, one.id);
  }
}

/** The sets in this file are samples, which only Rust can make; the tags are those of a request. */
function locales(name) {
  for (const one of vector(name).tags) {
    const request = { flow_id: "FX02zfeuvcj36knhn06us", tag: "T", locale: one.input };
    const asked = () => attestr.handshakeRequest(request, { now: T0 });
    assert.equal(codeOf(asked), one.code, one.id);
    if (one.code === null) assert.equal(asked().locale, one.tag, one.id);
  }
}

/** The form in which a result is signed, by way of a result. How deep a text may be is for Rust to try. */
function ecmascript(name) {
  for (const one of rows(name).filter(({ id }) => !id.startsWith("depth"))) {
    const expected = one.output_text === undefined ? null : `{"FS1":${one.output_text}}`;
    const tag = createHmac("sha256", SECRET).update(expected ?? "none").digest("hex");
    const text = `{"_id": "DS02zfeuv6n4gkq51hvw6", "result": {"FS1": ${one.input_text}}, "resultSignature": "${tag}"}`;
    let read;
    try {
      read = attestr.result(Buffer.from(text), { secrets: [SECRET] });
    } catch (error) {
      assert.deepEqual([expected, error.code], [null, "result_unreadable"], one.id);
      continue;
    }
    assert.equal(read.signature === "verified", expected !== null, one.id);
    if (expected !== null) assert.equal(read.signed, expected, one.id);
  }
}
