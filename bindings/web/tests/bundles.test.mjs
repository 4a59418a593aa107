// The package in others' bundlers: every text, every language and nothing from elsewhere, under a strict policy.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import nodeResolve from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as vite from "vite";
import webpack from "webpack";

import { SPEAKING, frameJourney, launch, open, startSite, until } from "./support.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const BUNDLES = join(PACKAGE, "build/bundles");

const PLAIN = `import { present } from "idvkit-web";
window.give = (journey, lang) => present(document.body, journey, { lang, onHint: ({ kind }) => window.heard.push(kind) });`;
const REACT = `import "idvkit-web";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
const root = createRoot(document.body);
window.give = (journey, lang) =>
  root.render(createElement("idv-journey", { journey, lang, "onidv-hint": ({ detail }) => window.heard.push(detail.kind) }));`;
const VUE = `import "idvkit-web";
import { h, render } from "vue";
window.give = (journey, lang) =>
  render(h("idv-journey", { ".journey": journey, lang, onIdvHint: ({ detail }) => window.heard.push(detail.kind) }), document.body);`;

/** How each of them bundles `main` into `out`; the page loads `main.js`. */
const MATRIX = {
  "vite, in Vue": [VUE, (root, main, out) =>
    vite.build({
      root,
      base: "./",
      logLevel: "error",
      configFile: false,
      define: { __VUE_OPTIONS_API__: "true", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false" },
      build: { outDir: out, rolldownOptions: { input: main, output: { entryFileNames: "main.js" } } },
    })],
  webpack: [PLAIN, async (root, main, out) => {
    const output = { path: out, filename: "main.js" };
    const stats = await promisify(webpack)({ mode: "production", context: root, entry: main, output, performance: false });
    assert(!stats.hasErrors() && !stats.hasWarnings(), stats.toString());
  }],
  "esbuild, in React": [REACT, (root, main, out) =>
    esbuild.build({ absWorkingDir: root, entryPoints: [main], outdir: out, bundle: true, format: "esm", minify: true, logLevel: "error" })],
  "esbuild, in parts": [PLAIN, (root, main, out) =>
    esbuild.build({ absWorkingDir: root, entryPoints: [main], outdir: out, bundle: true, splitting: true, format: "esm", logLevel: "error" })],
  rollup: [PLAIN, async (root, main, out) => {
    const bundle = await rollup({ input: main, plugins: [nodeResolve()], onwarn: (warning) => assert.fail(warning.message) });
    await bundle.write({ dir: out, format: "esm" });
  }],
};

let site, browser;

before(async () => {
  rmSync(BUNDLES, { recursive: true, force: true });
  [site, browser] = await Promise.all([startSite(), launch()]);
  site.put("/provider", SPEAKING);
});
after(async () => {
  await browser?.close();
  site?.stop();
});

for (const [name, [code, bundle]] of Object.entries(MATRIX)) {
  test(`bundled by ${name}`, async () => {
    const path = `/${name.replace(/\W+/g, "-")}`;
    const root = project(join(BUNDLES, path), code);
    const out = join(root, "out");
    await bundle(root, join(root, "main.js"), out);
    serve(path, out);

    const page = await open(browser, site.merchant + path);
    const journey = { ...frameJourney(`${site.provider}/provider`), ways: [{ ...frameJourney(`${site.provider}/provider`).ways[0], allow: "" }] };
    for (const [lang, title] of [["en", "Identity verification"], ["de", "Identitätsprüfung"], ["ru", "Проверка личности"], ["xx", "Identity verification"]]) {
      await page.evaluate(([journey, lang]) => give(journey, lang), [journey, lang]);
      await page.waitForFunction(
        ([lang, title]) => document.querySelector(`idv-journey[lang=${lang}]`)?.shadowRoot?.querySelector("iframe")?.title === title,
        [lang, title],
      );
    }
    await until(page, { name: "hint", kind: "loaded" });
    assert.deepEqual(await page.evaluate(() => window.heard), ["loaded"], "the handler was not called");
    assert.deepEqual(await page.evaluate(() => window.violations), []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

/** A project of its own that has the package as it would be installed. */
function project(root, code) {
  const installed = join(root, "node_modules/idvkit-web");
  mkdirSync(installed, { recursive: true });
  for (const part of ["package.json", "dist"]) cpSync(join(PACKAGE, part), join(installed, part), { recursive: true });
  writeFileSync(join(root, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(root, "main.js"), code);
  return root;
}

/** The bundle's files below a path, and a page there that runs it. */
function serve(path, folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of names) {
    const file = join(entry.parentPath, entry.name);
    const type = extname(file) === ".js" ? "text/javascript" : "application/octet-stream";
    site.put(path + "/" + file.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(file), { type });
  }
  site.put(`${path}/start.js`, `window.heard = []; window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective + " " + event.blockedURI));`, { type: "text/javascript" });
  const policy = `default-src 'none'; script-src 'self'; connect-src 'self'; frame-src ${site.provider}`;
  const head = `<script src="${path}/start.js"></script><script type="module" src="${path}/main.js"></script>`;
  site.put(path, `<!doctype html><html><head>${head}</head><body></body></html>`, { headers: { "content-security-policy": policy } });
}
