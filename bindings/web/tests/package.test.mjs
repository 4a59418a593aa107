// What is published: small, without dependencies, and complete.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import * as idv from "../dist/idv-journey.js";
import { english, others } from "../dist/locales/index.js";
import { DIST } from "./support.mjs";

const MANIFEST = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the bundle is under 6 kB gzipped, without the language files", (context) => {
  const size = gzipSync(readFileSync(new URL("idv-journey.js", DIST)), { level: 9 }).length;
  context.diagnostic(`${size} bytes gzipped`);
  assert(size < 6000, `${size} bytes`);
  const hosted = gzipSync(readFileSync(new URL("idv-hosted.js", DIST)), { level: 9 }).length;
  assert(hosted < 2000, `${hosted} bytes for what \`src\` needs`);
});

test("no dependencies, and every entry is there", () => {
  assert.equal(MANIFEST.dependencies, undefined);
  const files = Object.values(MANIFEST.exports).flatMap((one) => (typeof one === "string" ? one : Object.values(one)));
  for (const file of [...files, ...MANIFEST.sideEffects, MANIFEST.customElements]) assert(existsSync(new URL(`../${file}`, import.meta.url)), file);
  assert.deepEqual(Object.keys(idv).sort(), ["IdvJourney", "preflight", "present", "read", "readReturn"]);
});

test("what the README says one may style is there", () => {
  const code = readFileSync(new URL("idv-journey.js", DIST), "utf8");
  const properties = README.match(/--idv-[\w-]+/g);
  assert(properties.length > 0);
  for (const property of properties) assert(code.includes(`var(${property},`), property);
  for (const [, part] of README.matchAll(/::part\((\w+)\)/g)) assert(code.includes(`part:"${part}"`), part);
});

/** Events that only an element with `src` has. */
const HOSTED = ["idv-done", "idv-state"];

test("the manifest of the element names what there is", () => {
  const [{ declarations }] = JSON.parse(readFileSync(new URL("custom-elements.json", DIST), "utf8")).modules;
  const [{ tagName, attributes, events, cssParts, cssProperties }] = declarations;
  assert.equal(tagName, "idv-journey");
  const names = (list) => list.map(({ name }) => name).sort();
  const code = readFileSync(new URL("idv-journey.js", DIST), "utf8");
  assert.deepEqual(names(attributes), ["auto-redirect", "integrity", "journey", "lang", "load-timeout", "nonce", "preflight", "src", "way"]);
  assert.deepEqual(names(events), ["idv-closed", "idv-end", "idv-error", "idv-hint", "idv-images", "idv-progress"].concat(HOSTED).sort());
  // `lang` and `nonce` are read as properties of any HTML element.
  const hosted = readFileSync(new URL("idv-hosted.js", DIST), "utf8");
  for (const name of HOSTED) assert(hosted.includes(`"${name}"`), name);
  for (const { name } of [...attributes, ...events].filter(({ name }) => !HOSTED.includes(name))) assert(code.includes(`"${name}"`) || code.includes(`.${name}`), name);
  assert.deepEqual([names(cssParts), names(cssProperties)], [["button", "frame"], ["--idv-accent"]]);
});

test("the texts of every language have the same keys and the same gaps", async () => {
  const files = readdirSync(new URL("locales", DIST)).sort();
  assert.deepEqual(files, ["de.js", "hi.js", "index.js", "kk.js", "ru.js"]);
  assert.deepEqual(Object.keys(others).map((language) => `${language}.js`), files.filter((file) => file !== "index.js"));
  const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [language, ask] of Object.entries(others)) {
    const { default: other } = await ask();
    assert.deepEqual(Object.keys(other), Object.keys(english), language);
    assert.equal(other.lang, language);
    for (const [key, text] of Object.entries(other)) {
      assert(text.trim(), `${language}: ${key}`);
      assert.deepEqual(gaps(text), gaps(english[key]), `${language}: ${key}`);
      if (key !== "lang") assert(text !== english[key] || !/[a-z]{3}/.test(text.replace(/\{\w+\}/g, "")), `${language}: ${key} is English`);
    }
  }
});
