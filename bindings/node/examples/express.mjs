// A web shop that verifies its users, with any of the four providers: Express, SQLite, and idvkit's hosting kit.
//
// Which provider it is stands in two JSON texts, and nowhere in the code:
//   IDV_CONFIG='{"provider": "jumio", ...}' IDV_REQUEST='{"flow": "jumio_authentication", ...}' node express.mjs

// [host it]
import { randomUUID } from "node:crypto";
import express from "express";
import { Account } from "idvkit";
import { Verifications, openStore } from "idvkit/host";

const idv = new Verifications({
  accounts: new Account(JSON.parse(process.env.IDV_CONFIG)),
  store: await openStore(process.env.DATABASE_URL ?? "sqlite:idv.sqlite"),
  onOutcome: ({ key, outcome, delivery }) => console.log(key, outcome, delivery.id), // act once for each delivery.id
});

const app = express();
const user = (request) => request.session?.user ?? "user-7"; // whoever is signed in
app.use("/idv", idv.middleware(user));
app.post("/verifications", async (request, response) => {
  const about = { key: `order-${randomUUID()}`, subject: user(request) };
  const id = await idv.begin(JSON.parse(process.env.IDV_REQUEST), about);
  response.redirect(303, `/idv/verifications/${id}/page`);
});
app.listen(process.env.PORT ?? 3000);
await idv.work();
// [/host it]
