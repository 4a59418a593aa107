// The examples are whole programs, and these are their runs against the sandbox. Every flow in a browser is in
// bindings/web/tests/shop.test.mjs, which `cargo xtask node` runs on the shop, too.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startSandbox } from "idvkit-sandbox";
import sqlite from "node-sqlite3-wasm";

import { createApp } from "./examples/express.mjs";
import { verify } from "./examples/quick-start.mjs";
import * as values from "./examples/values.mjs";
import * as support from "./support.mjs";
import { Browser } from "./support.mjs";

let sandbox;
before(async () => (sandbox = await startSandbox()));
beforeEach(() => sandbox.reset());
after(() => sandbox.stop());

test("the quick start runs, and the README shows it", async () => {
  const outcome = await verify(`${sandbox.url}/jumio/us`, sandbox.clock, (until) => sandbox.advance(until - sandbox.clock()));
  assert.deepEqual(outcome, { type: "decided", decision: "approved" });

  const [readme, source] = ["README.md", "examples/quick-start.mjs"].map((name) =>
    readFileSync(new URL(name, import.meta.url), "utf8"),
  );
  for (const part of ["quick start", "in the sandbox"]) {
    const shown = source.split(`// [${part}]\n`)[1].split(`// [/${part}]`)[0].trimEnd();
    assert(readme.includes(`\`\`\`js\n${shown}\n\`\`\``), `README.md shows another text than quick-start.mjs: ${part}`);
  }
});

test("the README's examples of values run as it shows them", () => {
  const [readme, source] = ["README.md", "examples/values.mjs"].map((name) => readFileSync(new URL(name, import.meta.url), "utf8"));
  const shown = source.split("// [values]\n")[1].split("// [/values]")[0].trimEnd();
  assert(readme.includes(`\`\`\`js\n${shown}\n\`\`\``), "README.md shows another text than values.mjs");

  assert.equal(values.aboutUrl("https://shop.example/cb"), "fit, of at most 222 characters");
  assert.match(values.aboutUrl("http://shop.example/cb"), /^url_scheme: callback\.url: must begin with `https:/);
  assert.deepEqual(values.stillAsked("000101500001", "77011234567"), ["phone_fixed"]);
  const { config, cases } = support.vector("attestr/result");
  const [{ body, claim }] = cases;
  assert(values.isAuthentic(Buffer.from(body), config.client_secrets[0], claim));
  assert(!values.isAuthentic(Buffer.from(body), config.client_secrets[0], "0".repeat(64)));
});

/** The application on a port of its own, and what it acted on. */
async function shop(config, request, use) {
  const acted = [];
  let app;
  const server = createServer((...both) => app(...both)).listen(0, "localhost");
  await once(server, "listening");
  const url = `http://localhost:${server.address().port}`;
  const path = join(mkdtempSync(join(tmpdir(), "idvkit-")), "db");
  const outcome = async () => {
    for (let round = 0; round < 60 && acted.length === 0; round += 1) {
      await sandbox.advance(15_000);
      await sleep(120);
    }
    await sleep(300);
    assert.equal(acted.length, 1, "it acts exactly once");
    return acted[0];
  };
  let close = () => {};
  try {
    const act = ({ outcome }) => acted.push(outcome);
    ({ app, close } = createApp({ config: config(url), request, act, path, clock: sandbox.clock, log: () => {} }));
    await use({ url, acted, outcome, path });
  } finally {
    close();
    server.closeAllConnections();
    server.close();
  }
}

const jumio = (url) => ({
  provider: "jumio",
  region: "us",
  api_token: "sandbox-jumio-token",
  api_secret: "sandbox-jumio-secret",
  user_agent: "ExampleShop Demo/1.0",
  callback: { url: `${url}/callbacks` },
  success_url: `${url}/back`,
  error_url: `${url}/back`,
  options: { development: true, api_base: `${sandbox.url}/jumio/us` },
});

const begin = async (url) => {
  const begun = await fetch(`${url}/verifications`, { method: "POST", redirect: "manual" });
  assert.equal(begun.status, 303);
  return url + begun.headers.get("location");
};
/** What is next, once nobody else is at it. */
async function nextOf(place) {
  for (;;) {
    const next = await (await fetch(`${place}/next`)).json();
    if (next.journey || next.done) return next;
    await sleep(20);
  }
}

/** What the page shows in its frame. */
const linkOf = ({ journey }) => journey.ways[0].url;

test("the shop from open to outcome", () =>
  shop(jumio, support.JUMIO_REQUEST, async ({ url, outcome }) => {
    const place = await begin(url);
    const [, element] = /import "([^"]*)"/.exec(await (await fetch(place)).text());
    const served = await fetch(url + element);
    assert.match(`${served.status} ${served.headers.get("content-type")}`, /^200 text\/javascript/);
    const browser = new Browser(url);
    await browser.open(linkOf(await nextOf(place)));
    assert.equal((await fetch(await browser.press("acceptable"))).url, place);
    assert.deepEqual(await outcome(), { type: "decided", decision: "approved" });
    assert.deepEqual(await nextOf(place), { done: true });
    const deliveries = await sandbox.control("deliveries");
    assert(deliveries.length > 0 && deliveries.every((one) => one.status === 200), JSON.stringify(deliveries));
  }));

test("the shop hears a large webhook: a result with its documents and photos", () => {
  const config = {
    provider: "biometric_kz",
    api_key: "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
    options: {
      development: true,
      api_base: `${sandbox.url}/biometric_kz/kyc`,
      front_base: `${sandbox.url}/biometric_kz/remote`,
    },
  };
  return shop(() => config, support.BIOMETRIC_KZ_REQUEST, async ({ url }) => {
    const { journey } = await nextOf(await begin(url));
    const id = journey.ways[0].options[0].value.value;
    const webhook = `{"event": "flow.end", "session_id": "${id}"${" ".repeat(3 * 1024 * 1024)}}`;
    assert.equal((await fetch(`${url}/callbacks/biometric_kz`, { method: "POST", body: webhook })).status, 200);
  });
});

test("the shop turns forgeries away", () =>
  shop(jumio, support.JUMIO_REQUEST, async ({ url, acted }) => {
    const place = await begin(url);
    await nextOf(place);
    assert.equal((await fetch(`${url}/verifications/nobody/next`)).status, 404);
    for (const post of [`${url}/callbacks/forged`, `${place}/hint`, `${place}/images`]) {
      assert.equal((await fetch(post, { method: "POST", body: "x=1" })).status, 400, post);
    }
    const unknown = "transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111";
    assert.equal((await fetch(`${url}/back?${unknown}`)).status, 404);
    assert.equal(acted.length, 0);
  }));

test("a failure does not end the shop's worker", () =>
  shop(jumio, support.JUMIO_REQUEST, async ({ url, outcome, path }) => {
    const spoiled = await begin(url);
    await nextOf(spoiled); // at Jumio, the later of two for the same enrollment ends the other
    const place = await begin(url);
    const next = await nextOf(place);
    const beside = new sqlite.Database(path);
    beside.run("UPDATE verification SET snapshot = '', revision = -1, due = 0 WHERE id = ?", [spoiled.split("/").at(-1)]);
    beside.run("ALTER TABLE verification RENAME TO gone");
    await sleep(500); // some rounds of the worker
    beside.run("ALTER TABLE gone RENAME TO verification");
    beside.close();
    const browser = new Browser(url);
    await browser.open(linkOf(next));
    await browser.press("acceptable");
    assert.deepEqual(await outcome(), { type: "decided", decision: "approved" });
    assert.equal((await fetch(`${spoiled}/next`)).status, 500);
  }));
