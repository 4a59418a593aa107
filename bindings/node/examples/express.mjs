// A web shop that verifies its users, with any of the four providers: Express, SQLite, and idvkit.
//
// Which provider it is stands in two JSON texts, and nowhere in the code:
//   IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' node express.mjs

import { randomBytes } from "node:crypto";
import { fileURLToPath, pathToFileURL } from "node:url";

import express from "express";
import { Account, Client, Input, Reject } from "idvkit";
import multer from "multer";
import sqlite from "node-sqlite3-wasm";

const TABLES = `
  CREATE TABLE IF NOT EXISTS verification (id TEXT PRIMARY KEY, key TEXT UNIQUE, revision INTEGER, snapshot TEXT, due INTEGER);
  CREATE TABLE IF NOT EXISTS reference (account TEXT, reference TEXT, verification TEXT, PRIMARY KEY (account, reference));
  CREATE TABLE IF NOT EXISTS blob (verification TEXT, digest TEXT, bytes BLOB, PRIMARY KEY (verification, digest));`;
const BY = {
  id: "SELECT id, snapshot FROM verification WHERE id = ?",
  key: "SELECT id, snapshot FROM verification WHERE key = ?",
  references: "SELECT id, snapshot FROM verification JOIN reference ON verification = id WHERE account = ? AND reference = ?",
};
const INSERT = "INSERT OR IGNORE INTO verification (key, revision, snapshot, due, id) VALUES (?, ?, ?, ?, ?)";
const UPDATE = "UPDATE verification SET key = ?, revision = ?, snapshot = ?, due = ? WHERE id = ? AND revision = ?";

// `<idv-journey>` shows any journey. What it tells goes to the server, which says what is next.
const PAGE = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Verify</title>
<link rel="icon" href="data:,">
<p>One moment, please.</p>
<idv-journey></idv-journey>
<script type="module">
  import "/idv/idv-journey.js";
  const text = document.querySelector("p"), check = document.querySelector("idv-journey");
  const post = (what, body) => fetch(location.pathname + "/" + what, { method: "POST", body });
  check.addEventListener("idv-hint", ({ detail }) => post("hint", detail.text));
  check.addEventListener("idv-images", async ({ detail }) => {
    const form = new FormData();
    for (const { slot, blob } of detail.images) form.append(slot, blob);
    if (!(await post("images", form)).ok) alert("Please try other pictures.");
  });
  // A provider's page in a frame comes back to this page: then it is the one around it that goes on.
  while (self === top) {
    const next = await (await fetch(location.pathname + "/next")).json();
    text.hidden = !!next.journey;
    if (next.done) break;
    if (next.journey) check.journey = next.journey; // the same one again leaves everything as it is
    await new Promise((wake) => setTimeout(wake, 1000));
  }
  check.remove();
  text.textContent = "Thank you.";
</script>`;

/** What idvkit needs of a database: load, and compare-and-swap on the revision. */
class Rows {
  constructor(database) {
    this.database = database;
    database.exec(TABLES);
  }

  load(by, digests) {
    const wanted = by.references?.map(({ account, reference }) => [account, reference]) ?? [[by[by.type]]];
    const found = wanted.map((values) => this.database.get(BY[by.type], values)).find((row) => row);
    const sql = "SELECT digest, bytes FROM blob WHERE verification = ? AND digest = ?";
    return found ? { ...found, blobs: digests.flatMap((digest) => this.database.all(sql, [found.id, digest])) } : null;
  }

  store(row, expected, blobs) {
    const { database } = this;
    const values = [row.key, row.revision, row.snapshot, row.due, row.id];
    database.exec("BEGIN IMMEDIATE");
    try {
      const done = expected === null ? database.run(INSERT, values) : database.run(UPDATE, [...values, expected]);
      if (done.changes === 1) this.#beside(row, blobs);
      database.exec("COMMIT");
      return done.changes === 1;
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  #beside(row, blobs) {
    for (const { account, reference } of row.references) {
      this.database.run("INSERT OR REPLACE INTO reference VALUES (?, ?, ?)", [account, reference, row.id]);
    }
    for (const { digest, bytes } of blobs) {
      this.database.run("INSERT OR REPLACE INTO blob VALUES (?, ?, ?)", [row.id, digest, bytes]);
    }
    this.database.run("DELETE FROM blob WHERE verification = ? AND instr(?, digest) = 0", [row.id, row.blobs.join(" ")]);
  }

  due(now) {
    return this.database.all("SELECT id FROM verification WHERE due <= ?", [now]).map(({ id }) => id);
  }
}

/** The application; `act` is called with each verification that has ended. */
export function createApp({ config, request, act, path = "idv.sqlite", clock = Date.now, log = console.error }) {
  const rows = new Rows(new sqlite.Database(path));
  const idv = new Client(new Account(config), rows, { clock, onOutcome: act });

  const app = express();
  app.use("/idv", express.static(fileURLToPath(new URL(".", import.meta.resolve("idvkit-web"))))); // the element

  app.post("/verifications", async (_, response) => {
    const id = await idv.begin(request, randomBytes(16).toString("hex")); // the shop's own name for it: an order's number
    response.redirect(303, `/verifications/${id}`);
  });

  app.get("/verifications/:id", (_, response) => response.send(PAGE));

  app.get("/verifications/:id/next", async ({ params: { id } }, response) => {
    const { type, journey } = await idv.advance(id);
    response.json({ journey, done: type === "done" });
  });

  // What the page saw, as the element tells it.
  app.post("/verifications/:id/hint", express.text({ type: () => true }), async ({ params: { id }, body }, response) => {
    await idv.tell(id, Input.hint(body || ""));
    response.sendStatus(204);
  });

  // What the user chose, where a journey asks for images.
  app.post("/verifications/:id/images", multer().any(), async ({ params: { id }, files = [] }, response) => {
    const images = files.map(({ fieldname, buffer }) => ({ slot: fieldname, bytes: buffer }));
    await idv.tell(id, Input.images(images));
    response.sendStatus(204);
  });

  app.get("/back", async (posted, response) => {
    const id = await idv.hear(Input.redirect(`${posted.protocol}://${posted.host}${posted.originalUrl}`));
    if (id) response.redirect(303, `/verifications/${id}`);
    else response.sendStatus(404);
  });

  // The raw body: what a framework has parsed cannot be checked any more. A webhook of biometric.kz may have 32 MiB.
  app.post("/callbacks/{*rest}", express.raw({ type: () => true, limit: "32mb" }), async (posted, response) => {
    const body = posted.body ?? Buffer.alloc(0);
    await idv.hear(Input.callback({ url: posted.originalUrl, headers: posted.headers, body }));
    response.sendStatus(200);
  });

  app.use((error, _request, response, _next) => {
    const unknown = error.code === "verification_unknown" ? 404 : 400;
    const refused = error instanceof Reject ? { signature: 401, snapshot: 500 }[error.blame] ?? unknown : 500;
    response.status(refused).send(error instanceof Reject ? error.code : "");
  });

  // One failure must not end the worker: what is due stays due, and is tried again in the next round.
  let working = false;
  const worker = setInterval(async () => {
    if (working) return;
    working = true;
    try {
      await Promise.all(rows.due(clock()).map((id) => idv.advance(id).catch((error) => log(id, error))));
    } catch (error) {
      log("what is due", error);
    } finally {
      working = false;
    }
  }, 100);
  return { app, close: () => clearInterval(worker) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [config, request] = [process.env.IDV_CONFIG, process.env.IDV_REQUEST].map((text) => JSON.parse(text));
  createApp({ config, request, act: ({ id, outcome }) => console.log(id, outcome) }).app.listen(process.env.PORT ?? 3000);
}
