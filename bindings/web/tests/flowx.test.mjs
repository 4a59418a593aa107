// What the sandbox's stand-in for Attestr's library hands to a page: objects, as the documents show, that are their own
// JSON as texts, as the vendor's web sample reads them.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

test("a handler's data can be read as an object and by JSON.parse", async () => {
  const crates = join(process.env.IDVKIT_VECTORS, "../..");
  const source = await readFile(join(crates, "sandbox/src/stand_ins/attestr/flowx.js"), "utf8");
  const window = {};
  const document = { currentScript: { src: "http://127.0.0.1:1/attestr/cdn/flowx.js" } };
  runInNewContext(source, { window, document, URL, queueMicrotask, console });
  const data = await new Promise((onFlowxError) => new window.AttestrFlowx({ hs: "none", onFlowxError }).launch());
  assert.equal(data.code, 40050);
  assert.equal(JSON.parse(data).code, 40050);
  assert.deepEqual(JSON.parse(JSON.stringify(data)), { ...JSON.parse(data) });
  assert.equal(Object.keys(data).includes("toString"), false);
});
