import { fileURLToPath } from "node:url";

import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: { alias: { "node:test": `${root}/realms/runner.mjs` } },
  test: { globals: true, include: ["driver", "printing", "surface"].map((name) => `${name}.test.mjs`) },
});
