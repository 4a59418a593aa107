// What can be said of the Dart file without Dart: its rule, taken out of the text, on the list of navigations. Dart's regular
// expressions are ECMAScript's. `node check.mjs VECTORS`

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const source = readFileSync(new URL("journey_page.dart", import.meta.url), "utf8");
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
assert(readme.includes(`\`\`\`dart\n${source.trimEnd()}\n\`\`\``), "README.md shows another text than journey_page.dart");

const rule =
  /RegExp\('(?<before>[^']*)' \+ RegExp\.escape\(signal\['on'\]\['url'\]\.replaceFirst\(RegExp\(r'(?<cut>[^']*)'\), '(?<by>[^']*)'\)\) \+ r'(?<behind>[^']*)'\)/;
const { before, cut, by, behind } = rule.exec(source)?.groups ?? assert.fail("the rule has another form");
const escape = (text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

const { journey, cases } = JSON.parse(readFileSync(`${process.argv[2]}/read/navigation.json`, "utf8"));
const way = journey.ways.find((one) => one.type === "web_view");
const ends = way.finish.map((signal) => {
  // No condition, nothing to carry: a place is all that there is to it.
  assert.deepEqual([signal.on.type, signal.when, signal.carry], ["navigation", [], []]);
  return new RegExp(before + escape(signal.on.url.replace(new RegExp(cut), by)) + behind);
});
const own = cases.filter((one) => !one.seen.url.includes("//merchant.example"));
let count = 0;
for (const { id, seen, hint } of own) {
  const ended = ends.some((end) => end.test(seen.url));
  assert.equal(ended, hint !== null, id);
  count += ended ? 1 : 0;
}
assert(count > 10 && own.length - count > 50, "the list has lost cases");
// The ends of other ways are none of a web view's.
for (const { id, seen } of cases.filter((one) => !own.includes(one))) assert(!ends.some((end) => end.test(seen.url)), id);
console.log(`the rule of journey_page.dart finds ${count} ends among ${cases.length} navigations, and nothing else`);
