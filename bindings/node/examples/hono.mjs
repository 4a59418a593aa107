// The same shop over the Fetch API, with Hono. Bun and Deno serve this file as it stands (`bun hono.mjs`, `deno serve -A hono.mjs`), on
// Node.js `@hono/node-server` does; a route of Next.js exports `routes` itself.

// [over the Fetch API]
import { randomUUID } from "node:crypto";
import { Hono } from "hono";
import { Account } from "idvkit";
import { Verifications, openStore } from "idvkit/host";

const idv = new Verifications({
  accounts: new Account(JSON.parse(process.env.IDV_CONFIG)),
  store: await openStore(process.env.DATABASE_URL ?? "sqlite:idv.sqlite"),
  onOutcome: ({ key, outcome, delivery }) => console.log(key, outcome, delivery.id), // act once for each delivery.id
});
void idv.work();

const app = new Hono();
const user = (request) => request.headers.get("x-user") ?? "user-7"; // whoever is signed in
const routes = idv.routes(user);
app.all("/idv/*", (context) => routes(context.req.raw));
app.post("/verifications", async (context) => {
  const about = { key: `order-${randomUUID()}`, subject: user(context.req.raw) };
  const id = await idv.begin(JSON.parse(process.env.IDV_REQUEST), about);
  return context.redirect(`/idv/verifications/${id}/page`, 303);
});
export default app;
// [/over the Fetch API]
