// The loop around the driver, over `fetch`: I/O, and nothing else.

import { randomBytes } from "node:crypto";

import type { Plan } from "./config.js";
import { Accounts, Driver, Tokens, Verification } from "./driver.js";
import type { Input } from "./input.js";
import { record } from "./record.js";
import type { Account } from "./session.js";
import type { Store } from "./store.js";
import { Told } from "./told.js";
import type { Answer, Ask, Delivery, HttpRequest, Next, Outcome, UnixMillis } from "./types.js";

/** The largest answer that is read, in bytes. Beyond it, the request counts as failed. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** The standard `fetch`, or one like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** The standard `fetch` if left out. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970; `Date.now` if left out. */
  readonly clock?: () => UnixMillis;
  /** Told what was sent, never a URL: for a log. */
  readonly log?: (operation: string, result: number | "no answer") => void;
  /**
   * Acts on the outcomes of what this client begins. It is called at least once for each, and again later if it throws: act
   * once for each `delivery.id`. Without it, `advance` says how it ended.
   */
  readonly onOutcome?: (ended: Ended) => void | Promise<void>;
}

/** What stops a call: what it had not stored yet is due again. */
export interface Stop {
  readonly signal?: AbortSignal | undefined;
}

/** A verification that has ended. */
export interface Ended {
  readonly id: string;
  /** Your own name for it. */
  readonly key: string;
  readonly outcome: Outcome;
  /** Which delivery of an outcome this is. */
  readonly delivery: Delivery;
  /** The verification, with the evidence. */
  readonly verification: Verification;
}

/** Drives verifications over `fetch` and a store of yours. Several, on several machines, may drive the same one. */
export class Client {
  readonly accounts: Accounts;
  readonly store: Store;
  readonly #options: ClientOptions;
  readonly #tokens = new Tokens();
  /** By key: the last of those that wait for their turn. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(accounts: Accounts | Account | { readonly [name: string]: Account }, store: Store, options: ClientOptions = {}) {
    this.accounts = Accounts.is(accounts) ? accounts : new Accounts(accounts);
    this.store = store;
    this.#options = options;
  }

  /**
   * Begins a verification, unless there is one of this key, and gives the id of the one or the other. Nothing is sent yet.
   *
   * @throws {Reject} if the plan is refused; and whatever the store throws.
   */
  async begin(plan: Plan | string, key: string, stop?: Stop): Promise<string> {
    const beginning = { plan, key, seed: randomBytes(32), deliver: this.#options.onOutcome !== undefined };
    return (await this.run(Driver.begin(this.accounts, beginning, this.now()), stop)).id as string;
  }

  /**
   * Does what can be done now, until the user, a wait or the end is reached, and says which.
   *
   * @throws {Reject} `verification_unknown`, `now_out_of_range`, `conflict`; and whatever the store and `onOutcome` throw.
   */
  async advance(id: string, stop?: Stop): Promise<Next> {
    return (await this.run(Driver.advance(this.accounts, id), stop)).next as Next;
  }

  /** Tells a verification something. A worker sees to what follows from it. @throws {Reject} if it is refused. */
  async tell(id: string, input: Input, stop?: Stop): Promise<void> {
    await this.run(Driver.tell(this.accounts, id, input), stop);
  }

  /**
   * Tells a callback or redirect to the verification that it is about, and gives its id; `null` if it belongs to none. `account`
   * names the one that it can be from, if the URL at which it came says so.
   *
   * @throws {Reject} if its sender cannot be trusted, or it is refused.
   */
  async hear(input: Input, options: Stop & { readonly account?: string } = {}): Promise<string | null> {
    return (await this.run(Driver.hear(this.accounts, input, this.now(), options), options)).id ?? null;
  }

  /** The loop: does what the driver asks until there is nothing more, and gives its last word. */
  async run(driver: Driver, stop: Stop = {}): Promise<{ readonly id?: string | null; readonly next?: Next }> {
    const failures: unknown[] = [];
    for (;;) {
      stop.signal?.throwIfAborted();
      const ask = driver.ask();
      if (ask.type === "rest" || ask.type === "heard") {
        if (failures.length > 0) throw failures[0];
        return ask;
      }
      const told = ask.type === "deliver" ? this.#deliver(ask, driver, failures) : this.#perform(ask, stop);
      driver.told(await told, this.now());
    }
  }

  /**
   * Performs one request, once, or gives what is kept; `null` if no answer came. For what no verification asks for, such as an
   * image after a decision: see `idvkit/jumio` and `idvkit/signicat`.
   */
  async exchange(request: HttpRequest, stop: Stop = {}): Promise<Answer | null> {
    if (!request.cache) return this.#send(request, stop);
    const { key } = request.cache;
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(async () => {
      const kept = this.#tokens.kept(request, this.now());
      const answer = kept ?? (await this.#send(request, stop));
      if (answer && !kept) this.#tokens.keep(request, answer, this.now());
      return answer;
    });
    this.#turns.set(key, turn.catch(() => {}));
    return turn;
  }

  /** A verification as it is stored, with its evidence, to look at it. */
  async verification(id: string): Promise<Verification | null> {
    const driver = Driver.inspect(this.accounts, id);
    await this.run(driver);
    return driver.verification();
  }

  /** The time on this client's clock. */
  now(): UnixMillis {
    return (this.#options.clock ?? Date.now)();
  }

  async #perform(ask: Extract<Ask, { type: "load" | "store" | "exchange" }>, stop: Stop): Promise<Told> {
    switch (ask.type) {
      case "load": {
        const loaded = await this.store.load(ask.by, ask.blobs);
        return loaded ? Told.loaded(loaded.snapshot, loaded.blobs) : Told.loaded(null);
      }
      case "store":
        return Told.stored(await this.store.store(ask.row, ask.expected, ask.blobs));
      case "exchange":
        return Told.exchanged(await this.exchange(ask.request, stop));
    }
  }

  async #deliver(ask: Extract<Ask, { type: "deliver" }>, driver: Driver, failures: unknown[]): Promise<Told> {
    const { onOutcome } = this.#options;
    try {
      await onOutcome?.({ ...ask, verification: driver.verification() as Verification });
      return Told.delivered(onOutcome !== undefined);
    } catch (error) {
      failures.push(error);
      return Told.delivered(false);
    }
  }

  async #send(request: HttpRequest, { signal }: Stop): Promise<Answer | null> {
    signal?.throwIfAborted();
    const fetch = this.#options.fetch ?? globalThis.fetch;
    if (typeof fetch !== "function") throw new TypeError("there is no fetch here; give one to the Client, as in { fetch }");
    const answer = await exchange(fetch, request, signal);
    signal?.throwIfAborted();
    this.#options.log?.(request.operation, answer?.status ?? "no answer");
    return answer;
  }
}

/** Sends it as it stands. Nothing of an error is kept: its text may hold the URL. */
async function exchange(fetch: Fetch, request: HttpRequest, signal?: AbortSignal): Promise<Answer | null> {
  const timeout = AbortSignal.timeout(request.timeout_ms); // covers the body too
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers.map((header): [string, string] => [header.name, header.value]),
      body: request.body as Uint8Array<ArrayBuffer> | null,
      redirect: "manual",
      credentials: "omit",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.redirected) return null; // a `fetch` of another kind: this is somebody else's answer
    const headers = [...response.headers].map(([name, value]) => ({ name, value }));
    return record("Answer", { status: response.status, headers, body: await whole(response) });
  } catch {
    return null;
  }
}

async function whole(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error("answer too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
