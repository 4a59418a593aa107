// What is installed: nothing but what is needed, and clear words where something is missing.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const installed = dirname(require.resolve("idvkit/package.json"));

test("the package has no dependency but the modules of platforms", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  assert.equal(manifest.dependencies, undefined);
  for (const name of Object.keys(manifest.optionalDependencies)) assert.match(name, /^idvkit-(linux|darwin|win32)-/);
  assert(!readdirSync(installed).includes("src"));
  for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) assert(readdirSync(installed).includes(licence), licence);
});

test("both kinds of module are one", async () => {
  for (const path of ["idvkit", "idvkit/attestr", "idvkit/biometric-kz", "idvkit/host", "idvkit/host/testing", "idvkit/jumio", "idvkit/signicat"]) {
    const [imported, required] = [await import(path), require(path)];
    assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
    for (const name of Object.keys(required)) assert.equal(imported[name], required[name], name);
  }
});

test("without a module for the platform, the words say what to do", async () => {
  const alone = mkdtempSync(join(tmpdir(), "idvkit-alone-"));
  cpSync(installed, join(alone, "idvkit"), { recursive: true });
  const words = async (more) => {
    const program = `${more}; try { require(${JSON.stringify(join(alone, "idvkit"))}) } catch (error) { console.log(error.message) }`;
    return (await run(process.execPath, ["-e", program])).stdout;
  };
  assert.match(await words(""), /idvkit-\S+ is not installed.*--omit=optional/);
  const other = 'Object.defineProperty(process, "platform", { value: "sunos" })';
  assert.match(await words(other), /no prebuilt module for sunos-\w+\. There are modules for .*linux-x64-gnu.*from source/);
  rmSync(alone, { recursive: true });
});

test("each platform's module is required by its literal name", () => {
  const systems = {
    "apple-darwin": "darwin-*",
    "unknown-linux-gnu": "linux-*-gnu",
    "unknown-linux-musl": "linux-*-musl",
    "pc-windows-msvc": "win32-*-msvc",
  };
  const { targets } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")).napi;
  const names = targets.map((target) => {
    const [, arch, system] = /^(aarch64|x86_64)-(.*)$/.exec(target);
    return systems[system].replace("*", arch === "aarch64" ? "arm64" : "x64");
  });
  const source = readFileSync(join(installed, "dist/native.js"), "utf8");
  const required = [...source.matchAll(/case "(.*)":\s*return require\("idvkit-(.*)"\);/g)].map(([, name, package_]) => [name, package_]);
  assert.deepEqual(required, names.sort().map((name) => [name, name]));
  assert.deepEqual(JSON.parse(/PLATFORMS = (\[[^\]]*\])/.exec(source)[1].replace(/,\s*\]/, "]")), names);
});

test("npx idvkit-sandbox", async () => {
  const program = join(dirname(require.resolve("idvkit-sandbox")), "bin.js");
  const child = spawn(process.execPath, [program, "--seed", "7"], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^The sandbox listens on (\S+)/.exec(line)?.[1];
    if (!url) continue;
    assert.equal((await fetch(`${url}/_sandbox/accounts`)).status, 200);
    break;
  }
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  const code = await ended;
  if (process.platform !== "win32") assert.equal(code, 0, "it did not end in order");
});

test("what carries the sandbox's program is small, and named where it is missing", async () => {
  const carrier = dirname(require.resolve(`idvkit-sandbox-${process.platform}-${process.arch}/package.json`));
  assert.deepEqual(readdirSync(carrier).sort(), ["LICENSE-APACHE", "LICENSE-MIT", "bin", "package.json"]);
  const { optionalDependencies, dependencies } = JSON.parse(readFileSync(require.resolve("idvkit-sandbox/package.json"), "utf8"));
  assert.deepEqual([Object.keys(optionalDependencies).includes(basename(carrier)), dependencies], [true, undefined]);
  const program = 'Object.defineProperty(process, "platform", { value: "sunos" }); require("idvkit-sandbox").program()';
  await assert.rejects(run(process.execPath, ["-e", program], { cwd: installed }), /idvkit-sandbox-sunos-\w+, which holds the program, is not installed/);
});

test("the sandbox's clock stands still, or runs, and disposing ends it", async () => {
  const { startSandbox } = require("idvkit-sandbox");
  for (const realTime of [false, true]) {
    const sandbox = await startSandbox({ seed: 7, realTime });
    const before = sandbox.clock();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal((await sandbox.now()) > before, realTime);
    await sandbox[Symbol.asyncDispose]();
    await assert.rejects(fetch(sandbox.url));
  }
});
