// A web shop that verifies its users, with any of the four providers: Express, SQLite, and idvkit.
//
// Which provider it is stands in two JSON texts, and nowhere in the code:
//   IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' node express.mjs

import { randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";

import express from "express";
import { Account, Input, Reject, Session, advance, html, read, tell } from "idvkit";
import sqlite from "node-sqlite3-wasm";

const TABLES = `
  CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, revision INTEGER, snapshot TEXT, due INTEGER, outcome TEXT);
  CREATE TABLE IF NOT EXISTS reference (reference TEXT PRIMARY KEY, session TEXT);`;

const WAIT = '<!doctype html><meta http-equiv="refresh" content="1">One moment, please.';
const page = (way, id) => `<!doctype html><title>Verify</title>${way}
<script>addEventListener("idvkit:seen", (event) =>
  fetch("/verifications/${id}/seen", { method: "POST", body: JSON.stringify(event.detail) }))</script>`;

/** The application; `act` is called once for each session that has ended. */
export function createApp({ config, request, act, path = "idv.sqlite", clock = Date.now, log = console.error }) {
  const account = new Account(config);
  const database = new sqlite.Database(path);
  database.exec(TABLES);

  // What idvkit needs of a database: load, and compare-and-swap on the revision.
  const row = (id) => ({
    load() {
      const found = database.get("SELECT snapshot FROM session WHERE id = ?", [id]);
      if (!found) throw Object.assign(new Error("there is no such verification"), { status: 404 });
      return Session.restore(account, found.snapshot);
    },
    swap(expected, session) {
      for (const reference of session.references) {
        database.run("INSERT OR REPLACE INTO reference VALUES (?, ?)", [reference, id]);
      }
      const due = session.next(clock()).until ?? 0; // when the worker is to go on
      const sql = "UPDATE session SET revision = ?, snapshot = ?, due = ? WHERE id = ? AND revision = ?";
      return database.run(sql, [session.revision, session.snapshot(), due, id, expected]).changes === 1;
    },
  });

  async function goOn(id) {
    const next = await advance(row(id), fetch, { clock });
    if (next.type === "done") {
      const sql = "UPDATE session SET outcome = ? WHERE id = ? AND outcome IS NULL";
      const first = database.run(sql, [JSON.stringify(next.outcome), id]).changes === 1;
      if (first) act(id, next); // whoever writes the outcome acts on it
    }
    return next;
  }

  /** The session that a redirect or callback is about, told of it; nothing if it is nobody's. */
  async function hear(input) {
    const reference = account.referenceOf(input, clock());
    const found = reference && database.get("SELECT session FROM reference WHERE reference = ?", [reference]);
    if (found) await tell(row(found.session), input, { clock });
    return found?.session;
  }

  const app = express();

  app.post("/verifications", (_, response) => {
    const id = randomBytes(16).toString("base64url");
    const session = Session.open(account, request, randomBytes(32), clock());
    database.run("INSERT INTO session VALUES (?, ?, ?, 0, NULL)", [id, session.revision, session.snapshot()]);
    response.redirect(303, `/verifications/${id}`);
  });

  app.get("/verifications/:id", async ({ params: { id } }, response) => {
    const next = await goOn(id);
    if (next.type === "done") response.send("Thank you.");
    else if (next.type === "wait") response.send(WAIT);
    else response.send(page(next.journey.ways.map(html).find(Boolean) ?? "", id));
  });

  // What the page saw, as text. `read` picks the hint out of it, if there is one for this journey.
  app.post("/verifications/:id/seen", express.text({ type: () => true }), async ({ params: { id }, body }, response) => {
    const next = await goOn(id);
    const hint = next.type === "present" ? read(next.journey, body || "") : null;
    if (hint !== null) await tell(row(id), Input.hint(hint), { clock });
    response.sendStatus(204);
  });

  app.get("/back", async (posted, response) => {
    const id = await hear(Input.redirect(`${posted.protocol}://${posted.host}${posted.originalUrl}`));
    if (id) response.redirect(303, `/verifications/${id}`);
    else response.sendStatus(404);
  });

  // The raw body: what a framework has parsed cannot be checked any more. A webhook of biometric.kz may have 32 MiB.
  app.post("/callbacks/{*rest}", express.raw({ type: () => true, limit: "32mb" }), async (posted, response) => {
    const body = posted.body ?? Buffer.alloc(0);
    await hear(Input.callback({ url: posted.originalUrl, headers: posted.headers, body }));
    response.sendStatus(200);
  });

  app.use((error, _request, response, _next) => {
    const refused = error instanceof Reject ? { signature: 401, snapshot: 500 }[error.blame] ?? 400 : error.status;
    response.status(refused ?? 500).send(error instanceof Reject ? error.code : "");
  });

  // One failure must not end the worker: what is due stays due, and is tried again in the next round.
  let working = false;
  const worker = setInterval(async () => {
    if (working) return;
    working = true;
    try {
      const due = database.all("SELECT id FROM session WHERE outcome IS NULL AND due <= ?", [clock()]);
      await Promise.all(due.map(({ id }) => goOn(id).catch((error) => log(id, error))));
    } catch (error) {
      log("sessions that are due", error);
    } finally {
      working = false;
    }
  }, 100);
  return { app, close: () => clearInterval(worker) };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [config, request] = [process.env.IDV_CONFIG, process.env.IDV_REQUEST].map((text) => JSON.parse(text));
  createApp({ config, request, act: (id, done) => console.log(id, done.outcome) }).app.listen(3000);
}
