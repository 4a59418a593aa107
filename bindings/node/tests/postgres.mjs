// A PostgreSQL of the machine's own, for tests, if it has one.

import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const DEBIAN = "/usr/lib/postgresql";

/** Where its programs are: `IDVKIT_POSTGRES`, Debian's folders, or the `PATH`. */
function programs() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((one, other) => other - one) : [];
  const folders = [process.env.IDVKIT_POSTGRES, ...versions.map((version) => join(DEBIAN, version, "bin")), ...process.env.PATH.split(":")];
  return folders.find((folder) => folder && existsSync(join(folder, "initdb")));
}

/** It refuses to run as root. */
function account() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const [uid, gid] = ["-u", "-g"].map((which) => Number(execFileSync("id", [which, name], { stdio: "pipe" })));
      return { uid, gid };
    } catch {
      // There is no such user.
    }
  }
  return null;
}

/** Starts one; gives its URL and what stops it, or a text that says what is missing. */
export async function startPostgres() {
  const bin = programs();
  const as = account();
  if (!bin || !as) return "there is no PostgreSQL here (initdb in IDVKIT_POSTGRES, in /usr/lib/postgresql or in the PATH)";
  const folder = mkdtempSync(join(tmpdir(), "idvkit-postgres-"));
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid);
  const options = { ...as, cwd: folder, stdio: "pipe" };
  const data = join(folder, "data");
  execFileSync(join(bin, "initdb"), ["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", data], options);
  const settings = ["listen_addresses=", "fsync=off", "max_connections=50"].flatMap((one) => ["-c", one]);
  const server = spawn(join(bin, "postgres"), ["-D", data, "-k", folder, ...settings], { ...options, stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("exit", resolve));
  while (!existsSync(join(folder, ".s.PGSQL.5432"))) {
    if (server.exitCode !== null) throw new Error("PostgreSQL does not start");
    await sleep(50);
  }
  return {
    url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`,
    async stop() {
      server.kill("SIGINT"); // at once, whoever is connected
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
