import { fileURLToPath } from "node:url";

// The tools lie two folders above.
const root = fileURLToPath(new URL("../..", import.meta.url));

export default {
  serverExternalPackages: ["idvkit"],
  output: "standalone",
  outputFileTracingRoot: root,
  turbopack: { root },
};
