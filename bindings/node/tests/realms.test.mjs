// Where other realms meet: other test runners, `vm`, and a second copy of the package.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import vm from "node:vm";

import { Account, Accounts, Client, Driver, Input, MemoryStore, Reject, Session, Told } from "idvkit";

import * as support from "./support.mjs";
import { SEED, T0 } from "./support.mjs";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));

/** Runs a part of the tests with another runner. */
async function runWith(program, ...args) {
  // A runner that sees this one's variable reports to it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const path = join(dirname(require.resolve(`${program.split("/")[0]}/package.json`)), program.split("/").slice(1).join("/"));
  try {
    await promisify(execFile)(process.execPath, [path, ...args], { cwd: here, env: { ...env, NO_COLOR: "1" } });
  } catch ({ stdout, stderr }) {
    assert.fail(`${stdout}\n${stderr}`);
  }
}

test("the tests pass under Jest", () => runWith("jest/bin/jest.js", "--config", "realms/jest.config.cjs", "--env", "node"));
test("the tests pass under Jest in jsdom", () => runWith("jest/bin/jest.js", "--config", "realms/jest.config.cjs", "--env", "./realms/jsdom.cjs"));
for (const pool of ["threads", "forks", "vmThreads"]) {
  test(`the tests pass under Vitest, pool ${pool}`, () => runWith("vitest/vitest.mjs", "run", "--config", "realms/vitest.config.mjs", "--pool", pool));
}

test("values of another realm are taken", () => {
  const elsewhere = (text, more = {}) => vm.runInNewContext(`(${text})`, more);
  const config = elsewhere(JSON.stringify({ provider: "attestr", ...support.vector("attestr/webhook").config }));
  const account = new Account(config);
  const { authorization, body, reference } = support.vector("attestr/webhook").cases[0];
  const bytes = elsewhere("new Uint8Array(list)", { list: [...Buffer.from(body)] });
  assert(!(bytes instanceof Uint8Array));
  for (const headers of ["({ Authorization: [value] })", "[['Authorization', value]]", "new Map([['Authorization', value]])"]) {
    const input = Input.callback({ url: "/", headers: elsewhere(headers, { value: authorization }), body: bytes });
    assert.equal(account.referenceOf(input, T0), reference);
  }
  assert.throws(() => new Account(elsewhere("{ provider: new Date() }")), /^TypeError: config\.provider takes plain data, not Date/);
});

/** The package once more, in a folder of its own; with the native module, too, or with the same one. */
function copy(folder, own) {
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  const installed = dirname(require.resolve("idvkit/package.json"));
  cpSync(installed, join(modules, "idvkit"), { recursive: true });
  const [name] = Object.keys(require("idvkit/package.json").optionalDependencies);
  if (own) cpSync(join(dirname(installed), name), join(modules, name), { recursive: true });
  return require(join(modules, "idvkit"));
}

let folders;
before(() => (folders = [1, 2].map(() => mkdtempSync(join(here, "copy-")))));
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

test("a second copy of the package takes what the first one made, and its refusals are refusals", async () => {
  const other = copy(folders[0], false);
  assert.notEqual(other.Reject, Reject);
  const account = support.jumio("http://127.0.0.1:1");
  const session = Session.open(account, support.JUMIO_REQUEST, SEED, T0);
  const { id } = session.next(T0).request;
  session.handle(other.Input.sending(id), T0);
  assert.equal(session.next(T0).why.type, "in_flight");
  for (const made of [() => new other.Account({}), () => session.handle(other.Input.retry(), T0)]) {
    assert.throws(made, (error) => error instanceof Reject && error instanceof other.Reject && error instanceof Error);
  }
  assert(!(new TypeError("x") instanceof Reject) && !(null instanceof Reject));
  class Own extends Reject {}
  assert(!(new Reject("stale", "caller", null, "") instanceof Own) && new Own("stale", "caller", null, "") instanceof Reject);
  const driver = Driver.advance(new Accounts({ a: account }), "0".repeat(32));
  assert.throws(() => driver.told(other.Told.loaded(null), T0), { code: "verification_unknown" });
  const client = new other.Client(new Accounts(account), new MemoryStore(), { clock: () => T0 });
  assert.match(await client.begin(support.JUMIO_REQUEST, "order-1"), /^[0-9a-f]{32}$/);
  assert(new Client(new other.Accounts(account), new MemoryStore()).accounts instanceof other.Accounts);
});

test("an account of another native module is refused in words", () => {
  const other = copy(folders[1], true);
  const account = support.jumio("http://127.0.0.1:1");
  const words = /this Account was made by another copy of idvkit: .*npm ls idvkit/;
  assert.throws(() => other.Session.open(account, support.JUMIO_REQUEST, SEED, T0), words);
  assert.throws(() => new other.Accounts(account), words);
  assert.throws(() => other.Driver.advance(new Accounts(account), "0".repeat(32)), /this Accounts was made by another copy/);
  const session = Session.open(account, support.JUMIO_REQUEST, SEED, T0);
  session.handle(other.Input.sending(session.next(T0).request.id), T0);
});

test("what only looks like one of ours is none", () => {
  for (const wrong of [{}, null, "jumio", Object.create(Account.prototype), { provider: "jumio" }]) {
    assert.throws(() => Session.open(wrong, support.JUMIO_REQUEST, SEED, T0), /^TypeError: this takes an Account$/);
    assert.throws(() => Driver.advance(wrong, "id"), /^TypeError: this takes an Accounts$/);
  }
  assert.throws(() => new Accounts({ a: {} }), /this takes an Account/);
  for (const wrong of [Object.create(Input.prototype), Object.create(Told.prototype)]) {
    assert.throws(() => Session.open(support.jumio("http://127.0.0.1:1"), support.JUMIO_REQUEST, SEED, T0).handle(wrong, T0), TypeError);
  }
});
