/**
 * One SDK for identity-verification flows: open a session, show a journey, act on a verified outcome.
 *
 * Your code keeps the database and shows the pages; idvkit says what to send, what to do next and what may be believed.
 * All times are in milliseconds since 1970, as `Date.now()` gives them.
 */

import type { KeyObject } from "node:crypto";
import { types } from "node:util";

import { bytes, kind, text } from "./input.js";
import { json } from "./json.js";
import { native } from "./native.js";
import { record } from "./record.js";
import { calling } from "./reject.js";
import { Account } from "./session.js";
import type { Catalog, Diagnosis, Journey, KeyForm, ProviderId, Seen, TagEncoding } from "./types.js";

export { Client, MAX_ANSWER_BYTES } from "./client.js";
export type { ClientOptions, Ended, Fetch, Stop } from "./client.js";
export { Accounts, Driver, Tokens, Verification } from "./driver.js";
export type { Beginning } from "./driver.js";
export { Input } from "./input.js";
export type { HeaderLines, Reply } from "./input.js";
export { Reject } from "./reject.js";
export { Session } from "./session.js";
export { MemoryStore } from "./store.js";
export type { Store } from "./store.js";
export { Told } from "./told.js";
export { Account };
export type * from "./config.js";
export type * from "./types.js";

/**
 * Turns what a page or app saw into the text of a hint, or `null` if it has nothing to do with this journey.
 *
 * Needs no credentials and decides nothing. `journey` is a `Journey` or its JSON text. `seen` as text is what a page posted:
 * whatever it is, there is no exception, only `null`. Your server handles the hint (at most 4096 bytes) as `Input.hint(text)`.
 *
 * @throws {Reject} `journey_malformed`.
 */
export function read(journey: Journey | string, seen: Seen | string): string | null {
  const [shown, what] = [json(journey, "journey"), json(seen, "seen")];
  return calling(() => native.read(shown, what, typeof seen === "string"));
}

/**
 * Reads the JSON of a journey. A way that this version does not know is dropped, the rest is kept.
 *
 * @throws {Reject} `journey_malformed`.
 */
export function journeyFromJson(journey: string): Journey {
  return record("Journey", JSON.parse(calling(() => native.journey(text(journey, "journey")))));
}

/** A provider's tables: error codes with meaning, locales, browsers, frame sizes, callback addresses. */
export function catalog(provider: ProviderId): Catalog {
  return JSON.parse(calling(() => native.catalog(text(provider, "provider")))) as Catalog;
}

/**
 * The language to ask this provider for, out of those that a user prefers, the best first, such as `navigator.languages` or the
 * tags of an `Accept-Language` header.
 *
 * Tags are looked up by RFC 4647: `fr-CA` finds `fr`. `null` if the provider has none of them: leave `locale` out. A provider that
 * publishes no list gets the first that is a tag. `locale` of a request may be such a list itself.
 */
export function bestLocale(provider: ProviderId, preferred: readonly string[]): string | null {
  const tags = preferred.map((tag) => text(tag, "preferred"));
  return calling(() => native.bestLocale(text(provider, "provider"), tags));
}

/**
 * The signature doctor: why a signed answer does not verify. It explains, and never accepts.
 *
 * `body` is the whole answer as bytes, `tag` the signature that came with it. The work grows with the size of the body times
 * several hundred.
 *
 * @throws {Reject} `nothing_signed` for a provider that signs nothing.
 */
export function diagnose(account: Account, body: Uint8Array, tag: string): Diagnosis {
  const [of, whole, claimed] = [Account.native(account), bytes(body, "body"), text(tag, "tag")];
  return JSON.parse(calling(() => native.diagnose(of, whole, claimed))) as Diagnosis;
}

/** How a signature is written, and what its key is. HMAC-SHA256 is the one algorithm so far. */
export interface VerifyOptions {
  /** How the tag is written: `hex` if left out. */
  readonly encoding?: TagEncoding;
  /** Which bytes of a secret's text are the key: those of the `text` itself, in UTF-8, if left out. */
  readonly key?: KeyForm;
}

/**
 * Accepts `tag` for `message` if any of the `secrets` gives it, and throws otherwise; the list is for rotation.
 *
 * A session does this by itself. `message` is what was signed, byte for byte: `signedMember` cuts it out of a body. A secret is a
 * text, or the key as it is: bytes, or a `KeyObject` of type `secret`.
 *
 * @throws {Reject} with blame `signature`: `signature_missing`, `signature_malformed` and `signature_wrong` are about the tag,
 * `secret_missing` and `secret_malformed` mean that no secret was usable.
 */
export function verify(
  message: Uint8Array,
  tag: string,
  secrets: readonly (string | Uint8Array | KeyObject)[],
  options: VerifyOptions = {},
): void {
  const base64 = word(options.encoding, ["hex", "base64"], "encoding");
  const hexKey = word(options.key, ["text", "hex_decoded"], "key");
  if (!Array.isArray(secrets)) throw new TypeError("secrets takes an array of strings or bytes, for rotation");
  const [signed, claimed] = [bytes(message, "message"), text(tag, "tag")];
  const exported: Buffer[] = [];
  try {
    const all: (string | Uint8Array)[] = [];
    for (const one of secrets as readonly unknown[]) all.push(secret(one, all.length, exported));
    calling(() => native.verify(signed, claimed, all, base64, hexKey));
  } finally {
    for (const copy of exported) copy.fill(0);
  }
}

/** A secret for the native module. What a key object gives is a copy, which is `exported` for the caller to wipe. */
function secret(value: unknown, at: number, exported: Buffer[]): string | Uint8Array {
  if (typeof value === "string") return value;
  if (ArrayBuffer.isView(value)) return bytes(value, "secrets");
  const wanted = `secrets[${at}] takes a string, a Uint8Array or Buffer, or a KeyObject of type secret`;
  if (!types.isKeyObject(value)) throw new TypeError(`${wanted}, not ${kind(value)}`);
  if (value.type !== "secret") throw new TypeError(`${wanted}, not of type ${value.type}`);
  const copy = value.export();
  exported.push(copy);
  return copy;
}

/**
 * The value of a top-level member of a JSON object, exactly as it was sent; `null` if there is no such member.
 *
 * @throws {Reject} with blame `provider`: `json_malformed`, `json_not_object`, and `json_duplicate_member` if the member is
 * there twice.
 */
export function signedMember(body: Uint8Array, name: string): Buffer | null {
  const [whole, wanted] = [bytes(body, "body"), text(name, "name")];
  return calling(() => native.signedMember(whole, wanted));
}

/** Whether the second of two words was given. */
function word(given: string | undefined, words: readonly [string, string], what: string): boolean {
  if (given === undefined || given === words[0]) return false;
  if (given === words[1]) return true;
  throw new TypeError(`${what} is ${words[0]} or ${words[1]}`);
}
