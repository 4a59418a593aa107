// Writes dist/: the bundle, its language files, the types, and the manifest of the element.

import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync, rmSync } from "node:fs";

import { build, transform } from "esbuild";
import { minify } from "terser";

import { manifest } from "./manifest.mjs";

const css = {
  name: "css",
  setup(run) {
    run.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: TARGET });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** What stays a file of its own: the texts beside the bundle, and each language but English. */
const locales = {
  name: "locales",
  setup(run) {
    run.onResolve({ filter: /\/locales\/index\.js$/ }, () => ({ path: "./locales/index.js", external: true }));
    run.onResolve({ filter: /\.json$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: path.replace(".json", ".js"), external: true } : undefined,
    );
  },
};

// What the element needs: adopted style sheets, `light-dark`, private members.
const TARGET = "es2022";

// What a file of ours imports when it runs stays a file beside it.
const beside = {
  name: "beside",
  setup(run) {
    run.onResolve({ filter: /^\.\/idv-/ }, ({ path, kind }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
  },
};

const SETTINGS = { bundle: true, format: "esm", target: TARGET, charset: "utf8", legalComments: "none", plugins: [css, locales, beside] };

rmSync("dist", { recursive: true, force: true }); // what an older build left is no part of this one
mkdirSync("dist", { recursive: true });
/** Short names, which are the same in both files. */
let names = {};
for (const [name, source] of Object.entries({ "idv-journey": "src/index.ts", "idv-hosted": "src/idv-hosted.ts" })) {
  const { outputFiles, mangleCache } = await build({
    ...SETTINGS,
    entryPoints: [source],
    write: false,
    minifySyntax: true,
    // Names of ours that no other code, and no data, uses.
    mangleProps: /^(button|check|done|empty|input|label|node|over|owner|panel|ran|restart|say|show|speak|tag|users|warn)$/,
    mangleCache: names,
  });
  names = mangleCache;
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    ecma: 2020,
    compress: { passes: 6, keep_fargs: false, sequences: 2, hoist_funs: true, unsafe_arrows: true, pure_getters: true, unsafe: true },
  });
  writeFileSync(`dist/${name}.js`, `${code}\n`);
}

await build({ ...SETTINGS, entryPoints: ["locales/index.ts"], outdir: "dist/locales", minify: true });
for (const name of readdirSync("locales").filter((name) => /^(?!en).*\.json$/.test(name))) {
  const texts = JSON.parse(readFileSync(`locales/${name}`, "utf8"));
  writeFileSync(`dist/locales/${name.replace(".json", ".js")}`, `export default ${JSON.stringify(texts)};\n`);
}
cpSync("build/types/src", "dist/types", { recursive: true });
writeFileSync("dist/custom-elements.json", `${JSON.stringify(manifest(readFileSync("README.md", "utf8")), null, 2)}\n`);
