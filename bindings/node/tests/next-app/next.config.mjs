import { fileURLToPath } from "node:url";

// The tools lie two folders above.
const root = fileURLToPath(new URL("../..", import.meta.url));

export default {
  serverExternalPackages: ["idvkit", "better-sqlite3"],
  output: "standalone",
  outputFileTracingRoot: root,
  turbopack: { root },
};
