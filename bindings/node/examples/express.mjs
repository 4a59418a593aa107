// A web shop that verifies its users, with any of the four providers: Express, SQLite, and idvkit.
//
// Which provider it is stands in two JSON texts, and nowhere in the code:
//   IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' node express.mjs

import { randomBytes } from "node:crypto";
import { fileURLToPath, pathToFileURL } from "node:url";

import express from "express";
import { Account, Input, Reject, Session, advance, tell } from "idvkit";
import multer from "multer";
import sqlite from "node-sqlite3-wasm";

const TABLES = `
  CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, revision INTEGER, snapshot TEXT, due INTEGER, outcome TEXT);
  CREATE TABLE IF NOT EXISTS reference (reference TEXT PRIMARY KEY, session TEXT);`;

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
  app.use("/idv", express.static(fileURLToPath(new URL(".", import.meta.resolve("idvkit-web"))))); // the element

  app.post("/verifications", (_, response) => {
    const id = randomBytes(16).toString("base64url");
    const session = Session.open(account, request, randomBytes(32), clock());
    database.run("INSERT INTO session VALUES (?, ?, ?, 0, NULL)", [id, session.revision, session.snapshot()]);
    response.redirect(303, `/verifications/${id}`);
  });

  app.get("/verifications/:id", (_, response) => response.send(PAGE));

  app.get("/verifications/:id/next", async ({ params: { id } }, response) => {
    const { type, journey } = await goOn(id);
    response.json({ journey, done: type === "done" });
  });

  // What the page saw, as the element tells it.
  app.post("/verifications/:id/hint", express.text({ type: () => true }), async ({ params: { id }, body }, response) => {
    await tell(row(id), Input.hint(body || ""), { clock });
    response.sendStatus(204);
  });

  // What the user chose, where a journey asks for images.
  app.post("/verifications/:id/images", multer().any(), async ({ params: { id }, files = [] }, response) => {
    const images = files.map(({ fieldname, buffer }) => ({ slot: fieldname, bytes: buffer }));
    await tell(row(id), Input.images(images), { clock });
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
  createApp({ config, request, act: (id, done) => console.log(id, done.outcome) }).app.listen(process.env.PORT ?? 3000);
}
