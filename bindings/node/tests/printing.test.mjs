// Nothing leaks by accident: what printing, JSON and copies show of what holds credentials, links or personal data.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { format, inspect } from "node:util";
import v8 from "node:v8";

import { Account, Accounts, Driver, Input, Session, Told } from "idvkit";

import * as support from "./support.mjs";
import { SEED, T0, VECTORS } from "./support.mjs";
import { codeOf, toInput } from "./vectors/common.mjs";

const TRANSCRIPTS = readdirSync(join(VECTORS, "transcripts")).map((file) => file.replace(".json", ""));

/** A value as it is printed: alone, within others, by a logger, in a message. */
const printed = (value) => [
  inspect(value, { depth: 20, showHidden: true }),
  inspect({ logged: [value] }, { depth: 20, compact: false }),
  format("%o %O %s", value, value, value),
  `${value}`,
];
/** Its copies, and its JSON. */
const copied = (value) => [
  JSON.stringify(value),
  ...[structuredClone(value), v8.deserialize(v8.serialize(value)), { ...value }, Object.assign({}, value)].flatMap(printed),
];

/** Every text in a value, however it is reached. */
function texts(value, name = "") {
  if (typeof value === "string") return [{ name, value }];
  if (ArrayBuffer.isView(value)) return [{ name, value: Buffer.from(value).toString() }];
  if (typeof value !== "object" || value === null) return [];
  return members(value).flatMap((member) => texts(value[member], member));
}

/** The names of its members, those that are no properties of its own included. */
function members(value) {
  const prototype = Object.getPrototypeOf(value);
  const hidden = [Object.prototype, Array.prototype].includes(prototype) ? [] : Object.getOwnPropertyNames(prototype);
  return [...Object.keys(value), ...hidden.filter((name) => name !== "constructor")];
}

/** Texts that tell something: words of the protocol stand in the shown members, too. */
const telling = (found) => found.map(({ value }) => value).filter((text) => text.length > 7 && /\d|[A-Z]|:\/\//.test(text));

function hides(shown, secrets, place) {
  for (const text of shown) for (const secret of secrets) assert(!text.includes(secret), `${place}: ${secret} in ${text}`);
}

/** What is found on the way through a transcript. */
function* met(name) {
  const record = support.vector(`transcripts/${name}`);
  const account = new Account(record.config);
  const images = record.steps.flatMap(({ input }) => (input?.images ?? []).map(({ bytes }) => support.bodyOf(bytes)));
  let session;
  for (const step of record.steps) {
    session ??= Session.open(account, record.request, Buffer.from(record.seed, "hex"), step.at);
    for (const image of images) session.supply(image);
    if (step.input) codeOf(() => session.handle(toInput(step.input), step.at));
    yield { next: session.next(step.at), evidence: session.evidence() };
  }
}

test("requests, journeys, persons and evidence are printed without what they hold", () => {
  const seen = { send: 0, present: 0, evidence: 0 }; // how many secrets
  for (const name of TRANSCRIPTS) {
    for (const { next, evidence } of met(name)) {
      if (next.type === "send") {
        const { url, headers, body } = next.request;
        const secrets = telling([...texts([url, body]), ...headers.flatMap(({ value }) => texts(value))]);
        seen.send += secrets.length;
        hides([...printed(next), ...printed(next.request), ...copied(next), ...copied(next.request), ...copied(headers)], secrets, name);
      }
      // The JSON of a journey is what a page gets, link and all.
      if (next.type === "present") {
        const secrets = telling(texts(next.journey.ways));
        seen.present += secrets.length;
        hides([...printed(next), ...printed(next.journey), ...next.journey.ways.flatMap(printed)], secrets, name);
      }
      if (evidence) {
        const secrets = telling(texts([evidence.raw, evidence.person, evidence.parts, evidence.sealed]));
        seen.evidence += secrets.length;
        hides([...printed(evidence), ...copied(evidence), ...copied({ evidence })], secrets, name);
        if (evidence.person) hides([...printed(evidence.person), ...copied(evidence.person)], telling(texts(evidence.person)), name);
      }
    }
  }
  assert(Object.values(seen).every((count) => count > 9), JSON.stringify(seen));
});

test("what may be printed is", () => {
  const account = support.jumio("http://127.0.0.1:1");
  const session = Session.open(account, support.JUMIO_REQUEST, SEED, T0);
  assert.match(inspect(session.next(T0)), /operation: 'jumio.initiate'/);
  const [{ evidence }] = [...met("attestr-completed")].reverse();
  assert.match(inspect(evidence), /^Evidence {\n {2}basis: .*\n {2}},\n {2}\.\.\n}$/s);
  const people = TRANSCRIPTS.flatMap((name) => [...met(name)].flatMap((step) => step.evidence?.person ?? []));
  assert.equal(inspect(people[0]), "Person { .. }");
  const [{ next }] = [...met("jumio-approved")].filter(({ next }) => next.type === "present");
  assert.match(inspect(next), /Way { type: 'frame', \.\. }/);
});

test("accounts, sessions, inputs and rows are printed without what they hold", () => {
  const planted = "planted-secret-";
  const own = support.jumio("http://127.0.0.1:1", { api_token: `${planted}token`, api_secret: `${planted}secret` });
  const session = Session.open(own, { ...support.JUMIO_REQUEST, user_reference: `${planted}user` }, SEED, T0);
  const input = Input.callback({ url: `/${planted}cb`, headers: { a: planted }, body: Buffer.from(planted) });
  const accounts = new Accounts(own);
  const driver = Driver.begin(accounts, { plan: support.JUMIO_REQUEST, key: `${planted}key`, seed: SEED }, T0);
  driver.told(Told.loaded(null), T0);
  const { row } = driver.ask();
  const told = Told.loaded(planted);
  for (const value of [own, accounts, session, input, Input.hint(planted), told, row, driver, driver.verification()]) {
    hides(printed(value), [planted, row.snapshot], value.constructor.name);
    hides([JSON.stringify(value), ...printed({ ...value })], [planted, row.snapshot], value.constructor.name);
  }
  hides(copied(row), [planted, row.snapshot], "row");
});
