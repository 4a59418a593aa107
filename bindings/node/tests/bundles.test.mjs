// What was packed, in the hands of others' tools: linters of packages, tracers of files, bundlers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { nodeFileTrace } from "@vercel/nft";
import { build } from "esbuild";
import { publint } from "publint";

const here = dirname(fileURLToPath(import.meta.url));
const packed = Object.fromEntries(
  readdirSync(process.env.IDVKIT_PACKED).map((file) => [
    file.replace(/-\d.*/, ""),
    new Uint8Array(readFileSync(join(process.env.IDVKIT_PACKED, file))),
  ]),
);

for (const [name, { buffer }] of Object.entries(packed)) {
  test(`publint on ${name}`, async () => {
    const { messages } = await publint({ pack: { tarball: buffer }, level: "warning", strict: true });
    assert.deepEqual(messages, []);
  });
}

for (const name of ["idvkit", "idvkit-sandbox"]) {
  test(`are the types of ${name} wrong`, async () => {
    const { types, problems } = await checkPackage(createPackageFromTarballData(packed[name]));
    assert.deepEqual([types, problems], [{ kind: "included" }, []]);
  });
}

const PROGRAM = `
  import { Account, Session } from "idvkit";
  import { imageRequest } from "idvkit/jumio";
  const account = new Account({
    provider: "jumio",
    region: "us",
    api_token: "t",
    api_secret: "s",
    user_agent: "YourCompany YourApp/v1.0",
    callback: { url: "https://yourcompany.example/jumio" },
  });
  const request = { flow: "jumio_authentication", enrollment_transaction_reference: "22222222-2222-4222-8222-222222222222" };
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index);
  const session = Session.open(account, { ...request, success_url: "https://yourcompany.example/" }, seed, 1_767_225_600_000);
  console.log(session.next(1_767_225_600_000).request.operation, typeof imageRequest);
`;
const SAID = "jumio.initiate function\n";

let folder;
let elsewhere;
before(() => {
  folder = mkdtempSync(join(here, "bundle-")); // within reach of the installed packages
  elsewhere = realpathSync(mkdtempSync(join(tmpdir(), "idvkit-bundle-")));
  writeFileSync(join(folder, "program.mjs"), PROGRAM);
});
after(() => [folder, elsewhere].forEach((one) => rmSync(one, { recursive: true })));

const run = async (file) => (await promisify(execFile)(process.execPath, [file])).stdout;

/** A bundle for Node.js, in a folder of its own. */
async function bundled(options, format = "cjs", into = folder) {
  const outdir = mkdtempSync(join(into, "out-"));
  const outExtension = { ".js": format === "esm" ? ".mjs" : ".cjs" };
  const entryPoints = [join(folder, "program.mjs")];
  await build({ bundle: true, platform: "node", logLevel: "silent", entryPoints, outdir, outExtension, format, ...options });
  return join(outdir, `program${outExtension[".js"]}`);
}

for (const format of ["cjs", "esm"]) {
  test(`an esbuild bundle that leaves the package out runs: ${format}`, async () => {
    assert.equal(await run(await bundled({ external: ["idvkit"] }, format)), SAID);
    assert.equal(await run(await bundled({ packages: "external" }, format)), SAID);
  });
}

test("an esbuild bundle may hold all but the native module", async () => {
  assert.equal(await run(await bundled({ external: ["idvkit-*"] })), SAID);
  assert.equal(await run(await bundled({ loader: { ".node": "copy" } }, "cjs", elsewhere)), SAID);
});

test("a bundle without its native module says what to do", async () => {
  const words = /leave idvkit out, as an external package.*serverExternalPackages.*"Bundlers"/;
  const fails = async (bundle, ...more) => {
    const error = await run(await bundle).then(() => assert.fail("it runs"), ({ stderr }) => stderr);
    for (const one of [words, ...more]) assert.match(error, one);
  };
  await fails(bundled({ external: ["idvkit-*"] }, "cjs", elsewhere), /idvkit-\S+ is not installed/);
  const { optionalDependencies } = JSON.parse(readFileSync(join(here, "node_modules/idvkit/package.json"), "utf8"));
  writeFileSync(join(folder, "throws.cjs"), "throw new Error('Could not dynamically require it')"); // as Rollup does
  const alias = { [Object.keys(optionalDependencies)[0]]: join(folder, "throws.cjs") };
  await fails(bundled({ alias }), /idvkit-\S+ was not loaded.*cause\]: Error: Could not dynamically/s);
  await fails(bundled({ loader: { ".node": "file" } }), /a bundler put string in the place of the native module/);
  await fails(bundled({ loader: { ".node": "empty" } }), /a bundler put Object in the place of the native module/);
});

const HOST = `
  import { openStore } from "idvkit/host";
  const store = await openStore("sqlite::memory:");
  console.log(await store.list({}));
`;

test("what nft traces of the hosting kit is enough to run", async () => {
  writeFileSync(join(folder, "host.mjs"), HOST);
  const { fileList } = await nodeFileTrace([join(folder, "host.mjs")], { base: dirname(here) });
  for (const file of fileList) cpSync(join(dirname(here), file), join(elsewhere, "host", file));
  const program = [...fileList].find((file) => file.endsWith("host.mjs") && !file.includes("node_modules"));
  assert.equal(await run(join(elsewhere, "host", program)), "[]\n");
});

test("what nft traces is enough to run", async () => {
  const { fileList } = await nodeFileTrace([join(folder, "program.mjs")], { base: here });
  assert([...fileList].some((file) => file.endsWith(".node")), [...fileList].join());
  for (const file of fileList) cpSync(join(here, file), join(elsewhere, "traced", file));
  const program = [...fileList].find((file) => file.endsWith("program.mjs"));
  assert.equal(await run(join(elsewhere, "traced", program)), SAID);
});
