// The idvkit sandbox as a process: starts it, steers it, and stops it.

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { createInterface } = require("node:readline");

const GREETING = "The sandbox listens on ";

async function startSandbox(options = {}) {
  const args = ["sandbox", "--quiet", "--listen", options.listen ?? "127.0.0.1:0"];
  if (options.seed !== undefined) args.push("--seed", String(options.seed));
  if (options.config !== undefined) args.push("--config", options.config);
  if (options.realTime) args.push("--real-time");
  const child = spawn(program(), args, { stdio: ["ignore", "pipe", "inherit"] });
  const url = await listening(child);
  const sandbox = new Sandbox(url, child);
  await sandbox.now();
  return sandbox;
}

function program() {
  const named = process.env.IDVKIT_PROGRAM;
  if (named) return named;
  const carrier = `idvkit-sandbox-${process.platform}-${process.arch}`;
  try {
    return require.resolve(`${carrier}/bin/idvkit-sandbox${process.platform === "win32" ? ".exe" : ""}`);
  } catch (cause) {
    throw new Error(
      `the package ${carrier}, which holds the program, is not installed. It is an optional dependency of idvkit-sandbox: install ` +
        "without --omit=optional (--no-optional). If there is none for this platform, build the program with `cargo install --path " +
        "crates/sandbox --features program`, and name it in the environment variable IDVKIT_PROGRAM",
      { cause },
    );
  }
}

class Sandbox {
  #child;
  #now = 0;
  #end;

  constructor(url, child) {
    this.url = url;
    this.#child = child;
    this.clock = () => this.#now;
    // Neither a forgotten `stop` nor a crash leaves a process behind, and an idle sandbox keeps no test runner alive.
    this.#end = () => child.kill();
    process.once("exit", this.#end);
    child.unref();
    child.stdout.unref?.();
  }

  async now() {
    this.#now = (await this.control("clock")).now;
    return this.#now;
  }

  async advance(millis) {
    await this.control("clock", { advance_ms: millis });
    await this.now();
  }

  async script(provider, script) {
    await this.control("script", { provider, ...script });
  }

  async fault(operation, kind, more = {}) {
    await this.control("faults", { operation, kind, ...more });
  }

  accounts() {
    return this.control("accounts");
  }

  log() {
    return this.control("log");
  }

  async reset() {
    await this.control("reset", {});
    await this.now();
  }

  async control(path, body) {
    const post = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}/_sandbox/${path}`, { ...post, signal: AbortSignal.timeout(30_000) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status} to ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }

  async stop() {
    process.removeListener("exit", this.#end);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.ref();
    const ended = once(this.#child, "exit");
    this.#child.kill();
    await ended;
  }
}

// Node has had the symbol since 20.4, the language later.
Sandbox.prototype[Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")] = Sandbox.prototype.stop;

async function listening(child) {
  const failed = new Promise((_, reject) => child.once("error", reject));
  const said = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith(GREETING)) return line.slice(GREETING.length).trim();
    }
    throw new Error("the sandbox did not start; its own words are above");
  })();
  const url = await Promise.race([said, failed]);
  // What else it prints is read and dropped, or a full pipe would stop it.
  child.stdout.resume();
  return url;
}

module.exports = { Sandbox, program, startSandbox };
