// An example shop, started as its users start it, with every flow of every provider, from open to outcome. Each language's own tests
// run this on their shop (`IDVKIT_SHOP`, a command as JSON; `IDVKIT_SHOP_KIT`: it uses the hosting kit); by default it is the one of Rust. Account and request stand in its
// environment, and in `config.json` and `request.json` where it runs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { flowx, frameOf, kazakh, leave, press, startSandboxInRealTime } from "./demo.mjs";
import { CAMERA, PROGRAM, launch, open, picture, until } from "./support.mjs";

const SHOP = JSON.parse(process.env.IDVKIT_SHOP ?? JSON.stringify([PROGRAM.replace(/(idvkit)(\.exe)?$/, "examples/axum$2")]));

/** Where a provider comes back and calls: below the hosting kit's routes, or the shop's own. */
const [BACK, CALLBACKS] = process.env.IDVKIT_SHOP_KIT ? ["/idv/return", "/idv/callbacks/jumio"] : ["/back", "/callbacks"];

let sandbox;
let browser;

before(async () => {
  [sandbox, browser] = await Promise.all([startSandboxInRealTime(), launch(...CAMERA)]);
  // The shop's clock is the system's, so nobody can turn it: every verdict is there at once.
  const settings = { jumio: { verdict_delay_ms: 0 }, biometric_kz: { pending_ms: 0 }, signicat: { verdict_delay_ms: 0 } };
  const set = await fetch(`${sandbox.url}/_sandbox/settings`, { method: "POST", body: JSON.stringify(settings) });
  assert.equal(set.status, 200);
});
after(async () => {
  await browser?.close();
  await sandbox?.stop();
});

const jumio = (shop) => ({
  provider: "jumio",
  region: "us",
  api_token: "sandbox-jumio-token",
  api_secret: "sandbox-jumio-secret",
  user_agent: "ExampleShop Demo/1.0",
  callback: { url: shop + CALLBACKS },
  success_url: shop + BACK,
  error_url: shop + BACK,
  options: { development: true, api_base: `${sandbox.url}/jumio/us` },
});

const attestr = () => ({
  provider: "attestr",
  auth_token: "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
  client_key: "00112233445566778899aabbccddeeff",
  client_secrets: ["0123456789abcdef0123456789abcdef0123456789abcdef"],
  options: { development: true, api_base: `${sandbox.url}/attestr/api`, library_src: `${sandbox.url}/attestr/cdn/flowx.js` },
});

const biometricKz = () => ({
  provider: "biometric_kz",
  api_key: "Efy202XKbVAWRu-sandbox-flow-key-for-individuals-02",
  options: { development: true, api_base: `${sandbox.url}/biometric_kz/kyc`, front_base: `${sandbox.url}/biometric_kz/remote` },
});

const signicat = (shop) => ({
  provider: "signicat",
  client_id: "sandbox-quiet-lake-123",
  client_secret: "sandbox-signicat-secret",
  redirect_url: shop + BACK,
  profile: {
    custom: {
      token_url: `${sandbox.url}/signicat/auth/open/connect/token`,
      scope: "signicat-api",
      api_base: `${sandbox.url}/signicat/assure`,
    },
  },
  options: { development: true },
});

/** Every flow: the account, the request, what the person does, and what it comes to. */
const FLOWS = {
  "Jumio's authentication": {
    config: jumio,
    request: { flow: "jumio_authentication", enrollment_transaction_reference: "22222222-2222-4222-8222-222222222222" },
    go: async (page) => press(await frameOf(page, "web/v4/app"), "acceptable"),
  },
  "Attestr's Flowx": {
    config: attestr,
    request: { flow: "attestr_flowx", flow_id: "FX02zfeuvcj36knhn06us", snapshot: "d79c9c09-9367-4929-b0e3-b4eb38d0e4b8", tag: "user-7" },
    go: flowx,
    outcome: "completed",
  },
  "biometric.kz's Flow": {
    config: biometricKz,
    request: { flow: "biometric_kz_flow", locale: "en", metadata: { edocument: { iin: { value: "000101500001" }, phone: { value: "77011234567" } } } },
    go: async (page) => kazakh(await frameOf(page, "remote/flow/")),
  },
  "Signicat's document verification": {
    config: signicat,
    request: { flow: "signicat_document_verification", external_reference: "customer-4711", provider: "signicatpaper" },
    go: async (page) => {
      const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } });
      for (const name of ["Front of the document", "Back of the document (optional)"]) {
        await page.getByLabel(name).setInputFiles({ name: "a.png", mimeType: "image/png", buffer });
      }
      await page.getByRole("button", { name: "Send images" }).click();
    },
  },
  "Signicat's capture flow": {
    config: signicat,
    request: { flow: "signicat_capture_flow", providers: [{ provider: "signicatpaper" }] },
    go: async (page) => {
      await leave(page);
      await press(page, "submit");
    },
  },
  "Signicat's eID": {
    config: signicat,
    request: { flow: "signicat_eid", external_reference: "customer-4711", provider: "connect:idin" },
    go: async (page) => {
      await leave(page);
      await press(page, "authenticate");
    },
  },
};

for (const [name, { config, request, go, outcome = "approved" }] of Object.entries(FLOWS)) {
  test(`${name}: from open to outcome`, () =>
    inShop(config, request, async (page, shop) => {
      await go(page);
      await page.getByText("Thank you.").waitFor({ timeout: 60_000 });
      assert.match(await shop.outcome(), new RegExp(outcome, "i"));
      assert(page.url().startsWith(shop.url));
      // Such a program ends with its user.
      assert.deepEqual(page.faults.filter((fault) => !fault.includes("ERR_CONNECTION")), []);
    }));
}

test("Signicat's SDK: a page cannot show it, and says so", () =>
  inShop(signicat, { ...FLOWS["Signicat's document verification"].request, provider: "readid", process_type: "sdk", images: "sdk" }, async (page) => {
    assert.equal((await until(page, { name: "error" })).code, "way_unsupported");
    await picture(page, "shop-sdk");
  }));

/** Starts the shop with this account and request, opens a verification, and does something there. */
async function inShop(config, request, what) {
  const shop = await startShop(config, request);
  const page = await open(browser, "about:blank");
  try {
    const begun = await fetch(`${shop.url}/verifications`, { method: "POST", redirect: "manual" });
    // A program for one user shows its page at once.
    await page.goto(new URL(begun.headers.get("location") ?? "/", shop.url).href);
    await what(page, shop);
  } finally {
    await page.context().close();
    await shop.stop();
  }
}

async function startShop(config, request) {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const folder = mkdtempSync(join(tmpdir(), "idvkit-"));
  const own = { IDV_CONFIG: JSON.stringify(config(url)), IDV_REQUEST: JSON.stringify(request), PORT: `${port}`, NO_PROXY: "*", PYTHONUNBUFFERED: "1" };
  writeFileSync(join(folder, "config.json"), own.IDV_CONFIG);
  writeFileSync(join(folder, "request.json"), own.IDV_REQUEST);
  const [program, ...args] = SHOP.map((part) => part.replace("{port}", port));
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...own }, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await eventually(() => fetch(url).then(() => true, () => false), () => `${SHOP} does not listen`);
  return {
    url,
    /** What it prints at the end, each in the words of its language. */
    outcome: () => eventually(() => /(decided|failed|expired|abandoned).*/is.exec(text)?.[0], () => `no outcome: ${text}`),
    async stop() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function eventually(there, message) {
  for (const stop = Date.now() + 20_000; Date.now() < stop; await new Promise((wake) => setTimeout(wake, 50))) {
    const found = await there();
    if (found) return found;
  }
  throw new Error(message());
}

function freePort() {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "localhost", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
