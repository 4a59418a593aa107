// Drives a session over `fetch`: I/O, and nothing else.

import { Input } from "./input.js";
import { Reject } from "./reject.js";
import { type Account, Session } from "./session.js";
import type { Cache, HttpRequest, Next, RejectCode, UnixMillis } from "./types.js";

/** The largest answer that is read, in bytes. Beyond it, the request counts as failed. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** One stored session: the row that a worker loads and swaps. */
export interface Store {
  /** Loads the session as it is stored now. */
  load(): Session | Promise<Session>;
  /** Replaces it if its stored revision is still `expected`; `false` if another worker was first. */
  swap(expected: number, session: Session): boolean | Promise<boolean>;
}

/** The standard `fetch`, or one like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface AdvanceOptions {
  /** Milliseconds since 1970; `Date.now` if left out. */
  readonly clock?: () => UnixMillis;
  /** Told what was done, never a URL: for a log. */
  readonly log?: (operation: string, result: number | "no answer") => void;
}

/** Other workers kept changing the session; try again. */
export class Conflict extends Error {
  constructor() {
    super("other workers kept changing the session; try again");
    this.name = "Conflict";
  }
}

/**
 * Performs what the session asks until the user, a wait or the end is reached, and says which.
 *
 * It stores every change with compare-and-swap, so that several workers may drive the same session, and claims and stores a
 * request that must not be sent twice before it is sent. It follows no redirects and repeats nothing by itself. Access tokens
 * are kept per `fetch` function, and fetched once for all sessions that wait for one.
 *
 * @throws {Reject} `now_out_of_range` if the clock is not in milliseconds. @throws {Conflict}, and whatever the store throws.
 */
export async function advance(store: Store, fetch: Fetch = globalThis.fetch, options: AdvanceOptions = {}): Promise<Next> {
  const clock = options.clock ?? Date.now;
  for (let round = 0; round < MAX_CONFLICTS; round += 1) {
    const session = await store.load();
    const next = session.next(clock());
    if (next.type !== "send") return next;
    const { request } = next;
    if (!request.idempotent) {
      const before = session.revision;
      if (!claims(session, request, clock()) || !(await store.swap(before, session))) continue;
    }
    const answer = await send(fetch, request, options);
    try {
      await tell(store, answer, options);
    } catch (error) {
      unless(error, "stale");
    }
  }
  throw new Conflict();
}

/**
 * Tells the stored session something: loads, handles, swaps, and does it again if another worker was first.
 *
 * @throws {Reject} if the session refuses it. @throws {Conflict}
 */
export async function tell(store: Store, input: Input, options: AdvanceOptions = {}): Promise<void> {
  for (let lost = 0; lost < MAX_CONFLICTS; lost += 1) {
    const session = await store.load();
    const before = session.revision;
    session.handle(input, (options.clock ?? Date.now)());
    if (session.revision === before || (await store.swap(before, session))) return;
  }
  throw new Conflict();
}

/**
 * A store in memory, for tests and programs that live as long as their session. It keeps the snapshot's text, as a database
 * would.
 */
export class MemoryStore implements Store {
  readonly #account: Account;
  #revision: number;
  #snapshot: string;

  constructor(account: Account, session: Session) {
    this.#account = account;
    this.#revision = session.revision;
    this.#snapshot = session.snapshot();
  }

  load(): Session {
    return Session.restore(this.#account, this.#snapshot);
  }

  swap(expected: number, session: Session): boolean {
    if (this.#revision !== expected) return false;
    this.#revision = session.revision;
    this.#snapshot = session.snapshot();
    return true;
  }
}

// Each lost swap means that another worker got on.
const MAX_CONFLICTS = 100;

interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** A kept answer: an access token; and when it was fetched. */
interface Kept {
  readonly since: UnixMillis;
  readonly until: UnixMillis;
  readonly answer: Answer;
}

// A refresh is answered with a token that was fetched less than so many milliseconds ago.
const REFRESH_ONCE_MS = 5_000;

// By `fetch`, then by the key that the session names: what is kept, or is being fetched.
const slots = new WeakMap<Fetch, Map<string, Promise<Kept | null>>>();

function claims(session: Session, request: HttpRequest, now: UnixMillis): boolean {
  try {
    session.handle(Input.sending(request.id), now);
    return true;
  } catch (error) {
    unless(error, "stale", "claimed");
    return false;
  }
}

/** Another worker was first, so that ours is not needed; all else is thrown. */
function unless(error: unknown, ...codes: RejectCode[]): void {
  if (!(error instanceof Reject && codes.includes(error.code))) throw error;
}

async function send(fetch: Fetch, request: HttpRequest, options: AdvanceOptions): Promise<Input> {
  const { id, operation, cache } = request;
  try {
    const perform = async (): Promise<Answer> => {
      const answer = await exchange(fetch, request);
      options.log?.(operation, answer.status);
      return answer;
    };
    const answer = await (cache ? recall(fetch, cache, options.clock ?? Date.now, perform) : perform());
    return Input.httpResponse({ id, ...answer });
  } catch {
    // Nothing of the error: its text may hold the URL.
    options.log?.(operation, "no answer");
    return Input.httpFailed(id);
  }
}

async function exchange(fetch: Fetch, request: HttpRequest): Promise<Answer> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: request.headers.map((header): [string, string] => [header.name, header.value]),
    body: request.body as Uint8Array<ArrayBuffer> | null,
    redirect: "manual",
    credentials: "omit",
    // Covers the body too.
    signal: AbortSignal.timeout(request.timeout_ms),
  });
  const headers = [...response.headers].map(([name, value]) => [name, value] as const);
  return { status: response.status, headers, body: await body(response) };
}

async function body(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error("answer too large");
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size);
}

/** The kept answer, or the one that `perform` brings, which is kept if it is a success. While it comes, others wait for it. */
async function recall(fetch: Fetch, cache: Cache, clock: () => UnixMillis, perform: () => Promise<Answer>): Promise<Answer> {
  const mine = slots.get(fetch) ?? new Map<string, Promise<Kept | null>>();
  slots.set(fetch, mine);
  const now = clock();
  // A refused token makes every waiting session ask for a new one: the first of them fetches it for all.
  const isNew = (kept: Kept) => cache.refused === null || now - kept.since < REFRESH_ONCE_MS;
  for (let slot = mine.get(cache.key); slot; slot = mine.get(cache.key)) {
    const kept = await slot;
    if (kept && now < kept.until && isNew(kept)) return kept.answer;
    // The first of those that waited in vain fetches anew.
    if (mine.get(cache.key) === slot) mine.delete(cache.key);
  }
  const coming = perform();
  const slot = coming.then((answer) => kept(cache, answer, clock()), () => null);
  mine.set(cache.key, slot);
  return coming;
}

function kept(cache: Cache, answer: Answer, now: UnixMillis): Kept | null {
  const success = answer.status >= 200 && answer.status < 300;
  return success ? { since: now, until: now + life(cache, answer), answer } : null;
}

/** `expires_in` of an OAuth 2.0 token answer, in milliseconds, if that is shorter. */
function life(cache: Cache, answer: Answer): number {
  try {
    const seconds = Number((JSON.parse(Buffer.from(answer.body).toString()) as { expires_in?: unknown }).expires_in);
    return Number.isFinite(seconds) ? Math.min(seconds * 1000, cache.max_age_ms) : cache.max_age_ms;
  } catch {
    return cache.max_age_ms;
  }
}
