// ECMAScript modules for Jest, which runs CommonJS.

const { transformSync } = require("esbuild");

module.exports = {
  process: (source, sourcefile) => {
    const define = { "import.meta.url": JSON.stringify(`file://${sourcefile}`) };
    return transformSync(source, { define, format: "cjs", platform: "node", sourcefile, sourcemap: "inline" });
  },
};
