// The hosting kit: its routes through both of its handlers, held against the OpenAPI document; what it delivers, tells and erases.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import express from "express";
import { Account, read } from "idvkit";
import { Verifications, openStore } from "idvkit/host";
import { sandboxAccounts, startKit } from "idvkit/host/testing";
import { startSandbox } from "idvkit-sandbox";

import { checker } from "./openapi.mjs";
import * as support from "./support.mjs";
import { User, eventually, throughAttestr, throughBiometricKz, throughJumio, throughSignicat, way } from "./users.mjs";

const ONE = { attestr: support.ATTESTR_REQUEST, biometric_kz: support.BIOMETRIC_KZ_REQUEST, jumio: support.JUMIO_REQUEST, signicat: support.SIGNICAT_REQUEST };
const USERS = { attestr: throughAttestr, biometric_kz: throughBiometricKz, jumio: throughJumio, signicat: throughSignicat };
const KEY = "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001";
const PNG = Buffer.from("89504e470d0a1a0a0000000d494844520000000a0000000a0802000000", "hex");

test("every provider, from begin to outcome, over HTTP", async (context) => {
  const kit = await startKit();
  context.after(() => kit.stop());
  for (const [provider, request] of Object.entries(ONE)) {
    await context.test(provider, async () => {
      const id = await kit.verifications.begin(request, { key: provider, subject: "user-1" });
      assert.equal(await kit.verifications.begin(request, { key: provider, subject: "user-1" }), id);
      await USERS[provider](new User(kit, id));
      const { key, outcome, delivery, verification } = await kit.ended(id);
      assert.deepEqual([key, outcome.type, delivery.failures, delivery.replaces], [provider, "decided", 0, null]);
      assert.match(outcome.decision, provider === "attestr" ? /completed/ : /approved/);
      assert(verification.evidence().raw.length > 0);
      assert.deepEqual(await (await new User(kit, id).ask(`/verifications/${id}`)).json(), { id, state: "done", outcome });
      const kinds = (await kit.verifications.timeline(id)).map((event) => event.kind);
      assert.deepEqual(kinds.filter((kind) => kind !== "exchange" && kind !== "told"), ["begun", "outcome", "delivered"]);
    });
  }
  assert.equal(kit.outcomes.length, 4, "each acts once");
  const calls = await kit.sandbox.control("deliveries");
  assert(calls.length > 0 && calls.every((one) => one.status === 200), JSON.stringify(calls));
  assert.deepEqual((await kit.verifications.list({ state: "ended" })).map((one) => one.outcome).sort(), ["approved", "approved", "approved", "completed"]);
});

/** The same kit behind the Fetch API's handler, and behind Express. */
async function doors(kit) {
  const who = { name: "user-1" };
  const subject = () => who.name;
  const handler = kit.verifications.routes((_request, more) => more?.name ?? subject());
  const app = express();
  app.use("/idv", kit.verifications.middleware((request) => request.get("x-user") ?? subject()));
  app.use((error, _request, response, _next) => response.status(500).send(error.message));
  const server = createServer(app).listen(0, "localhost");
  await once(server, "listening");
  const url = `http://localhost:${server.address().port}`;
  return {
    who,
    stop: () => (server.closeAllConnections(), server.close()),
    doors: {
      fetch: (path, init = {}) => handler(new Request(`http://localhost:3000/idv${path}`, { ...init, duplex: "half" })),
      express: (path, init = {}) => fetch(`${url}/idv${path}`, { redirect: "manual", ...init }),
    },
  };
}

/** The last segment of the URL to which biometric.kz calls. */
const SECRET = "0123456789abcdef0123456789abcdef";

test("each route answers as the OpenAPI document says, through both handlers", async (context) => {
  const kit = await startKit({
    accounts(at) {
      const options = { development: true, api_base: `${at.sandbox}/biometric_kz/kyc`, front_base: `${at.sandbox}/biometric_kz/remote` };
      const own = new Account({ provider: "biometric_kz", api_key: KEY, webhook_secrets: [SECRET], options });
      return { ...sandboxAccounts(at), biometric_kz: own };
    },
  });
  context.after(() => kit.stop());
  const { who, doors: both, stop } = await doors(kit);
  const openapi = await (await both.fetch("/openapi.json")).json();
  assert.equal(openapi.openapi, "3.1.0");
  const begin = (request, key) => kit.verifications.begin(request, { key, subject: "user-1" });
  for (const [door, knock] of Object.entries(both)) {
    await context.test(door, async () => {
      const { seen, check } = checker(openapi);
      const ask = async (method, path, init = {}) => {
        const answer = await knock(path, { method, ...init });
        await check(method, path, answer, !path.endsWith("/events"));
        assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
        assert.equal(answer.headers.get("cache-control"), /^\/element\/.*s/.test(path) && answer.ok ? "max-age=3600" : "no-store");
        return answer;
      };
      const id = await begin(support.JUMIO_REQUEST, `${door} jumio`);
      const at = `/verifications/${id}`;
      const user = new User(kit, id, (path, init) => ask(init?.method ?? "GET", path, init));
      const journey = await user.journey();

      who.name = "user-2";
      for (const path of ["", "/events", "/page"]) assert.equal((await ask("GET", at + path)).status, 403);
      for (const path of ["/hint", "/images", "/retry"]) assert.equal((await ask("POST", at + path, { body: "x" })).status, 403);
      who.name = null;
      for (const path of ["", "/events", "/page"]) assert.equal((await ask("GET", at + path)).status, 401);
      for (const path of ["/hint", "/images", "/retry"]) assert.equal((await ask("POST", at + path, { body: "x" })).status, 401);
      who.name = "user-1";
      const nobody = `/verifications/${"0".repeat(32)}`;
      for (const path of ["", "/events", "/page"]) assert.equal((await ask("GET", nobody + path)).status, 404);
      for (const path of ["/hint", "/images", "/retry"]) assert.equal((await ask("POST", nobody + path, { body: "x" })).status, 404);
      assert.equal((await ask("GET", "/elsewhere")).status, 404);
      const wrong = await ask("POST", at, { body: "x" });
      assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "GET"]);

      const malformed = await (await ask("POST", `${at}/hint`, { body: "x" })).json();
      assert.deepEqual([malformed.status, malformed.title, malformed.code], [400, "Bad Request", "hint_malformed"]);
      assert.equal((await ask("POST", `${at}/hint`, { body: "x".repeat(4097) })).status, 413);
      assert.equal((await ask("POST", `${at}/images`, { body: "x" })).status, 400);
      const form = new FormData();
      form.append("front", new Blob([PNG]), "front");
      assert.equal((await (await ask("POST", `${at}/images`, { body: form })).json()).code, "images_unexpected");
      const stream = await ask("GET", `${at}/events`);
      const [first] = Buffer.from((await stream.body.getReader().read()).value).toString().split("\n\n");
      assert.equal(JSON.parse(/^event: state\ndata: (.*)$/.exec(first)[1]).state, "journey");

      const page = await ask("GET", `${at}/page`);
      const [html, policy] = [await page.text(), page.headers.get("content-security-policy")];
      const [, nonce] = /'nonce-([\w-]{22})' 'strict-dynamic'/.exec(policy);
      assert.equal(html.split(`nonce="${nonce}"`).length, 4);
      const script = await ask("GET", "/element/idv-journey.js");
      assert.match(await script.text(), /import\("\.\/idv-hosted\.js"\)/);
      assert.equal((await ask("GET", "/element/idv-hosted.js")).status, 200);
      assert.equal((await ask("GET", "/element/locales/de.js")).headers.get("content-type"), "text/javascript; charset=utf-8");
      for (const file of ["../package.json", "toString", "%2e%2e/x", "%ff"]) assert.equal((await ask("GET", `/element/${file}`)).status, 404, file);

      for (const [path, status, code] of [
        ["/callbacks/jumio", 400, "callback_malformed"],
        ["/callbacks/nobody", 404, "account_unknown"],
        ["/callbacks/attestr", 400, "webhook_not_configured"],
        ["/callbacks/biometric_kz/wrong", 401, "callback_secret_wrong"],
      ]) {
        const answer = await ask("POST", path, { body: "x=1", headers: { "content-type": "application/x-www-form-urlencoded" } });
        assert.deepEqual([answer.status, (await answer.json()).code], [status, code], path);
      }
      const headers = { "content-type": "application/json" };
      const flow = (length) => ({ body: `{"event": "flow.end", "session_id": "6f1b24f1-7a7b-4a3c-9d61-2f5d1c0e9a11"${" ".repeat(length)}}`, headers });
      assert.equal((await ask("POST", `/callbacks/biometric_kz/${SECRET}`, flow(3 * 1024 * 1024))).status, 200);
      assert.equal((await ask("GET", "/return?x=1")).status, 400);
      const unknown = "transactionStatus=SUCCESS&transactionReference=11111111-1111-4111-8111-111111111111";
      assert.equal((await ask("GET", `/return?${unknown}`)).status, 404);

      await user.hint(read(journey, { type: "closed" }));
      await throughJumio(user);
      assert.equal((await kit.ended(id)).outcome.decision, "approved");
      const retry = await ask("POST", `${at}/retry`);
      assert.deepEqual([retry.status, (await retry.json()).code], [409, "retry_refused"]);
      assert.equal((await ask("GET", at)).status, 200);
      await kit.sandbox.fault("jumio.initiate", "status", { status: 403 });
      const failing = await begin(support.JUMIO_REQUEST, `${door} failing`);
      const failed = await kit.ended(failing);
      assert.equal(failed.outcome.type, "failed");
      assert.equal((await ask("POST", `/verifications/${failing}/retry`)).status, 204);
      for (const what of ["state 200", "events 200", "page 200", "hint 204", "images 400", "retry 204", "return 303", "callback 200", "element 200"]) {
        assert(seen.has(what), `${what} did not come`);
      }
    });
  }
  stop();
});

test("a body that is too large is refused before it is read whole", async (context) => {
  const kit = await startKit();
  context.after(() => kit.stop());
  const id = await kit.verifications.begin(support.JUMIO_REQUEST, { key: "1", subject: "user-1" });
  const announced = (path, length) =>
    new Promise((resolve, reject) => {
      const asked = httpRequest(`${kit.url}/idv${path}`, { method: "POST", headers: { "content-length": length } }, resolve).on("error", reject);
      asked.write("x"); // and never the rest
    });
  for (const [path, length] of [[`/verifications/${id}/hint`, 4097], [`/verifications/${id}/images`, 2 ** 25 + 1], ["/callbacks/jumio", 2 ** 25 + 1]]) {
    const answer = await announced(path, length);
    assert.deepEqual([answer.statusCode, answer.headers["content-type"]], [413, "application/problem+json"], path);
    answer.destroy();
  }
  // Without a length, it is found while reading.
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1024)) });
  const handler = kit.verifications.routes(() => "user-1");
  const request = new Request(`http://localhost/idv/verifications/${id}/hint`, { method: "POST", body: endless, duplex: "half" });
  assert.equal((await handler(request)).status, 413);
});

test("a page of another origin posts nothing", async (context) => {
  const kit = await startKit({ origins: ["https://shop.example"] });
  context.after(() => kit.stop());
  const id = await kit.verifications.begin(support.JUMIO_REQUEST, { key: "1", subject: "user-1" });
  const handler = kit.verifications.routes(() => "user-1");
  const post = async (headers) => {
    const url = `https://own.example/idv/verifications/${id}/hint`;
    return (await (await handler(new Request(url, { method: "POST", body: "x", headers }))).json()).code;
  };
  for (const own of [{}, { origin: "https://own.example" }, { origin: "https://shop.example" }, { "sec-fetch-site": "same-origin" }]) {
    assert.equal(await post(own), "hint_malformed", JSON.stringify(own));
  }
  assert.equal(await post({ origin: "https://other.example", host: "other.example" }), "hint_malformed", "behind a proxy, the host is the header's");
  for (const foreign of [{ origin: "https://evil.example" }, { origin: "null" }, { origin: "x" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
    assert.equal(await post(foreign), "origin_foreign", JSON.stringify(foreign));
  }
});

test("the server of node:http needs no framework; a body that was parsed is told of; `who` may throw", async (context) => {
  const kit = await startKit();
  context.after(() => kit.stop());
  for (const path of ["/elsewhere", "//other.example/idv/openapi.json"]) assert.equal((await fetch(kit.url + path)).status, 404, path);
  assert.equal((await fetch(`${kit.url}/idv/openapi.json`)).status, 200);
  const app = express();
  app.use(express.json());
  app.use("/idv", kit.verifications.middleware(() => assert.fail("no session store")));
  app.use(kit.verifications.middleware(() => "user-1", { base: "/other/" }));
  app.get("/own", (_, response) => response.send("own"));
  app.use((error, _request, response, _next) => response.status(500).send(error.message));
  const server = createServer(app).listen(0, "localhost");
  await once(server, "listening");
  context.after(() => (server.closeAllConnections(), server.close()));
  const url = `http://localhost:${server.address().port}`;
  const posted = await fetch(`${url}/idv/callbacks/biometric_kz`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
  assert.match(await posted.text(), /the body was read before, by express\.json\(\)/);
  assert.equal(await (await fetch(`${url}/idv/verifications/x`)).text(), "no session store");
  assert.equal((await fetch(`${url}/other/openapi.json`)).status, 200);
  assert.equal(await (await fetch(`${url}/own`)).text(), "own");
  await assert.rejects(kit.verifications.routes(() => assert.fail("no session"))(new Request("http://localhost/idv/verifications/x")), /no session/);
});

test("images reach the provider; each change is an event of the stream, which ends with the verification", async (context) => {
  const kit = await startKit();
  context.after(() => kit.stop());
  const request = { flow: "signicat_document_verification", provider: "signicatpaper" };
  const id = await kit.verifications.begin(request, { key: "1", subject: "user-1" });
  const user = new User(kit, id);
  const stream = await user.ask(`/verifications/${id}/events`);
  const states = [];
  const listening = (async () => {
    let text = "";
    for await (const chunk of stream.body) text += Buffer.from(chunk);
    for (const [, data] of text.matchAll(/^event: state\ndata: (.*)\n\n/gm)) states.push(JSON.parse(data).state);
  })();
  const { images } = way(await user.journey(), "upload");
  const form = new FormData();
  for (const { slot } of images) form.append(slot, new Blob([PNG, new Uint8Array(100_000)]), slot);
  const sent = await user.ask(`/verifications/${id}/images`, { method: "POST", body: form });
  assert.equal(sent.status, 204, await sent.text());
  assert.equal((await kit.ended(id)).outcome.decision, "approved");
  await listening;
  assert.deepEqual([states.at(-1), states.includes("journey")], ["done", true]);
});

test("an outcome is delivered until `onOutcome` returns, under the same id", async (context) => {
  const tried = [];
  const failures = [];
  const kit = await startKit({
    onError: (error, id) => failures.push([error.message, id]),
    onOutcome({ delivery }) {
      tried.push(delivery.id);
      if (tried.length < 3) throw new Error("the shop's database is away");
    },
  });
  context.after(() => kit.stop());
  const id = await kit.verifications.begin(support.JUMIO_REQUEST, { key: "1", subject: "user-1" });
  await throughJumio(new User(kit, id));
  for (let round = 0; tried.length === 0 && round < 100; round += 1) {
    await kit.sandbox.advance(15_000);
    await sleep(60);
  }
  const [waiting] = await eventually(async () => {
    const all = await kit.verifications.undelivered();
    return all.length > 0 && all;
  });
  assert.deepEqual([waiting.id, waiting.outcome], [id, "approved"]);
  const { delivery } = await kit.ended(id);
  assert.deepEqual([tried.length, new Set(tried).size, tried[0]], [3, 1, delivery.id]);
  assert.deepEqual(await kit.verifications.undelivered(), []);
  assert.deepEqual(failures, Array(2).fill(["the shop's database is away", id]));
  const told = (await kit.verifications.timeline(id)).filter((event) => event.kind === "delivered");
  assert.deepEqual(told.map(({ failures, done }) => [failures, done]), [[0, false], [1, false], [2, true]]);
});

test("an outcome that replaces another one is delivered again, and says so", async (context) => {
  const kit = await startKit();
  context.after(() => kit.stop());
  await kit.sandbox.fault("jumio.initiate", "status", { status: 403 });
  const id = await kit.verifications.begin(support.JUMIO_REQUEST, { key: "1", subject: "user-1" });
  const first = await kit.ended(id);
  assert.deepEqual([first.outcome.type, first.delivery.replaces], ["failed", null]);
  await kit.verifications.retry(id);
  await throughJumio(new User(kit, id));
  await eventually(async () => {
    await kit.sandbox.advance(15_000);
    return kit.outcomes.length > 1;
  });
  const [, { outcome, delivery }] = kit.outcomes;
  assert.deepEqual([outcome.decision, delivery.replaces], ["approved", first.delivery.id]);
  assert.notEqual(delivery.id, first.delivery.id);
  const told = (await kit.verifications.timeline(id)).filter((event) => event.kind === "outcome");
  assert.deepEqual(told.map((event) => [event.outcome, event.code, event.replaces]), [
    ["failed", first.outcome.fault.code, undefined],
    ["approved", undefined, first.delivery.id],
  ]);
});

test("what happened is told to the observer and to OpenTelemetry, and holds no secret", async (context) => {
  const [events, spans, figures] = [[], [], []];
  const instrument = (name) => ({ add: (value, attributes) => figures.push([name, value, attributes]), record: (value, attributes) => figures.push([name, value, attributes]) });
  const telemetry = {
    trace: {
      getTracer: () => ({
        startActiveSpan(name, { attributes }, run) {
          const span = { name, attributes: { ...attributes }, setAttribute: (key, value) => (span.attributes[key] = value), end: () => spans.push(span) };
          return run(span);
        },
      }),
    },
    metrics: { getMeter: () => ({ createCounter: instrument, createHistogram: instrument }) },
  };
  const kit = await startKit({ observer: (event) => events.push(event), telemetry });
  context.after(() => kit.stop());
  await kit.sandbox.fault("jumio.initiate", "status", { status: 403 });
  const plan = [{ request: support.JUMIO_REQUEST }, { request: support.SIGNICAT_REQUEST, when: ["failed"] }];
  const id = await kit.verifications.begin(plan, { key: "1", subject: "user-1" });
  const user = new User(kit, id);
  await throughSignicat(user);
  await user.ask(`/verifications/${id}/hint`, { method: "POST", body: "forged" });
  await kit.ended(id);
  await eventually(() => events.some((one) => one.kind === "delivered"));
  const without = ({ at, verification, duration, delivery, ...event }) => (assert(verification === id && at > 0), event);
  const seen = events.map(without);
  assert.deepEqual(seen.slice(0, 2), [
    { kind: "begun", provider: "jumio", account: "jumio" },
    { kind: "exchange", provider: "jumio", operation: "jumio.initiate", status: 403 },
  ]);
  assert(seen.some((one) => one.kind === "told" && one.input === "redirect" && !one.reject));
  assert(seen.some((one) => one.kind === "told" && one.input === "hint" && one.reject === "hint_malformed"));
  assert.deepEqual(seen.filter((one) => one.kind === "outcome"), [{ kind: "outcome", outcome: "approved" }]);
  assert.deepEqual((await kit.verifications.timeline(id)).map(without), seen);
  const exchanges = seen.filter((one) => one.kind === "exchange");
  assert.deepEqual(spans.map((one) => one.name), exchanges.map(() => "idvkit.exchange"));
  assert.deepEqual(spans[0].attributes, { "idvkit.provider": "jumio", "idvkit.operation": "jumio.initiate", "http.response.status_code": 403 });
  const count = (name) => figures.filter((one) => one[0] === name).length;
  assert.deepEqual(
    ["idvkit.exchanges", "idvkit.exchange.duration", "idvkit.outcomes", "idvkit.deliveries"].map(count),
    [exchanges.length, exchanges.length, 1, 1],
  );
  assert(!/sandbox-|secret|http:|token":/.test(JSON.stringify([events, spans, figures])), "something of a secret");
});

test("after the retention, evidence and personal data are erased here and at the provider", async (context) => {
  const days = 24 * 3600 * 1000;
  const kit = await startKit({ retention: 30 * days });
  context.after(() => kit.stop());
  const begin = (key) => kit.verifications.begin(support.JUMIO_REQUEST, { key, subject: "user-1" });
  const id = await begin("1");
  await throughJumio(new User(kit, id));
  await kit.ended(id);
  const erased = async () => (await kit.verifications.list({ key: "1" }))[0].erased;
  await kit.sandbox.advance(29 * days);
  await sleep(300);
  assert.equal(await erased(), null);
  assert((await kit.verifications.verification(id)).evidence() !== null);
  await kit.sandbox.advance(2 * days);
  await eventually(erased);
  const verification = await kit.verifications.verification(id);
  assert.deepEqual([verification.evidence(), verification.outcome], [null, { type: "decided", decision: "approved" }]);
  const timeline = () => kit.verifications.timeline(id);
  assert((await timeline()).some((event) => event.kind === "erased" && event.by === "retention"));
  await eventually(async () => (await timeline()).some((event) => event.kind === "exchange" && event.operation === "jumio.delete"), "nothing was deleted");

  const other = await begin("2");
  await new User(kit, other).journey();
  await kit.verifications.erase(other, { atProvider: false });
  assert.equal((await kit.ended(other)).outcome.type, "abandoned");
  assert((await kit.verifications.timeline(other)).some((event) => event.kind === "erased" && event.by === "host"));
});

test("a store that fails is 503, and its worker goes on; a worker that is stopped returns", async (context) => {
  const sandbox = await startSandbox();
  context.after(() => sandbox.stop());
  const store = await openStore("sqlite::memory:");
  let away = false;
  const fragile = new Proxy(store, {
    get: (target, name) => {
      const member = target[name];
      if (typeof member !== "function") return member;
      return away && name !== "onDue" ? () => Promise.reject(new Error("away")) : member.bind(target);
    },
  });
  const failures = [];
  const accounts = sandboxAccounts({ sandbox: sandbox.url, url: "http://localhost:3000" });
  const verifications = new Verifications({ accounts, store: fragile, clock: sandbox.clock, onError: (error) => failures.push(error) });
  const over = new AbortController();
  context.after(() => over.abort());
  const worker = verifications.work({ signal: over.signal, pause: 20 });
  const id = await verifications.begin(support.JUMIO_REQUEST, { key: "1", subject: "user-1" });
  const handler = verifications.routes(() => "user-1");
  const ask = () => handler(new Request(`http://localhost:3000/idv/verifications/${id}`));
  away = true;
  const answer = await ask();
  assert.deepEqual([answer.status, answer.headers.get("retry-after"), (await answer.json()).code], [503, "1", undefined]);
  await sleep(100);
  assert(failures.length > 1);
  away = false;
  await sandbox.advance(61_000); // what was under way is taken again after a minute
  await eventually(async () => (await verifications.verification(id)).references.length > 0);
  over.abort();
  await worker;
  await store.close();
});
