// Writes dist/: the bundle, its language files, and the types.

import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

import { build, transform } from "esbuild";
import { minify } from "terser";

const css = {
  name: "css",
  setup(run) {
    run.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: TARGET });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

// What the element needs: adopted style sheets, `light-dark`, `AbortSignal.timeout`.
const TARGET = "es2022";

// What a file of ours imports when it runs stays a file beside it.
const beside = {
  name: "beside",
  setup(run) {
    run.onResolve({ filter: /^\.\/idv-/ }, ({ path, kind }) => (kind === "dynamic-import" ? { path, external: true } : undefined));
  },
};

mkdirSync("dist", { recursive: true });
/** Short names, which are the same in both files. */
let names = {};
for (const [name, source] of Object.entries({ "idv-journey": "src/index.ts", "idv-hosted": "src/idv-hosted.ts" })) {
  const { outputFiles, mangleCache } = await build({
    entryPoints: [source],
    write: false,
    bundle: true,
    format: "esm",
    minifySyntax: true,
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    // Names of ours that no other code, and no data, uses.
    mangleProps: /^(button|check|done|empty|input|label|node|over|owner|panel|ran|restart|say|show|speak|tag|users|warn)$/,
    mangleCache: names,
    plugins: [css, beside],
  });
  names = mangleCache;
  const { code } = await minify(outputFiles[0].text, {
    module: true,
    ecma: 2020,
    compress: { passes: 3, hoist_funs: true, unsafe_arrows: true, pure_getters: true, unsafe: true },
  });
  writeFileSync(`dist/${name}.js`, `${code}\n`);
}

mkdirSync("dist/locales", { recursive: true });
for (const name of readdirSync("locales")) {
  const texts = JSON.parse(readFileSync(`locales/${name}`, "utf8"));
  writeFileSync(`dist/locales/${name}`, `${JSON.stringify(texts)}\n`);
}
cpSync("build/types/src", "dist/types", { recursive: true });
