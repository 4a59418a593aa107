// What can be said of the Dart file without Dart: its rule, taken out of the text, on the list of navigations. Dart's regular
// expressions are ECMAScript's; how it reads a query is only supposed to be as the URL standard has it. `node check.mjs VECTORS`

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("journey_page.dart", import.meta.url), "utf8");
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
assert(readme.includes(`\`\`\`dart\n${source.trimEnd()}\n\`\`\``), "README.md shows another text than journey_page.dart");

const rule =
  /RegExp\('(?<before>[^']*)' \+ RegExp\.escape\(url\.replaceFirst\(RegExp\(r'(?<cut>[^']*)'\), '(?<by>[^']*)'\)\) \+ r'(?<behind>[^']*)'\)/;
const { before, cut, by, behind } = rule.exec(source)?.groups ?? assert.fail("the rule has another form");
for (const condition of [
  "signal['on']['type'] != 'navigation' || !placeOf(signal['on']['url']).hasMatch(url)) continue;",
  "signal['when'].every((condition) => condition['is'].contains(parameterOf(url, condition['path'])))) return true;",
  "Uri.parse(url).queryParametersAll[name]?.first;",
]) {
  assert(source.includes(condition), `not in journey_page.dart: ${condition}`);
}

const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
const placeOf = (url) => new RegExp(before + escape(url.replace(new RegExp(cut), by)) + behind);
const parameterOf = (url, name) => (URL.canParse(url) ? new URL(url).searchParams.get(name) : null);
const isEnd = (way, url) =>
  way.finish.some(
    ({ on, when }) =>
      on.type === "navigation" &&
      placeOf(on.url).test(url) &&
      when.every(({ path, is }) => is.includes(parameterOf(url, path))),
  );

const { journey, cases } = JSON.parse(readFileSync(`${process.argv[2]}/read/navigation.json`, "utf8"));
const webView = journey.ways.find((one) => one.type === "web_view");
// A web view that has the ends of all ways, with their conditions: it ends exactly where `read` gives a hint.
const all = { ...webView, finish: journey.ways.flatMap((way) => way.finish) };
for (const { id, seen, hint } of cases) assert.equal(isEnd(all, seen.url), hint !== null, id);
// The web view's own has its own ends, and none of another way's.
const merchant = cases.filter(({ seen }) => seen.url.includes("//merchant.example"));
for (const { id, seen, hint } of cases) {
  assert.equal(isEnd(webView, seen.url), hint !== null && !merchant.some((one) => one.id === id), id);
}
// An end that is none of a navigation's, and a place with a query of its own.
assert(!isEnd({ finish: [{ on: { type: "handler", names: ["a"] }, when: [] }] }, "https://a.example/"));
assert(placeOf("https://a.example/back/?shop=7").test("https://a.example/back?b=1"));

const [ended, ofMerchant] = [cases, merchant].map((some) => some.filter(({ hint }) => hint !== null).length);
assert(ended > 20 && cases.length - ended > 50 && ofMerchant > 5, "the list has lost cases");
console.log(`the rule of journey_page.dart finds ${ended} ends among ${cases.length} navigations, and nothing else`);
