// The examples are whole programs, and these are their runs against the sandbox.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { startSandbox } from "idvkit-sandbox";
import sqlite from "node-sqlite3-wasm";

import { createApp } from "./examples/express.mjs";
import { verify } from "./examples/quick-start.mjs";
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

/** The application on a port of its own, and what it acted on. */
async function shop(config, request, use) {
  const acted = [];
  const server = await new Promise((listening) => {
    const holder = { handler: (_request, response) => response.end() };
    import("node:http").then(({ createServer }) => {
      const made = createServer((...both) => holder.handler(...both)).listen(0, "localhost", () => listening({ made, holder }));
    });
  });
  const url = `http://localhost:${server.made.address().port}`;
  const path = join(mkdtempSync(join(tmpdir(), "idvkit-")), "db");
  const { app, close } = createApp({
    config: config(url),
    request,
    act: (_id, done) => acted.push(done.outcome),
    path,
    clock: sandbox.clock,
    log: () => {},
  });
  server.holder.handler = app;
  const outcome = async () => {
    for (let round = 0; round < 60 && acted.length === 0; round += 1) {
      await sandbox.advance(15_000);
      await sleep(120);
    }
    await sleep(300);
    assert.equal(acted.length, 1, "it acts exactly once");
    return acted[0];
  };
  try {
    await use({ url, acted, outcome, path });
  } finally {
    close();
    server.made.closeAllConnections();
    server.made.close();
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
/** The page, once it is there: another worker may be at it. */
async function textOf(url) {
  for (;;) {
    const text = await (await fetch(url)).text();
    if (!text.includes("One moment")) return text;
    await sleep(20);
  }
}

test("the shop with Jumio", () =>
  shop(jumio, support.JUMIO_REQUEST, async ({ url, outcome }) => {
    const place = await begin(url);
    const shown = await textOf(place);
    const link = /<iframe[^>]*src="([^"]*)"|<a[^>]*href="([^"]*)"/.exec(shown);
    const browser = new Browser(url);
    await browser.open((link[1] ?? link[2]).replaceAll("&amp;", "&"));
    const back = await browser.press("acceptable");
    if (back) assert.equal((await fetch(back)).status, 200);
    assert.deepEqual(await outcome(), { type: "decided", decision: "approved" });
    assert.equal(await textOf(place), "Thank you.");
    const deliveries = await sandbox.control("deliveries");
    assert(deliveries.length > 0 && deliveries.every((one) => one.status === 200), JSON.stringify(deliveries));
  }));

test("the shop with Attestr", () => {
  const config = {
    provider: "attestr",
    auth_token: "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
    client_key: "00112233445566778899aabbccddeeff",
    client_secrets: ["0123456789abcdef0123456789abcdef0123456789abcdef"],
    options: {
      development: true,
      api_base: `${sandbox.url}/attestr/api`,
      library_src: `${sandbox.url}/attestr/cdn/flowx.js`,
    },
  };
  return shop(() => config, support.ATTESTR_REQUEST, async ({ url, outcome }) => {
    const place = await begin(url);
    const handshake = /DS0\w+/.exec(await textOf(place))[0];
    const browser = new Browser(url);
    await browser.open(`${sandbox.url}/attestr/flow/${handshake}?cl=00112233445566778899aabbccddeeff&lc=en`);
    await browser.press("begin");
    await browser.press("submit", { pan: "ABCPE1234F" });
    await browser.press("send_code", { mobile: "9876543210" });
    await browser.press("submit", { otp: browser.html.split('data-otp="')[1].slice(0, 6) });
    await browser.press("submit");
    const [[handler, data]] = browser.data("data-handler");
    const seen = (body) => fetch(`${place}/seen`, { method: "POST", body });
    for (const posted of ["", "[]", '{"type":"retry"}', JSON.stringify({ type: "event", name: "other", data: "{}" })]) {
      assert.equal((await seen(posted)).status, 204);
    }
    assert.equal((await seen(JSON.stringify({ type: "event", name: handler, data }))).status, 204);
    assert.deepEqual(await outcome(), { type: "decided", decision: "completed" });
  });
});

test("the shop with biometric.kz", () => {
  const config = {
    provider: "biometric_kz",
    api_key: "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
    options: {
      development: true,
      api_base: `${sandbox.url}/biometric_kz/kyc`,
      front_base: `${sandbox.url}/biometric_kz/remote`,
    },
  };
  return shop(() => config, support.BIOMETRIC_KZ_REQUEST, async ({ url, outcome }) => {
    const place = await begin(url);
    // The widget's frame, and the event that the widget fires at its end.
    const [, id] = /"id": "([^"]*)"/.exec(await textOf(place));
    const browser = new Browser(url);
    await browser.open(`${sandbox.url}/biometric_kz/remote/flow/${id}?locale=en`);
    while (browser.html.includes("<form")) await browser.press(browser.html.includes('value="begin"') ? "begin" : "submit");
    const body = JSON.stringify({ type: "event", name: "finish", data: "" });
    assert.equal((await fetch(`${place}/seen`, { method: "POST", body })).status, 204);
    // A result with its documents and photos is large.
    const webhook = `{"event": "flow.end", "session_id": "${id}"${" ".repeat(3 * 1024 * 1024)}}`;
    assert.equal((await fetch(`${url}/callbacks/biometric_kz`, { method: "POST", body: webhook })).status, 200);
    assert.deepEqual(await outcome(), { type: "decided", decision: "approved" });
  });
});

test("the shop with Signicat", () => {
  const config = (url) => ({
    provider: "signicat",
    client_id: "sandbox-quiet-lake-123",
    client_secret: "sandbox-signicat-secret",
    redirect_url: `${url}/back`,
    profile: {
      custom: {
        token_url: `${sandbox.url}/signicat/auth/open/connect/token`,
        scope: "signicat-api",
        api_base: `${sandbox.url}/signicat/assure`,
      },
    },
    options: { development: true },
  });
  return shop(config, support.SIGNICAT_REQUEST, async ({ url, outcome }) => {
    const [, link] = /<a[^>]*href="([^"]*)"/.exec(await textOf(await begin(url)));
    const browser = new Browser(url);
    await browser.open(link.replaceAll("&amp;", "&"));
    assert.equal((await fetch(await browser.press("submit"))).status, 200);
    assert.deepEqual(await outcome(), { type: "decided", decision: "approved" });
  });
});

test("the shop turns forgeries away", () =>
  shop(jumio, support.JUMIO_REQUEST, async ({ url, acted }) => {
    const place = await begin(url);
    await textOf(place);
    assert.equal((await fetch(`${url}/verifications/nobody`)).status, 404);
    const forged = await fetch(`${url}/callbacks/forged`, { method: "POST", body: "x=1" });
    assert([400, 401].includes(forged.status), String(forged.status));
    const unknown = "transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111";
    assert.equal((await fetch(`${url}/back?${unknown}`)).status, 404);
    assert.equal(acted.length, 0);
  }));

test("a failure does not end the shop's worker", () =>
  shop(jumio, support.JUMIO_REQUEST, async ({ url, outcome, path }) => {
    const spoiled = await begin(url);
    await textOf(spoiled); // at Jumio, the later of two for the same enrollment ends the other
    const place = await begin(url);
    const [, link] = /<iframe[^>]*src="([^"]*)"/.exec(await textOf(place));
    const beside = new sqlite.Database(path);
    beside.run("UPDATE session SET snapshot = '', revision = -1, due = 0 WHERE id = ?", [spoiled.split("/").at(-1)]);
    beside.run("ALTER TABLE session RENAME TO gone");
    await sleep(500); // some rounds of the worker
    beside.run("ALTER TABLE gone RENAME TO session");
    beside.close();
    const browser = new Browser(url);
    await browser.open(link.replaceAll("&amp;", "&"));
    await browser.press("acceptable");
    assert.deepEqual(await outcome(), { type: "decided", decision: "approved" });
    assert.equal((await fetch(spoiled)).status, 500);
  }));
