// The hosting kit: verifications of a host, with routes, tables and a worker over the driver.

import { randomBytes } from "node:crypto";

import type { Plan } from "../config.js";
import { Accounts, Driver, type Verification } from "../driver.js";
import { Input } from "../input.js";
import type { Word } from "../loop.js";
import { Sender, type Fetch } from "../sender.js";
import type { Account } from "../session.js";
import type { Journey, Outcome, UnixMillis } from "../types.js";
import { middleware, type Middleware } from "./connect.js";
import type { Observer, ToldInput, VerificationEvent } from "./events.js";
import { Routes, type Handler } from "./routes.js";
import { type Ended, type Kit, type Purpose, run } from "./run.js";
import type { HostStore, ListFilter, Listed } from "./store.js";
import { Instruments, type Telemetry } from "./telemetry.js";
import { type WorkOptions, work } from "./worker.js";

export interface VerificationsOptions {
  /** One account, or several by names of yours. */
  readonly accounts: Accounts | Account | { readonly [name: string]: Account };
  /** Where verifications are: `await openStore("sqlite:idv.sqlite")`. */
  readonly store: HostStore;
  /**
   * Acts on an outcome. It is called at least once for each, and again later if it throws: act once for each `delivery.id`. Where a
   * late verdict replaces an end without one, it is called again with another `delivery.id`, and `delivery.replaces` says which one it
   * replaces.
   */
  readonly onOutcome?: (ended: Ended) => unknown;
  /** The path of your own page for an id; the kit's plain page if left out. */
  readonly page?: (id: string) => string;
  /** Further origins whose pages may post to the routes, as in `https://shop.example`. */
  readonly origins?: readonly string[];
  /**
   * How long after its end the evidence and personal data of a verification are kept, in milliseconds; then they are erased, here and at
   * the provider if it offers that. Nothing is erased if left out.
   */
  readonly retention?: number;
  /** Told of every event, once it is stored. */
  readonly observer?: Observer;
  /** Told of what failed in the background: the store, or `onOutcome`. It is printed if left out. */
  readonly onError?: (error: unknown, verification: string | null) => void;
  /** `@opentelemetry/api`, for spans and metrics. */
  readonly telemetry?: Telemetry;
  /** The standard `fetch` if left out. */
  readonly fetch?: Fetch;
  /** Milliseconds since 1970; `Date.now` if left out. */
  readonly clock?: () => UnixMillis;
}

/** What the user has to see now. */
export type State =
  | { readonly id: string; readonly state: "journey"; readonly journey: Journey; readonly until: UnixMillis }
  /** The provider decides. */
  | { readonly id: string; readonly state: "waiting"; readonly until: UnixMillis }
  | { readonly id: string; readonly state: "done"; readonly outcome: Outcome };

/** A host's verifications. Several processes, on several machines, may have the same ones. */
export class Verifications {
  readonly accounts: Accounts;
  readonly store: HostStore;
  readonly #options: VerificationsOptions;
  readonly #kit: Kit;
  /** By id: those who wait for the next change. */
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(options: VerificationsOptions) {
    const { accounts, store, onOutcome, observer, telemetry, onError, clock = Date.now } = options;
    this.accounts = Accounts.is(accounts) ? accounts : new Accounts(accounts);
    this.store = store;
    this.#options = options;
    const now = () => Math.floor(clock());
    const instruments = telemetry && new Instruments(telemetry);
    const failed = onError ?? ((error: unknown, id: string | null) => console.error("idvkit", id ?? "", error));
    const observe = (event: VerificationEvent) => {
      try {
        instruments?.count(event);
        observer?.(event);
      } catch (error) {
        failed(error, event.verification);
      }
    };
    const changed = (id: string) => this.#waiting.get(id)?.forEach((wake) => wake());
    const sender = new Sender(options, now);
    this.#kit = { accounts: this.accounts, store, sender, instruments, now, onOutcome, observe, changed, failed };
  }

  /**
   * Begins a verification, unless there is one of this key, and gives the id of the one or the other. A worker sees to the rest.
   *
   * `key` is your own name for it, such as an order's number; `subject` your own name of the user, who alone may see it.
   *
   * @throws {Reject} if the plan is refused.
   */
  async begin(plan: Plan | string, about: { readonly key: string; readonly subject: string }): Promise<string> {
    const { key, subject } = about;
    if (typeof subject !== "string" || subject === "") throw new TypeError("subject takes your own name of the user, as a string");
    const beginning = { plan, key, seed: randomBytes(32), deliver: this.#options.onOutcome !== undefined };
    const driver = Driver.begin(this.accounts, beginning, this.#kit.now());
    return (await run(this.#kit, driver, { subject })).id as string;
  }

  /** Does what can be done now, and says what the user has to see. @throws {Reject} `verification_unknown`. */
  async state(id: string): Promise<State> {
    const { next } = await run(this.#kit, Driver.advance(this.accounts, id));
    switch (next?.type) {
      case "present":
        return { id, state: "journey", journey: next.journey, until: next.until };
      case "done":
        return { id, state: "done", outcome: next.outcome };
      case "wait":
        return { id, state: "waiting", until: next.until };
      default:
        throw new Error("a driver at rest has nothing to send");
    }
  }

  /** Tells a verification something. A worker sees to what follows from it. @throws {Reject} if it is refused. */
  async tell(id: string, input: Input): Promise<void> {
    await run(this.#kit, Driver.tell(this.accounts, id, input), purposeOf(input));
  }

  /** Begins another attempt, or goes on at what failed. @throws {Reject} `retry_refused`. */
  retry(id: string): Promise<void> {
    return this.tell(id, Input.retry());
  }

  /** Erases evidence and personal data here and, if asked for, at the provider. The outcome stays. */
  erase(id: string, options: { readonly atProvider: boolean }): Promise<void> {
    return this.tell(id, Input.erase(options));
  }

  /**
   * Tells a callback or redirect to the verification that it is about, and gives its id; `null` if it belongs to none. `account` names
   * the one that it can be from.
   *
   * @throws {Reject} if its sender cannot be trusted, or it is refused.
   */
  async hear(input: Input, options: { readonly account?: string } = {}): Promise<string | null> {
    const { id, refused } = await this.#hear(input, options);
    if (refused) throw refused;
    return id ?? null;
  }

  /** A verification with its evidence; `null` if there is none. */
  async verification(id: string): Promise<Verification | null> {
    return (await run(this.#kit, Driver.inspect(this.accounts, id))).verification;
  }

  /** Verifications, the newest first. */
  list(filter: ListFilter = {}): Promise<Listed[]> {
    return this.store.list(filter);
  }

  /** Those whose outcome `onOutcome` has not taken yet. */
  undelivered(): Promise<Listed[]> {
    return this.store.list({ state: "undelivered", limit: 1000 });
  }

  /** What happened to a verification, the oldest first. */
  timeline(id: string): Promise<VerificationEvent[]> {
    return this.store.timeline(id);
  }

  /**
   * The worker: advances what is due, delivers outcomes, and erases what is older than the retention. It works until `signal` stops it,
   * and then returns when what is under way is done. A process may have several, and several machines may run it.
   */
  work(options: WorkOptions = {}): Promise<void> {
    return work(this.#kit, this.#options.retention, options);
  }

  /**
   * The routes as one handler of the Fetch API, for Hono, route handlers of Next.js, Bun and Deno. `who` gets what the handler is called
   * with, and gives your own name of the user, or nothing if nobody is signed in. `base` is where the routes are, `/idv` if left out.
   */
  routes<More extends unknown[]>(
    who: (request: Request, ...more: More) => Who | Promise<Who>,
    options: { readonly base?: string } = {},
  ): Handler<More> {
    const routes = this.#routes(options.base);
    return (request, ...more) => routes.handle({ request, who: () => who(request, ...more) });
  }

  /** The routes for Express, Connect and the server of `node:http`, which call `who` with their own request. */
  middleware<Incoming>(who: (request: Incoming) => Who | Promise<Who>, options: { readonly base?: string } = {}): Middleware {
    return middleware(this.#routes(options.base), who as (request: never) => Who | Promise<Who>);
  }

  #routes(base = "/idv"): Routes {
    const { page, origins = [] } = this.#options;
    return new Routes(this, this.#kit, {
      base: base.replace(/\/$/, ""),
      page,
      origins,
      hear: (input, options) => this.#hear(input, options),
      change: (id, timeout) => this.#change(id, timeout),
    });
  }

  async #hear(input: Input, options: { readonly account?: string }): Promise<Word & { readonly refused?: unknown }> {
    const driver = Driver.hear(this.accounts, input, this.#kit.now(), options);
    try {
      return await run(this.#kit, driver, purposeOf(input));
    } catch (refused) {
      return { id: driver.verification()?.id ?? null, refused };
    }
  }

  /** Waits for a change by this process, or for so long. */
  #change(id: string, timeout: number): { readonly over: Promise<void>; readonly end: () => void } {
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    let end = () => {};
    const over = new Promise<void>((resolve) => {
      const timer = setTimeout(() => end(), timeout);
      end = () => {
        clearTimeout(timer);
        waiting.delete(end);
        if (waiting.size === 0) this.#waiting.delete(id);
        resolve();
      };
      waiting.add(end);
    });
    return { over, end };
  }
}

function purposeOf(input: Input): Purpose {
  const kind = Input.native(input).kind as ToldInput;
  return kind === "erase" ? { input: kind, erasure: "host" } : { input: kind };
}

/** Your own name of the user who asks; nothing if nobody is signed in. */
export type Who = string | null | undefined;
