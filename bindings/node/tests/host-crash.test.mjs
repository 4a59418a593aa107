// At least once: a process is killed between the stored outcome and its act, and another one acts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { startSandbox } from "idvkit-sandbox";

import { startPostgres } from "./postgres.mjs";

const program = fileURLToPath(new URL("crash.mjs", import.meta.url));

async function crash(database) {
  const folder = mkdtempSync(join(tmpdir(), "idvkit-"));
  const sandbox = await startSandbox({ realTime: true });
  const lines = join(folder, "lines");
  const run = (...more) => {
    const args = [program, sandbox.url, database ?? `sqlite:${join(folder, "db")}`, lines, ...more];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
    return new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
  };
  try {
    await sandbox.control("settings", { jumio: { verdict_delay_ms: 0 } });
    assert.equal(await run("dies"), "SIGKILL");
    assert.equal(await run(), 0);
    const [first, second, acted, ...more] = readFileSync(lines, "utf8").trim().split("\n");
    assert.match(first, /^delivery [0-9a-f]{32} approved$/);
    assert.deepEqual([second, acted, more], [first, "acted", []]);
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true });
  }
}

test("a crash between outcome and act loses nothing: SQLite", () => crash());

const server = await startPostgres();
test("a crash between outcome and act loses nothing: PostgreSQL", { skip: typeof server === "string" && server }, async () => {
  try {
    await crash(server.url);
  } finally {
    await server.stop();
  }
});
