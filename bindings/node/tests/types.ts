// The types, checked by `tsc --strict`; this file is never run.

import { createSecretKey } from "node:crypto";
import { type IncomingMessage, createServer } from "node:http";

import * as telemetry from "@opentelemetry/api";
import {
  Account,
  Accounts,
  type Ask,
  Client,
  type Config,
  Driver,
  type Evidence,
  type HttpRequest,
  Input,
  type Journey,
  MemoryStore,
  type Next,
  type Outcome,
  Reject,
  type RejectCode,
  type Request,
  type Row,
  Session,
  type Store,
  Told,
  Verification,
  type Way,
  catalog,
  diagnose,
  read,
  verify,
} from "idvkit";
import { result } from "idvkit/attestr";
import { type BiometricKzPlan, plan } from "idvkit/biometric-kz";
import { type HostStore, Verifications, openStore } from "idvkit/host";
import { type TestKit, startKit } from "idvkit/host/testing";
import { imageRequest, url } from "idvkit/jumio";
import { type SignicatProblem, downloadRequest, problem, tokenRequest } from "idvkit/signicat";
import { type Sandbox, startSandbox } from "idvkit-sandbox";
import { Pool } from "pg";

/** Fails to compile unless both are the same type. */
function same<A, B>(..._: (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? [] : [never]): void {}

declare const next: Next;
switch (next.type) {
  case "send":
    same<typeof next.request, HttpRequest>();
    same<typeof next.request.body, Uint8Array | null>();
    break;
  case "present":
    same<typeof next.journey, Journey>();
    break;
  case "wait":
    if (next.why.type === "backoff") same<typeof next.why.fault.retryable, boolean>();
    // @ts-expect-error: only a back-off and a pause have one
    next.why.fault;
    break;
  case "done":
    same<typeof next.outcome, Outcome>();
    break;
  default:
    // Every variant was met.
    same<typeof next, never>();
}

declare const outcome: Outcome;
if (outcome.type === "decided" && outcome.decision === "approved") same<typeof outcome.decision, "approved">();
// @ts-expect-error: there is no such word
if (outcome.type === "accepted") throw outcome;

declare const way: Way;
if (way.type === "frame") same<typeof way.allow, string>();
if (way.type === "upload") same<typeof way.max_bytes, number>();

declare const account: Account;
const request: Request = { flow: "jumio_authentication", enrollment_transaction_reference: "x", locale: "de" };
new Account({ provider: "jumio", region: "us", api_token: "t", api_secret: "s", user_agent: "A B/1", callback: { url: "u" } });
new Account({ provider: "signicat", client_id: "c", client_secret: "s", profile: "legacy" });
new Account(JSON.parse("{}") as Config);
// @ts-expect-error: there is no such region
new Account({ provider: "jumio", region: "moon", api_token: "t", api_secret: "s", user_agent: "A B/1" });
// @ts-expect-error: a member is missing
new Account({ provider: "jumio", region: "us", api_token: "t", api_secret: "s" });
// @ts-expect-error: there is no such member
new Account({ provider: "signicat", client_id: "c", client_secret: "s", secrt: "s" });
// @ts-expect-error: a required member is missing
Session.open(account, { flow: "jumio_authentication" }, new Uint8Array(32), 0);
// @ts-expect-error: there is no such word
Session.open(account, { flow: "signicat_capture_flow", need: "some" }, new Uint8Array(32), 0);
const session = Session.open(account, request, new Uint8Array(32), Date.now());
same<typeof session, Session>();
same<ReturnType<typeof session.evidence>, Evidence | null>();
// @ts-expect-error: no such flow
Session.open(account, { flow: "jumio" }, new Uint8Array(32), 0);
// @ts-expect-error: no such provider
new Account({ provider: "other" });
// @ts-expect-error: a session comes from `open` or `restore`
new Session({});
// @ts-expect-error: an input comes from a function of `Input`
session.handle({ type: "retry" }, 0);
// @ts-expect-error: nor from its constructor
new Input({ kind: "retry" });
// @ts-expect-error: text is no body
Input.callback({ url: "/", headers: {}, body: "text" });
// @ts-expect-error: nor is what a framework has parsed
Input.httpResponse({ id: "1", status: 200, headers: [], body: {} });
// @ts-expect-error: a time is a number
session.next(new Date());
Input.callback({ url: "/", headers: { a: ["b"], c: undefined, d: null }, body: Buffer.from("x") });
Input.callback({ url: "/", headers: [["a", ["b"]], ["c", null]], body: Buffer.from("x") });
Input.callback({ url: "/", headers: new Headers(), body: new Uint8Array() });
// @ts-expect-error: it is read-only
if (next.type === "send") next.request.url = "";

try {
  session.handle(Input.hint("x"), Date.now());
} catch (error) {
  if (error instanceof Reject) {
    same<typeof error.blame, "caller" | "provider" | "signature" | "snapshot">();
    same<typeof error.field, string | null>();
    same<typeof error.code, RejectCode>();
    // @ts-expect-error: there is no such code
    if (error.code === "stail") throw error;
  }
}

declare const ask: Ask;
switch (ask.type) {
  case "load":
    if (ask.by.type === "key") same<typeof ask.by.key, string>();
    break;
  case "store":
    same<typeof ask.row, Row>();
    same<typeof ask.row.snapshot, string>();
    // @ts-expect-error: a copy has only what may be logged
    ({ ...ask.row }).snapshot;
    break;
  case "exchange":
    same<typeof ask.request, HttpRequest>();
    break;
  case "deliver":
    same<typeof ask.outcome, Outcome>();
    break;
  case "rest":
    same<typeof ask.next, Next>();
    break;
  case "heard":
    same<typeof ask.id, string | null>();
    break;
  default:
    same<typeof ask, never>();
}

const store: Store = new MemoryStore();
const client = new Client(account, store, { clock: () => 0, log: (operation, result) => void [operation.length, result] });
same<ReturnType<typeof client.advance>, Promise<Next>>();
same<ReturnType<typeof client.hear>, Promise<string | null>>();
void client.begin(request, "order-1");
void client.begin([{ request }, { request, account: "b", when: ["failed", "expired", "inconclusive"] }], "order-2");
// @ts-expect-error: there is no such word
void client.begin([{ request }, { request, when: ["declined"] }], "order-3");
void client.tell("id", Input.redirect("/back"), { signal: AbortSignal.timeout(1) });
void client.hear(Input.redirect("/back"), { account: "a", signal: undefined });
new Client({ a: account }, store, { onOutcome: async ({ verification, outcome }) => void [verification.evidence(), outcome.type] });
same<ReturnType<typeof imageRequest>, HttpRequest>();
void client.exchange(tokenRequest(account)).then((token) => token && client.exchange(downloadRequest(account, "d", "p", token)));
const driver = Driver.begin(new Accounts({ a: account }), { plan: request, key: "k", seed: new Uint8Array(32), deliver: true }, 0);
driver.told(Told.exchanged({ status: 200, headers: { a: ["b"] }, body: new Uint8Array() }), 0);
same<ReturnType<typeof driver.verification>, Verification | null>();
// @ts-expect-error: what came of it is made by a function of `Told`
driver.told({ type: "stored", stored: true }, 0);
// @ts-expect-error: a driver comes from one of its functions
new Driver({});
type FetchRequest = InstanceType<typeof globalThis.Request>;
declare const who: (request: IncomingMessage) => string | null;
const kit = new Verifications({
  accounts: { a: account },
  store: {} as HostStore,
  onOutcome: async ({ outcome, delivery, verification }) => void [outcome.type, delivery.replaces, verification.evidence()],
  observer: (event) => (event.kind === "exchange" ? event.status?.toFixed() : event.kind === "told" ? event.reject : event.at),
  telemetry,
});
same<ReturnType<typeof kit.begin>, Promise<string>>();
void kit.begin(request, { key: "order-1", subject: "user-1" });
// @ts-expect-error: whose it is has to be said
void kit.begin(request, { key: "order-1" });
void kit.state("id").then((state) => (state.state === "journey" ? state.journey.id : state.state === "done" ? state.outcome.type : state.until));
void kit.work({ signal: AbortSignal.timeout(1) });
createServer(kit.middleware(who));
same<Awaited<ReturnType<ReturnType<typeof kit.routes>>>, Response>();
void kit.routes(async (request: FetchRequest, context: { user: string }) => context.user ?? request.headers.get("x"))(new globalThis.Request("http://x"), { user: "u" });
void openStore(new Pool(), { keys: [{ id: "k", key: new Uint8Array(32) }] });
same<Awaited<ReturnType<typeof startKit>>, TestKit>();

same<ReturnType<typeof read>, string | null>();
for (const error of catalog("jumio").errors) same<typeof error.code, string>();
if (diagnose(account, Buffer.from("x"), "00").verdict === "explained") void 0;
same<Awaited<ReturnType<typeof startSandbox>>, Sandbox>();
same<ReturnType<typeof plan>, BiometricKzPlan>();
same<ReturnType<typeof problem>, SignicatProblem | null>();
const fit = url("https://shop.example/cb", { purpose: "callback" });
same<typeof fit.limit, number>();
// @ts-expect-error: there is no such purpose
url("https://shop.example/cb", { purpose: "webhook" });
verify(new Uint8Array(1), "t", ["text", new Uint8Array(1), createSecretKey(new Uint8Array(1))] as const, { key: "text" });
// @ts-expect-error: a secret is no number
verify(new Uint8Array(1), "t", [7]);
// @ts-expect-error: a body is bytes
result("{}", { secrets: ["s"] });
// @ts-expect-error: metadata has no such member
plan({ edocument: { skip: true } });
