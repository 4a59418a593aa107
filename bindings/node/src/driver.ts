// The host's half of the protocol, without I/O: `Accounts`, `Driver`, `Verification` and `Tokens`.

import { inspect } from "node:util";

import { held } from "./brand.js";
import type { Plan } from "./config.js";
import { Input, type Reply, bytes, flat, maybe, millis, text, yes } from "./input.js";
import { json } from "./json.js";
import { type NativeAccounts, type NativeDriver, type NativeKeeping, type NativeVerification, native, own } from "./native.js";
import { evidence, next, record } from "./record.js";
import { calling } from "./reject.js";
import { Account } from "./session.js";
import { Told } from "./told.js";
import type { Answer, Ask, Attempt, Cache, Delivery, Evidence, HttpRequest, Next, Outcome, Reference, UnixMillis } from "./types.js";

const ACCOUNTS = Symbol.for("idvkit.Accounts");

/**
 * One or several accounts, each under a name of yours: rows keep the name, so it stays when keys or hosts change.
 *
 * An account alone has its provider's name.
 */
export class Accounts {
  readonly #native: NativeAccounts;
  /** All names, sorted. */
  readonly names: readonly string[];

  constructor(accounts: Account | { readonly [name: string]: Account }) {
    if (typeof accounts !== "object" || accounts === null) throw new TypeError("accounts takes an Account, or an object of them");
    const named = Account.is(accounts) ? { [accounts.provider]: accounts } : accounts;
    this.#native = new native.Accounts();
    for (const [name, account] of Object.entries(named)) this.#native.add(name, Account.native(account));
    this.names = Object.freeze(Object.keys(named).sort());
    Object.freeze(this);
  }

  /** Prints the names only. */
  toJSON(): string {
    return `Accounts(${this.names.join(", ")})`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }

  /** @internal */
  [ACCOUNTS](): NativeAccounts | undefined {
    return #native in this ? this.#native : undefined;
  }

  /** @internal */
  static is(value: unknown): value is Accounts {
    return held(value, ACCOUNTS) !== undefined;
  }

  /** @internal */
  static native(accounts: unknown): NativeAccounts {
    return own(held(accounts, ACCOUNTS), native.Accounts, "Accounts");
  }
}

/** What a verification is begun with. */
export interface Beginning {
  /** What to try: one request, or a list of steps of which each has one. */
  readonly plan: Plan | string;
  /** Your own name for it, such as an order's number. There is one verification for each. */
  readonly key: string;
  /** 32 bytes: `crypto.randomBytes(32)`. */
  readonly seed: Uint8Array;
  /** Whether the outcome comes by `{ type: "deliver" }`. Otherwise it stands in the row, and `{ type: "done" }` says it. */
  readonly deliver?: boolean;
}

/**
 * One errand for one verification: it asks for I/O, one thing after the other, until it rests.
 *
 * Do what `ask` says, and tell `told` what came of it, until it asks for nothing more. It has no lock and nothing of the
 * store's: drop it at any time. What an accident leaves undone is due again. `Client` is this loop, over `fetch`.
 */
export class Driver {
  readonly #native: NativeDriver;

  private constructor(driver: NativeDriver) {
    this.#native = driver;
    Object.freeze(this);
  }

  /**
   * Stores a new verification, unless there is one of this key: comes to `{ type: "heard" }` with the id of the one or the
   * other. Nothing is sent yet: the row is due at once.
   *
   * @throws {Reject} whatever is wrong with the plan, as `Session.open` says it; `key_invalid`, `plan_malformed`,
   * `account_unknown`.
   */
  static begin(accounts: Accounts, beginning: Beginning, now: UnixMillis): Driver {
    const { plan, key, seed, deliver = false } = beginning;
    const whole = { plan: json(plan, "plan"), key: text(key, "key"), seed: bytes(seed, "seed"), deliver: yes(deliver, "deliver") };
    const of = Accounts.native(accounts);
    return new Driver(calling(() => native.Driver.begin(of, whole, millis(now))));
  }

  /** Does what can be done now: comes to `{ type: "rest" }` with what is waited for, or how it ended. */
  static advance(accounts: Accounts, id: string): Driver {
    return new Driver(native.Driver.advance(Accounts.native(accounts), text(id, "id")));
  }

  /**
   * Loads a verification to look at it, with the bytes that its evidence needs: comes to `{ type: "heard" }`, without an id if there
   * is no such verification; `verification()` then has it. Nothing is changed or sent.
   */
  static inspect(accounts: Accounts, id: string): Driver {
    return new Driver(native.Driver.inspect(Accounts.native(accounts), text(id, "id")));
  }

  /** Tells a verification something: comes to `{ type: "heard" }` once that is stored. `told` throws what is refused. */
  static tell(accounts: Accounts, id: string, input: Input): Driver {
    return new Driver(native.Driver.tell(Accounts.native(accounts), text(id, "id"), Input.native(input)));
  }

  /**
   * Tells a redirect or callback to the verification that it is about: comes to `{ type: "heard" }` with its id, or with none
   * if it is genuine and belongs to no session.
   *
   * `account` names the one that it can be from, if the URL at which it came says so; otherwise all are tried.
   *
   * @throws {Reject} as `Account.referenceOf`; `account_unknown`.
   */
  static hear(accounts: Accounts, input: Input, now: UnixMillis, options: { readonly account?: string } = {}): Driver {
    const [of, from, given] = [Accounts.native(accounts), options.account ?? null, Input.native(input)];
    return new Driver(calling(() => native.Driver.hear(of, from, given, millis(now))));
  }

  /** What to do now. It stays the same until `told` what came of it. */
  ask(): Ask {
    const { json, body, snapshot, blobs } = this.#native.ask();
    const ask = JSON.parse(json) as { request?: object; row?: object; blobs?: unknown };
    if (ask.request) Object.assign(ask.request, { body: body ?? null });
    if (ask.row) Object.assign(ask.row, { snapshot });
    if (blobs) ask.blobs = blobs;
    return record<Ask>("Ask", ask);
  }

  /**
   * Takes in what came of it. A refusal changed nothing.
   *
   * @throws {Reject} whatever a session refuses; blame `snapshot` for a text that cannot be used; `verification_unknown`;
   * `conflict` if other workers kept winning; `told_unexpected` for an answer to something else.
   */
  told(told: Told, now: UnixMillis): void {
    const what = Told.native(told);
    calling(() => this.#native.told(what, millis(now)));
  }

  /** The verification as the driver knows it: what is stored, or about to be; `null` before it is loaded. */
  verification(): Verification | null {
    const found = this.#native.verification();
    return found && Verification.of(found);
  }
}

/** One user's verification as a row holds it, to look at: one session, or several after one another. */
export class Verification {
  readonly #native: NativeVerification;

  private constructor(verification: NativeVerification) {
    this.#native = verification;
    Object.freeze(this);
  }

  /**
   * Reads the text of a row, `Row.snapshot`.
   *
   * @throws {Reject} with blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
   * `snapshot_of_other_account`; `account_unknown` if an account that it names is not among the accounts.
   */
  static restore(accounts: Accounts, snapshot: string): Verification {
    const [of, stored] = [Accounts.native(accounts), text(snapshot, "snapshot")];
    return new Verification(calling(() => native.Verification.restore(of, stored)));
  }

  /** @internal */
  static of(verification: NativeVerification): Verification {
    return new Verification(verification);
  }

  /** What it waits for, or how it ended. Asking twice gives the same answer. */
  next(now: UnixMillis): Next {
    return next(this.#native.next(millis(now)));
  }

  /** Its name: 32 hex digits. */
  get id(): string {
    return this.#native.id();
  }

  /** Your own name for it. */
  get key(): string {
    return this.#native.key();
  }

  /** Rises with every change. */
  get revision(): number {
    return this.#native.revision();
  }

  /** How it ended, if it has. */
  get outcome(): Outcome | null {
    return record("Outcome", JSON.parse(this.#native.outcome()));
  }

  /** The sessions that were tried so far, oldest first: which of them decided, and why the others did not. */
  get attempts(): readonly Attempt[] {
    return record("Attempt", JSON.parse(this.#native.attempts()));
  }

  /**
   * What the provider announced that the user goes through, in its codes and order (`LDHP`, `F2F`), while there is a page to show
   * or a verdict to wait for. Only biometric.kz announces it.
   */
  get technologies(): readonly string[] {
    return this.#native.technologies();
  }

  /** The providers' ids, newest first. */
  get references(): readonly Reference[] {
    return JSON.parse(this.#native.references()) as Reference[];
  }

  /** The outcome on its way to you, if you want it delivered. */
  get delivery(): Delivery | null {
    return JSON.parse(this.#native.delivery()) as Delivery | null;
  }

  /**
   * What the decision rests on; `null` before a decision and after an erasure, and for a long answer unless it was loaded by
   * `Driver.inspect`. It must stay on the server.
   */
  evidence(): Evidence | null {
    return evidence(this.#native.evidence());
  }

  /** Prints the id and the revision only. */
  toJSON(): string {
    return `Verification(${this.id}, revision ${this.revision})`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }
}

/**
 * The access tokens of a process: one value for all its drivers.
 *
 * For an exchange with `exclusive`, wait for your turn with that key; then ask `kept`, send the request only if it has nothing,
 * and give the answer to `keep` before the turn ends. So the first of all that wait fetches the token, and the others take it.
 */
export class Tokens {
  readonly #native = new native.Tokens();

  /** The answer to this request, if there is one that will do: not run out, and not with the token that was refused. */
  kept(request: HttpRequest, now: UnixMillis): Answer | null {
    const kept = request.cache && this.#native.kept(keeping(request.cache), millis(now));
    if (!kept) return null;
    const lines = Array.from({ length: kept.headers.length / 2 }, (_, line) => kept.headers.slice(2 * line, 2 * line + 2));
    return record("Answer", { ...kept, headers: lines.map(([name, value]) => ({ name, value })) });
  }

  /** Keeps the answer to this request, as far as the request allows it and it holds a token. */
  keep(request: HttpRequest, answer: Reply, now: UnixMillis): void {
    if (request.cache) this.#native.keep(keeping(request.cache), flat(answer), millis(now));
  }
}

function keeping({ key, max_age_ms, refused }: Cache): NativeKeeping {
  return { key, maxAgeMs: max_age_ms, ...maybe("refused", refused, text) };
}
