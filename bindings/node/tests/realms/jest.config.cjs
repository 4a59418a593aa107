const { join } = require("node:path");

module.exports = {
  rootDir: join(__dirname, ".."),
  testMatch: ["driver", "printing", "surface"].map((name) => `<rootDir>/${name}.test.mjs`),
  moduleFileExtensions: ["js", "mjs", "cjs", "json", "node"],
  moduleNameMapper: { "^node:test$": "<rootDir>/realms/runner.mjs" },
  transform: { "\\.mjs$": "<rootDir>/realms/transform.cjs" },
};
