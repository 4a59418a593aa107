// Writes dist/: the bundle, its language files, and the types.

import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

import { build, transform } from "esbuild";

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

await build({
  entryPoints: ["src/index.ts"],
  outfile: "dist/idv-journey.js",
  bundle: true,
  format: "esm",
  minify: true,
  target: TARGET,
  charset: "utf8",
  legalComments: "none",
  // Names of ours that no other code, and no data, uses.
  mangleProps: /^(button|check|clear|deadline|done|emit|end|fail|label|loaded|node|over|panel|progress|restart|say|see|show|speak|start|tag|users|warn)$/,
  plugins: [css],
});

mkdirSync("dist/locales", { recursive: true });
for (const name of readdirSync("locales")) {
  const texts = JSON.parse(readFileSync(`locales/${name}`, "utf8"));
  writeFileSync(`dist/locales/${name}`, `${JSON.stringify(texts)}\n`);
}
cpSync("build/types/src", "dist/types", { recursive: true });
