// A route of Next.js, built to stand alone, with the native module that Next.js traced.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const app = fileURLToPath(new URL("next-app", import.meta.url));
const next = join(dirname(createRequire(import.meta.url).resolve("next/package.json")), "dist/bin/next");

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answer(url) {
  for (let round = 0; ; round += 1) {
    try {
      return await fetch(url);
    } catch (error) {
      if (round > 100) throw error;
      await sleep(100);
    }
  }
}

test("a route of Next.js, elsewhere than it was built", async () => {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
  await promisify(execFile)(process.execPath, [next, "build"], { cwd: app, env });
  const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), "idvkit-next-")));
  cpSync(join(app, ".next/standalone"), elsewhere, { recursive: true, verbatimSymlinks: true });
  const port = await freePort();
  const program = join(elsewhere, "project/next-app/server.js");
  assert(existsSync(program));
  const server = spawn(process.execPath, [program], { env: { ...env, HOSTNAME: "127.0.0.1", PORT: port }, stdio: ["ignore", "ignore", "inherit"] });
  try {
    const said = await answer(`http://127.0.0.1:${port}/`);
    assert.deepEqual(await said.json(), { code: "config_malformed", provider: "jumio" });
    // The hosting kit, with its database.
    assert.match(await (await fetch(`http://127.0.0.1:${port}/idv/element/idv-journey.js`)).text(), /idv-journey/);
    const unknown = await fetch(`http://127.0.0.1:${port}/idv/verifications/${"0".repeat(32)}`);
    assert.deepEqual([unknown.status, (await unknown.json()).code], [404, "verification_unknown"]);
  } finally {
    server.kill();
    rmSync(elsewhere, { recursive: true });
  }
});
