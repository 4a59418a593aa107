// What is published: small, without dependencies, and complete.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import * as idv from "../dist/idv-journey.js";
import { DIST } from "./support.mjs";

const MANIFEST = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const texts = (file) => JSON.parse(readFileSync(new URL(`locales/${file}`, DIST), "utf8"));

test("the bundle is under 6 kB gzipped, without the language files", (context) => {
  const size = gzipSync(readFileSync(new URL("idv-journey.js", DIST)), { level: 9 }).length;
  context.diagnostic(`${size} bytes gzipped`);
  assert(size < 6000, `${size} bytes`);
  const hosted = gzipSync(readFileSync(new URL("idv-hosted.js", DIST)), { level: 9 }).length;
  assert(hosted < 2000, `${hosted} bytes for what \`src\` needs`);
});

test("no dependencies, and every entry is there", () => {
  assert.equal(MANIFEST.dependencies, undefined);
  const { types, default: code } = MANIFEST.exports["."];
  for (const file of [types, code, ...MANIFEST.sideEffects]) assert(existsSync(new URL(`../${file}`, import.meta.url)), file);
  assert.deepEqual(Object.keys(idv).sort(), ["IdvJourney", "preflight", "present", "read", "readReturn"]);
});

test("what the README says one may style is there", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const code = readFileSync(new URL("idv-journey.js", DIST), "utf8");
  const properties = readme.match(/--idv-[\w-]+/g);
  assert(properties.length > 0);
  for (const property of properties) assert(code.includes(`var(${property},`), property);
  for (const [, part] of readme.matchAll(/::part\((\w+)\)/g)) assert(code.includes(`part:"${part}"`), part);
});

test("the texts of every language have the same keys and the same gaps", () => {
  const files = readdirSync(new URL("locales", DIST)).sort();
  assert.deepEqual(files, ["de.json", "en.json", "hi.json", "kk.json", "ru.json"]);
  const english = texts("en.json");
  const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const file of files) {
    const other = texts(file);
    assert.deepEqual(Object.keys(other), Object.keys(english), file);
    assert.equal(other.lang, file.replace(".json", ""));
    for (const [key, text] of Object.entries(other)) {
      assert(text.trim(), `${file}: ${key}`);
      assert.deepEqual(gaps(text), gaps(english[key]), `${file}: ${key}`);
      if (key !== "lang" && file !== "en.json") assert(text !== english[key] || !/[a-z]{3}/.test(text.replace(/\{\w+\}/g, "")), `${file}: ${key} is English`);
    }
  }
});
