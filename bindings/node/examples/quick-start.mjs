// The quick starts of the READMEs. Runs against the sandbox: `node quick-start.mjs`, with `npm install idvkit-sandbox`.

// [quick start]
import { Account, Client, Input, MemoryStore } from "idvkit";

/** Takes one user through Jumio Authentication for Web. */
export async function verify(apiBase, clock, sleepUntil) {
  // Once, at start-up. Without `options` this is the real Jumio.
  const account = new Account({
    provider: "jumio",
    region: "us",
    api_token: "sandbox-jumio-token",
    api_secret: "sandbox-jumio-secret",
    user_agent: "YourCompany YourApp/v1.0",
    callback: { url: "https://yourcompany.example/jumio" },
    options: { development: true, api_base: apiBase },
  });

  const client = new Client(account, new MemoryStore(), { clock }); // the store is yours: a table of rows

  // For each user: begin, under a name of your own, and go as far as it goes without the user.
  const request = {
    flow: "jumio_authentication",
    enrollment_transaction_reference: "22222222-2222-4222-8222-222222222222",
    success_url: "http://localhost:3000/back",
    locale: "de",
  };
  const id = await client.begin(request, "order-4711");
  const first = await client.advance(id);
  if (first.type !== "present") throw new Error("it could not begin");

  // The user's browser goes through it and comes back to your `success_url`. That is a hint, and no more.
  const url = await userTakesASelfie(first.journey);
  await client.hear(Input.redirect(url));

  // A worker of yours goes on when `until` comes. Only what it fetches decides.
  for (;;) {
    const next = await client.advance(id);
    if (next.type === "done") return next.outcome;
    await sleepUntil(next.until);
  }
}
// [/quick start]

// [in the sandbox]
import { fileURLToPath } from "node:url";

import { startSandbox } from "idvkit-sandbox";

/** What a user does in the sandbox's page: press the button, and be sent back. */
async function userTakesASelfie(journey) {
  const link = journey.ways.find((way) => way.type === "redirect").url;
  await fetch(link);
  const authorizationToken = new URL(link).searchParams.get("authorizationToken");
  const body = new URLSearchParams({ authorizationToken, action: "acceptable" });
  const answer = await fetch(link, { method: "POST", body, redirect: "manual" });
  return answer.headers.get("location");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sandbox = await startSandbox();
  console.log(await verify(`${sandbox.url}/jumio/us`, sandbox.clock, (until) => sandbox.advance(until - sandbox.clock())));
  await sandbox.stop();
}
// [/in the sandbox]
