#!/usr/bin/env node
// `npx idvkit-sandbox`: the program's own sandbox, with its own arguments.

const { spawn } = require("node:child_process");
const { program } = require("./index.js");

const child = spawn(program(), ["sandbox", ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
