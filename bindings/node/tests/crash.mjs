// A process with the kit that dies when the outcome is stored and its act is about to begin; or, started again, does not.
// It writes what it did, one line each.

import { appendFileSync } from "node:fs";

import { Verifications, openStore } from "idvkit/host";
import { sandboxAccounts } from "idvkit/host/testing";

import * as support from "./support.mjs";
import { eventually, throughJumio } from "./users.mjs";

const [, , sandbox, database, lines, dies] = process.argv;
const ours = "http://localhost:3000";
const over = new AbortController();
/** Started again later than a lease and a delivery's claim last. */
let ahead = dies ? 0 : 900_000;
const store = await openStore(database);
const verifications = new Verifications({
  accounts: sandboxAccounts({ sandbox, url: ours }).jumio,
  store,
  clock: () => Date.now() + ahead,
  onOutcome({ delivery, outcome }) {
    appendFileSync(lines, `delivery ${delivery.id} ${outcome.decision}\n`);
    if (dies) process.kill(process.pid, "SIGKILL");
    appendFileSync(lines, "acted\n");
    over.abort();
  },
});
const id = await verifications.begin(support.JUMIO_REQUEST, { key: "1", subject: "user-1" });
const handler = verifications.routes(() => "user-1");
const worker = verifications.work({ signal: over.signal, pause: 50 });
if (dies) {
  await throughJumio({
    ours,
    journey: () => eventually(async () => (await verifications.state(id)).journey),
    back: (url) => handler(new Request(url)),
  });
  ahead = 600_000; // no callback comes here: it is looked after some minutes
}
await worker;
await store.close();
