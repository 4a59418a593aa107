// `Account` and `Session`.

import { inspect } from "node:util";

import type { Config, Request } from "./config.js";
import { held } from "./brand.js";
import { Input, bytes, millis, text } from "./input.js";
import { json } from "./json.js";
import { type NativeAccount, type NativeSession, native, own } from "./native.js";
import { evidence, next, record } from "./record.js";
import { calling } from "./reject.js";
import type { Blob, Evidence, Next, ProviderId, UnixMillis } from "./types.js";

const ACCOUNT = Symbol.for("idvkit.Account");

/** A parsed provider account: make it once, at start-up. It holds the secrets, is opaque, and never changes. */
export class Account {
  readonly #native: NativeAccount;

  /**
   * `config` is an object or its JSON text, for example from a secret store.
   *
   * @throws {Reject} naming the field, the rule and the fix.
   */
  constructor(config: Config | string) {
    const written = json(config, "config");
    this.#native = calling(() => native.Account.fromJson(written));
    Object.freeze(this);
  }

  /** The provider of the account. */
  get provider(): ProviderId {
    return this.#native.provider() as ProviderId;
  }

  /**
   * The provider's id that a callback or redirect names: `Session.references` has it, so it finds your row.
   *
   * `null` means that it is genuine and belongs to no session: answer 200 and forget it.
   *
   * @throws {Reject} blame `signature` if the sender cannot be trusted, `provider` if it cannot be read, `caller` for
   * other inputs than `Input.callback` and `Input.redirect`.
   */
  referenceOf(input: Input, now: UnixMillis): string | null {
    const given = Input.native(input);
    return calling(() => this.#native.referenceOf(given, millis(now)));
  }

  /** Prints the provider only. */
  toJSON(): string {
    return `Account(${this.provider})`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }

  /** @internal */
  [ACCOUNT](): NativeAccount | undefined {
    return #native in this ? this.#native : undefined;
  }

  /** @internal */
  static is(value: unknown): value is Account {
    return held(value, ACCOUNT) !== undefined;
  }

  /** @internal */
  static native(account: unknown): NativeAccount {
    return own(held(account, ACCOUNT), native.Account, "Account");
  }
}

/**
 * One user's way through one flow. Make it with `Session.open` or `Session.restore`.
 *
 * Several processes agree through your store, with compare-and-swap on `revision`.
 */
export class Session {
  readonly #native: NativeSession;

  private constructor(session: NativeSession) {
    this.#native = session;
    Object.freeze(this);
  }

  /**
   * Opens a session. Nothing is sent before the first `next`.
   *
   * `seed` holds 32 bytes: `crypto.randomBytes(32)`.
   *
   * @throws {Reject} naming the field, the rule and the fix; `request_of_other_provider` if account and request do not
   * belong together.
   */
  static open(account: Account, request: Request | string, seed: Uint8Array, now: UnixMillis): Session {
    const [of, written, random] = [Account.native(account), json(request, "request"), bytes(seed, "seed")];
    return new Session(calling(() => native.Session.open(of, written, random, millis(now))));
  }

  /**
   * Continues a stored session, on any machine.
   *
   * @throws {Reject} with blame `snapshot`: `snapshot_malformed`, `snapshot_newer`, `snapshot_of_other_provider`,
   * `snapshot_of_other_account`.
   */
  static restore(account: Account, snapshot: string): Session {
    const [of, stored] = [Account.native(account), text(snapshot, "snapshot")];
    return new Session(calling(() => native.Session.restore(of, stored)));
  }

  /**
   * The provider of the session in a stored text, to choose the account for `restore`.
   *
   * @throws {Reject} `snapshot_malformed`, `snapshot_newer`.
   */
  static providerOf(snapshot: string): ProviderId {
    const stored = text(snapshot, "snapshot");
    return calling(() => native.Session.providerOf(stored)) as ProviderId;
  }

  /**
   * What to do now: `send`, `present`, `wait` or `done`. Asking twice gives the same answer, bytes and ids.
   *
   * A time outside 2020 to 2200, or before the last change, counts as the time of the last change.
   */
  next(now: UnixMillis): Next {
    return next(this.#native.next(millis(now)));
  }

  /**
   * Tells the session something. A return means heard: store if `revision` moved. A refusal changed nothing.
   *
   * @throws {Reject} with a stable code, whose fault it is, and what to do.
   * @throws {TypeError} for anything that no function of `Input` made.
   */
  handle(input: Input, now: UnixMillis): void {
    const given = Input.native(input);
    calling(() => this.#native.handle(given, millis(now)));
  }

  /**
   * The session as text. Store it like a session table: it holds short-lived bearer values, personal data still to be
   * sent, and the evidence; never the account's credentials. Images are beside it: see `blobs`.
   */
  snapshot(): string {
    return this.#native.snapshot();
  }

  /**
   * The digests of the bytes that belong to the snapshot and are stored beside it, once: images that wait to be sent. A store
   * drops all others of the session.
   */
  get digests(): readonly string[] {
    return this.#native.digests();
  }

  /** Those bytes, as far as they are at hand: they came with an input, or by `supply`. */
  blobs(): readonly Blob[] {
    return record("Blob", this.#native.blobs());
  }

  /** The digests of the bytes without which the next request cannot be sent, or a long answer's evidence not be given: `supply` them. */
  get missing(): readonly string[] {
    return this.#native.missing();
  }

  /** Takes bytes that were stored beside the snapshot. `false` if they do not belong to it. No change to be stored. */
  supply(stored: Uint8Array): boolean {
    return this.#native.supply(bytes(stored, "stored"));
  }

  /** The revision, which rises with every change: store only where the stored one is the expected one. */
  get revision(): number {
    return this.#native.revision();
  }

  /**
   * What the provider announced that the user goes through, in its codes and order (`LDHP`, `F2F`), while there is a page to show
   * or a verdict to wait for. Only biometric.kz announces it.
   */
  get technologies(): readonly string[] {
    return this.#native.technologies();
  }

  /** The provider's ids, newest first: index your rows by them, `Account.referenceOf` names one of them. */
  get references(): readonly string[] {
    return this.#native.references();
  }

  /** What the decision rests on; `null` before a decision, after an erasure, and while `missing` names its bytes. It must stay on the server. */
  evidence(): Evidence | null {
    return evidence(this.#native.evidence());
  }

  /** The provider of the flow. */
  get provider(): ProviderId {
    return this.#native.provider() as ProviderId;
  }

  /** Prints the provider and the revision only. */
  toJSON(): string {
    return `Session(${this.provider}, revision ${this.revision})`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }
}
