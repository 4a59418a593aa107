// `read`, against the vectors of every other language; no browser is needed for it.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { read } from "../dist/idv-journey.js";
import { VECTORS, frameJourney, vector } from "./support.mjs";

const FILES = readdirSync(`${VECTORS}/read`).filter((name) => name.endsWith(".json"));
assert(FILES.length >= 5);

for (const file of FILES) {
  test(`read/${file}`, () => {
    const { journey, cases } = vector(`read/${file.replace(".json", "")}`);
    assert(cases.length > 5);
    for (const { id, seen, hint } of cases) {
      assert.equal(read(journey, seen), hint, id);
      assert.equal(read(JSON.stringify(journey), seen), hint, id);
    }
  });
}

const ORIGIN = "https://provider.example";
const JOURNEY = frameJourney(`${ORIGIN}/`);
const message = (data) => read(JOURNEY, { type: "message", origin: ORIGIN, data });

test("a hint never exceeds 4096 bytes: the kind alone is left", () => {
  const long = structuredClone(JOURNEY);
  long.ways[0].listen[0].carry[0].max = 5000;
  const text = (note) => read(long, { type: "message", origin: ORIGIN, data: JSON.stringify({ say: "loaded", note }) });
  assert.equal(JSON.parse(text("न".repeat(1300))).data.note.length, 1300);
  assert.deepEqual(JSON.parse(text("न".repeat(1400))).data, {});
});

test("what was seen is looked at up to 256 KiB", () => {
  const filled = (bytes) => `{"say":"loaded","x":"${"x".repeat(bytes - 23)}"}`;
  assert.equal(filled(256 * 1024).length, 256 * 1024);
  assert(message(filled(256 * 1024)));
  assert.equal(message(filled(256 * 1024 + 1)), null);
});

test("values are cut by characters, and half a character is no text", () => {
  assert.equal(JSON.parse(message('{"say":"loaded","note":"😀😀😀😀😀😀😀😀😀😀"}')).data.note, "😀".repeat(8));
  assert.equal(message('{"say":"loaded","note":"\\ud83d"}'), null);
  assert.equal(message('{"say":"loaded","\\ude00":1}'), null);
});

test("members are a message's own, not those of every object", () => {
  const odd = structuredClone(JOURNEY);
  odd.ways[0].listen[0].carry = [
    { name: "a", path: "constructor.name", max: 20 },
    { name: "b", path: "say.length", max: 20 },
    { name: "c", path: "list.0", max: 20 },
    { name: "d", path: "toString", max: 20 },
  ];
  const hint = read(odd, { type: "message", origin: ORIGIN, data: '{"say":"loaded","list":["x"]}' });
  assert.deepEqual(JSON.parse(hint).data, {});
});

test("a message that is no object is none, also where nothing is asked of it", () => {
  const plain = structuredClone(JOURNEY);
  plain.ways[0].listen[0].when = [];
  const say = (data) => read(plain, { type: "message", origin: ORIGIN, data });
  assert(say("{}"));
  for (const data of ["", "hello", "7", "[]", "null", '"text"', '"[]"']) assert.equal(say(data), null, data);
});

test("a way of a later version is dropped, and the rest kept", () => {
  const later = { ...JOURNEY, ways: [{ type: "hologram", listen: 7, finish: null }, ...JOURNEY.ways] };
  assert(read(later, { type: "message", origin: ORIGIN, data: '{"say":"loaded"}' }));
});

test("it never throws", () => {
  for (const journey of ["", "{", "null", {}, { id: 1 }, { id: "x", ways: null }]) {
    assert.equal(read(journey, { type: "message", origin: ORIGIN, data: "{}" }), null);
  }
});
