// The loop around the driver, over `fetch`: I/O, and nothing else.

import { randomBytes } from "node:crypto";

import type { Plan } from "./config.js";
import { Accounts, Driver, Verification } from "./driver.js";
import type { Input } from "./input.js";
import { type Hands, type Stop, drive } from "./loop.js";
import { type Fetch, Sender } from "./sender.js";
import type { Account } from "./session.js";
import type { Store } from "./store.js";
import type { Answer, Ask, Delivery, HttpRequest, Next, Outcome, UnixMillis } from "./types.js";

export type { Stop } from "./loop.js";
export { MAX_ANSWER_BYTES } from "./sender.js";
export type { Fetch } from "./sender.js";

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
  readonly #sender: Sender;

  constructor(accounts: Accounts | Account | { readonly [name: string]: Account }, store: Store, options: ClientOptions = {}) {
    this.accounts = Accounts.is(accounts) ? accounts : new Accounts(accounts);
    this.store = store;
    this.#options = options;
    this.#sender = new Sender(options, () => this.now());
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
    const word = await drive(driver, this.#hands(failures, stop), stop);
    if (failures.length > 0) throw failures[0];
    return word;
  }

  /**
   * Performs one request, once, or gives what is kept; `null` if no answer came. For what no verification asks for, such as an
   * image after a decision: see `idvkit/jumio` and `idvkit/signicat`.
   */
  async exchange(request: HttpRequest, stop: Stop = {}): Promise<Answer | null> {
    return this.#sender.exchange(request, stop);
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

  #hands(failures: unknown[], stop: Stop): Hands {
    const { store } = this;
    return {
      load: (by, digests) => store.load(by, digests),
      store: (row, expected, blobs) => store.store(row, expected, blobs),
      exchange: (request) => this.exchange(request, stop),
      deliver: (ask, driver) => this.#deliver(ask, driver, failures),
      now: () => this.now(),
    };
  }

  async #deliver(ask: Extract<Ask, { type: "deliver" }>, driver: Driver, failures: unknown[]): Promise<boolean> {
    const { onOutcome } = this.#options;
    try {
      await onOutcome?.({ ...ask, verification: driver.verification() as Verification });
      return onOutcome !== undefined;
    } catch (error) {
      failures.push(error);
      return false;
    }
  }
}
