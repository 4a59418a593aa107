/**
 * One SDK for identity-verification flows: open a session, show a journey, act on a verified outcome.
 *
 * Your code performs HTTP, keeps the database and shows the pages; a session says what to do next and what may be
 * believed. All times are in milliseconds since 1970, as `Date.now()` gives them.
 */

import { bytes, text } from "./input.js";
import { json } from "./json.js";
import { native } from "./native.js";
import { calling } from "./reject.js";
import { Account } from "./session.js";
import type { Catalog, Diagnosis, Journey, Provider, Seen, Way } from "./types.js";

export { Conflict, MAX_ANSWER_BYTES, MemoryStore, advance, tell } from "./advance.js";
export type { AdvanceOptions, Fetch, Store } from "./advance.js";
export { Input } from "./input.js";
export type { HeaderLines } from "./input.js";
export { Reject } from "./reject.js";
export { Session } from "./session.js";
export type { Config, Request } from "./session.js";
export { Account };
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
  return JSON.parse(calling(() => native.journey(text(journey, "journey")))) as Journey;
}

/** A way as HTML to paste, or `null` where there is no such form of it. */
export function html(way: Way): string | null {
  const written = json(way, "way");
  return calling(() => native.html(written));
}

/** A provider's tables: error codes with meaning, locales, browsers, frame sizes, callback addresses. */
export function catalog(provider: Provider): Catalog {
  return JSON.parse(calling(() => native.catalog(text(provider, "provider")))) as Catalog;
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
