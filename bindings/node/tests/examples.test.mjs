// The examples are whole programs, and these are their runs against the sandbox. Every flow in a browser is in
// bindings/web/tests/shop.test.mjs, which `cargo xtask node` runs on the shop, too.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { startSandbox } from "idvkit-sandbox";

import { verify } from "./examples/quick-start.mjs";
import * as values from "./examples/values.mjs";
import { shop } from "./shop.mjs";
import * as support from "./support.mjs";
import { eventually } from "./users.mjs";

let sandbox;
before(async () => (sandbox = await startSandbox()));
beforeEach(() => sandbox.reset());
after(() => sandbox.stop());

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

test("the quick start runs", async () => {
  const outcome = await verify(`${sandbox.url}/jumio/us`, sandbox.clock, (until) => sandbox.advance(until - sandbox.clock()));
  assert.deepEqual(outcome, { type: "decided", decision: "approved" });
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

for (const [file, parts] of Object.entries({
  "quick-start.mjs": ["quick start", "in the sandbox"],
  "express.mjs": ["host it"],
  "hono.mjs": ["over the Fetch API"],
})) {
  test(`the README shows ${file}`, () => {
    const [readme, source] = [here("README.md"), here(`examples/${file}`)].map((name) => readFileSync(name, "utf8"));
    for (const part of parts) {
      const shown = source.split(`// [${part}]\n`)[1].split(`// [/${part}]`)[0].trimEnd();
      assert(readme.includes(`\`\`\`js\n${shown}\n\`\`\``), `README.md shows another text than ${file}: ${part}`);
    }
  });
}

test("the shop is at most twenty lines of its user's own", () => {
  const lines = readFileSync(here("examples/express.mjs"), "utf8").split("\n");
  const own = lines.filter((line) => line.trim() !== "" && !line.startsWith("//"));
  assert(own.length <= 20, `${own.length} lines`);
});

const config = (url) => ({
  provider: "jumio",
  region: "us",
  api_token: "sandbox-jumio-token",
  api_secret: "sandbox-jumio-secret",
  user_agent: "ExampleShop Demo/1.0",
  callback: { url: `${url}/idv/callbacks/jumio` },
  success_url: `${url}/idv/return`,
  error_url: `${url}/idv/return`,
  options: { development: true, api_base: `${sandbox.url}/jumio/us` },
});

/** The programs follow the system's clock, and so does their sandbox: its verdict is there at once, and its callback is heard. */
async function inRealTime(use) {
  const before = sandbox;
  sandbox = await startSandbox({ realTime: true });
  const folder = mkdtempSync(join(tmpdir(), "idvkit-"));
  try {
    await sandbox.control("settings", { jumio: { verdict_delay_ms: 0 } });
    await use(folder);
  } finally {
    await sandbox.stop();
    sandbox = before;
    rmSync(folder, { recursive: true });
  }
}

test("the shop of Express, from begin to outcome", () =>
  inRealTime(async (folder) => {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const own = { IDV_CONFIG: JSON.stringify(config(url)), IDV_REQUEST: JSON.stringify(support.JUMIO_REQUEST), PORT: `${port}` };
    const child = spawn(process.execPath, [here("examples/express.mjs")], { cwd: folder, env: { ...process.env, ...own }, stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += chunk));
    try {
      await eventually(() => fetch(url).then(() => true, () => false));
      const state = await shop(url, (path, init) => fetch(url + path, { redirect: "manual", ...init }));
      await eventually(async () => (await state()).state === "done");
      await eventually(() => printed.includes("approved"));
      assert.match(printed, /^order-[\w-]+ \{ type: 'decided', decision: 'approved' \} [0-9a-f]{32}\n$/);
    } finally {
      child.kill();
      await ended;
    }
  }));

test("the shop over the Fetch API", () =>
  inRealTime(async (folder) => {
    const own = { IDV_CONFIG: JSON.stringify(config("http://localhost:3000")), IDV_REQUEST: JSON.stringify(support.JUMIO_REQUEST) };
    const child = spawn(process.execPath, [here("fetched.mjs")], { cwd: folder, env: { ...process.env, ...own }, stdio: "inherit" });
    assert.equal(await new Promise((resolve) => child.once("exit", resolve)), 0);
  }));

async function freePort() {
  const server = createServer().listen(0, "localhost");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
