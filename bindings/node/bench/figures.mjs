// Figures of the Node.js binding, beside the same job with the standard library in the same run. After `cargo xtask node`:
//   cd target/node/project && IDVKIT_VECTORS=../../../crates/vectors/data node bench/figures.mjs

import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Account, Input, Session } from "idvkit";

const VECTORS = process.env.IDVKIT_VECTORS;
const T0 = 1_767_225_600_000;
const record = JSON.parse(readFileSync(join(VECTORS, "transcripts/jumio-approved.json"), "utf8"));

/** The best of several rounds, in microseconds per call: what the machine did besides is in the others. */
function time(call, calls = 5_000) {
  let best = Infinity;
  for (let round = 0; round < 7; round += 1) {
    const start = process.hrtime.bigint();
    for (let n = 0; n < calls; n += 1) call();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls / 1000);
  }
  return best;
}

const rows = [];
const row = (what, ours, theirs) => rows.push({ what, "idvkit µs": ours.toFixed(2), "standard µs": theirs?.toFixed(2) ?? "" });

/** The answer with a signed result is handled: sliced, checked twice and judged; and the bare minimum by hand. */
function verify() {
  const signed = JSON.parse(readFileSync(join(VECTORS, "transcripts/attestr-completed.json"), "utf8"));
  const account = new Account(signed.config);
  const index = signed.steps.length - 1;
  const { input: wire, at } = signed.steps[index];
  const before = signed.steps[index - 1].snapshot;
  const body = bytes(wire.body);
  const input = Input.httpResponse({ ...wire, body });
  const ours = () => {
    const session = Session.restore(account, before);
    session.handle(input, at);
    return session;
  };
  const secret = signed.config.client_secrets[0];
  const theirs = () => {
    const answer = JSON.parse(body.toString());
    const mac = createHmac("sha256", secret).update(JSON.stringify(answer.result)).digest();
    const tag = Buffer.from(answer.resultSignature, "hex");
    return [JSON.parse(before), tag.length === mac.length && timingSafeEqual(mac, tag)];
  };
  if (ours().next(at).type !== "done") throw new Error("it does not end here");
  if (!theirs()[1]) throw new Error("by hand it does not verify");
  row(`restore and handle a signed answer of ${body.length} bytes`, time(ours), time(theirs));
}

function calls() {
  const account = new Account(record.config);
  const seed = Buffer.from(record.seed, "hex");
  const [{ at }] = record.steps;
  const session = Session.open(account, record.request, seed, at);
  row("open", time(() => Session.open(account, record.request, seed, at)));
  row("next, a request", time(() => session.next(at)));
  const waiting = Session.restore(account, record.steps.at(-1).snapshot);
  row("next, done", time(() => waiting.next(T0)));
  row("snapshot", time(() => session.snapshot()));
  const { snapshot } = record.steps.at(-1);
  row("restore", time(() => Session.restore(account, snapshot)), time(() => JSON.parse(snapshot)));
  row("a whole flow, its answers at hand", time(() => flow(account, seed), 500));
}

function callback() {
  const account = new Account(record.config);
  const body = Buffer.from(`callBackType=NETVERIFYID&jumioIdScanReference=${"a".repeat(4096)}`);
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const input = Input.callback({ url: "/cb", headers, body });
  const session = Session.restore(account, record.steps[1].snapshot);
  const refused = (call) => () => {
    try {
      call();
    } catch {
      return true;
    }
    return false;
  };
  row("handle, a callback of 4 KiB", time(refused(() => session.handle(input, T0))), time(() => new URLSearchParams(body.toString())));
}

function flow(account, seed) {
  const session = Session.open(account, record.request, seed, record.steps[0].at);
  for (const [index, step] of record.steps.entries()) {
    if (inputs[index]) {
      try {
        session.handle(inputs[index], step.at);
      } catch {
        // Some steps of the record are refused.
      }
    }
    session.next(step.at);
  }
  if (session.next(record.steps.at(-1).at).type !== "done") throw new Error("it did not end");
}

const bytes = (wire) => ("text" in wire ? Buffer.from(wire.text) : Buffer.from(wire.base64, "base64"));
const inputs = record.steps.map(({ input }) => {
  if (!input) return null;
  if (input.type === "http_response") return Input.httpResponse({ ...input, body: bytes(input.body) });
  if (input.type === "callback") return Input.callback({ ...input, body: bytes(input.body) });
  if (input.type === "hint") return Input.hint(input.text);
  if (input.type === "redirect") return Input.redirect(input.url);
  if (input.type === "sending") return Input.sending(input.id);
  throw new Error(input.type);
});

verify();
calls();
callback();
console.table(rows);
