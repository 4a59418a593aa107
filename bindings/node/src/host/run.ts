// One call of a driver over the kit's store: the row, and beside it what happened.

import { performance } from "node:perf_hooks";

import { Verification, type Accounts, type Driver } from "../driver.js";
import { type Hands, type Word, drive } from "../loop.js";
import { Reject } from "../reject.js";
import type { Sender } from "../sender.js";
import type { Loaded } from "../store.js";
import type { Answer, Ask, Blob, By, Delivery, HttpRequest, Outcome, Row, UnixMillis } from "../types.js";
import { wordOf } from "./columns.js";
import type { Happened, ToldInput, VerificationEvent } from "./events.js";
import type { HostStore } from "./store.js";
import { type Instruments, providerOf } from "./telemetry.js";

/** A verification that has ended. */
export interface Ended {
  readonly id: string;
  /** Your own name for it. */
  readonly key: string;
  readonly outcome: Outcome;
  /** Which delivery of an outcome this is: act once for each `delivery.id`. */
  readonly delivery: Delivery;
  /** The verification, with the evidence. */
  readonly verification: Verification;
}

/** What all runs have in common. */
export interface Kit {
  readonly accounts: Accounts;
  readonly store: HostStore;
  readonly sender: Sender;
  readonly instruments: Instruments | undefined;
  readonly now: () => UnixMillis;
  readonly onOutcome: ((ended: Ended) => unknown) | undefined;
  /** Told of every event that was stored. */
  readonly observe: (event: VerificationEvent) => void;
  /** Told of every row that was stored. */
  readonly changed: (id: string) => void;
  readonly failed: (error: unknown, id: string | null) => void;
}

/** What a run is for, besides what its driver knows. */
export interface Purpose {
  readonly subject?: string;
  readonly input?: ToldInput;
  readonly erasure?: "retention" | "host";
}

export interface Done extends Word {
  /** Whether anything was stored. */
  readonly stored: boolean;
  readonly verification: Verification | null;
}

/** The database did not do what it was asked. */
export class StoreFailed extends Error {
  constructor(cause: unknown) {
    super("the store failed", { cause });
    this.name = "StoreFailed";
  }
}

export async function run(kit: Kit, driver: Driver, purpose: Purpose = {}): Promise<Done> {
  const hands = new Run(kit, purpose);
  try {
    const word = await drive(driver, hands);
    return { ...word, stored: hands.stored, verification: driver.verification() };
  } catch (error) {
    if (error instanceof Reject && purpose.input) hands.refused(purpose.input, error);
    throw error;
  } finally {
    await hands.end(driver.verification()?.id);
  }
}

class Run implements Hands {
  stored = false;
  /** Events that are not stored yet. */
  #events: Happened[] = [];
  #loaded: Loaded | null = null;
  #refused = false;

  constructor(
    readonly kit: Kit,
    readonly purpose: Purpose,
  ) {
    if (purpose.input) this.#events.push({ kind: "told", input: purpose.input });
  }

  now(): UnixMillis {
    return this.kit.now();
  }

  async load(by: By, digests: readonly string[]): Promise<Loaded | null> {
    this.#loaded = await this.#ask(() => this.kit.store.load(by, digests));
    return this.#loaded;
  }

  async store(row: Row, expected: number | null, blobs: readonly Blob[]): Promise<boolean> {
    const { subject, erasure } = this.purpose;
    const at = this.now();
    const events = [...this.#begun(row, expected), ...this.#events, ...this.#ended(row)];
    if (erasure && !this.stored) events.push({ kind: "erased", by: erasure });
    const beside = { at, events, erased: !!erasure, ...(subject === undefined ? {} : { subject }) };
    if (!(await this.#ask(() => this.kit.store.store(row, expected, blobs, beside)))) return false;
    this.stored = true;
    this.#events = [];
    this.#loaded = { snapshot: row.snapshot };
    this.#tell(row.id, at, events);
    this.kit.changed(row.id);
    return true;
  }

  async exchange(request: HttpRequest): Promise<Answer | null> {
    const { sender, instruments } = this.kit;
    return sender.exchange(request, {}, async (send) => {
      const begun = performance.now();
      const answer = await (instruments ? instruments.exchange(request, send) : send());
      const status = answer ? { status: answer.status } : {};
      const duration = Math.round(performance.now() - begun);
      this.#events.push({ kind: "exchange", provider: providerOf(request), operation: request.operation, ...status, duration });
      return answer;
    });
  }

  async deliver(ask: Extract<Ask, { type: "deliver" }>, driver: Driver): Promise<boolean> {
    const { id, key, outcome, delivery } = ask;
    let done = true;
    try {
      await this.kit.onOutcome?.({ id, key, outcome, delivery, verification: driver.verification() as Verification });
    } catch (error) {
      done = false;
      this.kit.failed(error, id);
    }
    this.#events.push({ kind: "delivered", delivery: delivery.id, failures: delivery.failures, done });
    return done;
  }

  refused(input: ToldInput, { code }: Reject): void {
    this.#refused = true;
    this.#events = this.#events.map((one) => (one.kind === "told" ? { kind: "told", input, reject: code } : one));
  }

  /** Keeps what the row itself did not have to change for. */
  async end(id: string | undefined): Promise<void> {
    const [events, erased] = [this.#events, !!this.purpose.erasure && !this.stored && !this.#refused];
    if (id === undefined || (events.length === 0 && !erased)) return;
    const at = this.now();
    await this.#ask(() => this.kit.store.note(id, { at, events, erased }));
    this.#tell(id, at, events);
  }

  #begun(row: Row, expected: number | null): Happened[] {
    return expected === null ? [{ kind: "begun", provider: row.provider, account: row.account }] : [];
  }

  /** The outcome, if it is another one than what was stored before. */
  #ended({ outcome, delivery }: Row): Happened[] {
    if (!outcome) return [];
    const before = this.#loaded && Verification.restore(this.kit.accounts, this.#loaded.snapshot);
    const same = delivery ? delivery.id === before?.delivery?.id : JSON.stringify(outcome) === JSON.stringify(before?.outcome);
    if (same) return [];
    const code = outcome.type === "failed" ? { code: outcome.fault.code } : {};
    const replaces = delivery?.replaces ? { replaces: delivery.replaces } : {};
    return [{ kind: "outcome", outcome: wordOf(outcome), ...code, ...replaces }];
  }

  #tell(verification: string, at: UnixMillis, events: readonly Happened[]): void {
    for (const one of events) this.kit.observe({ verification, at, ...one });
  }

  async #ask<T>(what: () => Promise<T>): Promise<T> {
    try {
      return await what();
    } catch (error) {
      throw new StoreFailed(error);
    }
  }
}
