// Every file of the vectors, through the package's public calls. A file that nobody runs fails.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";

import { startSandbox } from "idvkit-sandbox";

import { VECTORS, vector } from "./support.mjs";
import * as attestr from "./vectors/attestr.mjs";
import * as biometricKz from "./vectors/biometric-kz.mjs";
import * as core from "./vectors/core.mjs";
import * as jumio from "./vectors/jumio.mjs";
import * as signicat from "./vectors/signicat.mjs";
import * as values from "./vectors/values.mjs";

const RUN = Object.assign({}, ...[core, attestr, biometricKz, jumio, signicat, values].map((module) => module.runners));
const FILES = readdirSync(VECTORS, { recursive: true })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".json"))
  .map((path) => path.slice(0, -".json".length))
  .sort();
assert(FILES.length > 50);

let sandbox;
before(async () => (sandbox = await startSandbox()));
after(() => sandbox.stop());

const met = new Set();
for (const name of FILES) {
  const file = vector(name);
  // Scripts for the sandbox stand beside the cases, or alone.
  if (file.sandbox) {
    test(`${name}, with the sandbox`, async () => {
      assert(name.startsWith("jumio/"), `${name} is run by nobody`);
      for (const script of file.sandbox) await jumio.follow(script, sandbox);
    });
    if (!file.cases) continue;
  }
  const group = /^(transcripts|snapshots|rows|read|values)\//.exec(name)?.[1] ?? name;
  met.add(group);
  test(name, () => {
    assert(RUN[group], `${name} is run by nobody`);
    RUN[group](name);
  });
}

test("no runner is left over", () => assert.deepEqual(Object.keys(RUN).sort(), [...met].sort()));
