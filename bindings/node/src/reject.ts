import { native } from "./native.js";
import type { Blame, RejectCode } from "./types.js";

const REJECT = Symbol.for("idvkit.Reject");

/**
 * Why a call was refused. Whatever was refused changed nothing.
 *
 * The message is idvkit's own: it names the field, the rule and the fix, and never echoes a value.
 */
export class Reject extends Error {
  /** The stable `snake_case` code, the same text in every language. */
  readonly code: RejectCode;
  /** Who causes it: decide by this what to do. */
  readonly blame: Blame;
  /** The field it is about, with a dotted path where nested. */
  readonly field: string | null;

  constructor(code: RejectCode, blame: Blame, field: string | null, message: string) {
    super(field === null ? message : `${field}: ${message}`);
    this.name = "Reject";
    this.code = code;
    this.blame = blame;
    this.field = field;
  }

  /** The HTTP status with which your server answers the request of a browser that led to this reject. */
  get httpStatus(): number {
    return native.httpStatus(this.code)[0];
  }

  /**
   * The HTTP status with which your server answers a provider whose callback led to this reject: 200 if the callback is genuine
   * and nothing follows from it, as the provider would send it again otherwise.
   */
  get callbackStatus(): number {
    return native.httpStatus(this.code)[1];
  }

  /** @internal */
  get [REJECT](): true {
    return true;
  }

  /** Whether it is a refusal: of this copy of the package, or of another one or another realm. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== Reject) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === "object" && value !== null && (value as { [REJECT]?: unknown })[REJECT] === true;
  }
}

/** Calls the native module, and turns a refusal of its own into a `Reject`, anything else into a `TypeError`. */
export function calling<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    // Read by its members: the native module's errors may be of another realm.
    const message: unknown = (error as { readonly message?: unknown } | null)?.message;
    const text = typeof message === "string" ? message : "";
    const thrown = text.startsWith("idvkit:")
      ? new Reject(...(JSON.parse(text.slice("idvkit:".length)) as [RejectCode, Blame, string | null, string]))
      : new TypeError(text || "the native module failed");
    // The trace begins where the caller stands.
    Error.captureStackTrace(thrown, calling);
    throw thrown;
  }
}
