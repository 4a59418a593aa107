import { inspect } from "node:util";

import { held } from "./brand.js";
import type { NativeAnswer, NativeInput } from "./native.js";
import type { Header, Image, UnixMillis } from "./types.js";

/** The value of a header, or several of the same name. `null` and `undefined` stand for none. */
export type HeaderValue = string | readonly string[] | null | undefined;

/**
 * Header lines: `Header` objects, pairs, or an object from name to value or values, as Node's `request.headers` and the events of
 * API gateways have them.
 */
export type HeaderLines =
  | Iterable<Header | { readonly name: string; readonly value: HeaderValue } | readonly [name: string, value: HeaderValue]>
  | { readonly [name: string]: HeaderValue };

/** What a provider answered. `body` is the raw body, byte for byte. */
export interface Reply {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly body: Uint8Array;
}

const INPUT = Symbol.for("idvkit.Input");

/**
 * What a host tells a session.
 *
 * An input is made by one of these functions, and by nothing else: no object that a client posted is one. What a page or
 * phone sends is the text for `Input.hint`.
 */
export class Input {
  readonly #input: NativeInput;

  private constructor(input: NativeInput) {
    this.#input = input;
    Object.freeze(this);
  }

  /** The answer to the request with this id. `body` is the raw body, byte for byte. */
  static httpResponse(answer: Reply & { id: string }): Input {
    return new Input({ kind: "http_response", text: text(answer.id, "id"), ...flat(answer) });
  }

  /** No answer came to the request with this id: refused, reset, timed out. */
  static httpFailed(id: string): Input {
    return new Input({ kind: "http_failed", text: text(id, "id") });
  }

  /** This worker is about to send the request with this id: store, and only whoever stored first sends. */
  static sending(id: string): Input {
    return new Input({ kind: "sending", text: text(id, "id") });
  }

  /** The opaque text that `read` gave a page or phone. */
  static hint(hint: string): Input {
    return new Input({ kind: "hint", text: text(hint, "hint") });
  }

  /** The user came back to the return URL: the whole URL or path with query, as it was asked for. */
  static redirect(url: string): Input {
    return new Input({ kind: "redirect", text: text(url, "url") });
  }

  /** The provider called. `url` is the path with query, `body` the raw body, byte for byte. */
  static callback(call: { url: string; headers: HeaderLines; body: Uint8Array }): Input {
    return new Input({
      kind: "callback",
      text: text(call.url, "url"),
      headers: lines(call.headers),
      body: bytes(call.body, "body"),
    });
  }

  /** The images that `Way` upload asked for. */
  static images(images: readonly Image[]): Input {
    const all = images.map((image) => ({ slot: text(image.slot, "slot"), bytes: bytes(image.bytes, "bytes") }));
    return new Input({ kind: "images", images: all });
  }

  /** Try again after a failure, or once more after an end that allows it. */
  static retry(): Input {
    return new Input({ kind: "retry" });
  }

  /** Wipe personal data here and, if asked for, delete at the provider. */
  static erase(options: { atProvider: boolean }): Input {
    return new Input({ kind: "erase", atProvider: yes(options?.atProvider, "atProvider") });
  }

  /** Prints the kind only. */
  toJSON(): string {
    return `Input(${this.#input.kind})`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }

  /** @internal */
  [INPUT](): NativeInput | undefined {
    return #input in this ? this.#input : undefined;
  }

  /** @internal */
  static native(input: unknown): NativeInput {
    const given = held(input, INPUT);
    if (given) return given as NativeInput;
    throw new TypeError(
      "an input is made by Input.httpResponse, Input.httpFailed, Input.sending, Input.hint, Input.redirect, " +
        "Input.callback, Input.images, Input.retry or Input.erase: what a client posted goes into Input.hint(text)",
    );
  }
}

/** Bytes, as they are. Text is refused: encoding it anew would not give the bytes that were signed. */
export function bytes(value: unknown, field: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  // Of another realm, as Buffers are under jsdom, or another view.
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError(
    typeof value === "string"
      ? `${field} takes a Uint8Array or Buffer, not a string: signatures cover the bytes as they arrived, and text that ` +
        "was decoded may not encode to them again; pass the raw body (express.raw(), await response.arrayBuffer())"
      : `${field} takes a Uint8Array or Buffer, not ${kind(value)}; ` +
        "pass the raw body (express.raw(), new Uint8Array(await response.arrayBuffer()))",
  );
}

/** A text; `String(value)` would hide mistakes. */
export function text(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${field} takes a string, not ${kind(value)}`);
}

/** A yes or no; what is only true or false by conversion would hide mistakes. */
export function yes(value: unknown, field: string): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(`${field} takes a boolean, not ${kind(value)}`);
}

/** A time for the native module, which would take `NaN` for 1970. */
export function millis(now: UnixMillis): number {
  if (typeof now === "number" && Number.isFinite(now)) return Math.floor(now);
  throw new TypeError("now takes milliseconds since 1970 as a number, as Date.now() gives them");
}

/** An answer for the native module. */
export function flat(answer: Reply): NativeAnswer {
  return { status: status(answer.status), headers: lines(answer.headers), body: bytes(answer.body, "body") };
}

/** The member, unless it is `null`, which the native module has no member for. */
export function maybe<K extends string, A, B>(name: K, value: A | null, take: (value: A, field: string) => B): { [name in K]?: B } {
  return (value === null ? {} : { [name]: take(value, name) }) as { [name in K]?: B };
}

function status(value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff) return value as number;
  throw new TypeError("status takes an HTTP status as a number");
}

function lines(headers: HeaderLines): string[] {
  const flat: string[] = [];
  const add = (name: unknown, value: unknown) => {
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (one !== null && one !== undefined) flat.push(text(name, "a header's name"), text(one, "a header's value"));
    }
  };
  if (typeof headers !== "object" || headers === null) {
    throw new TypeError("headers are Header objects, pairs of strings, or an object of strings");
  }
  if (!(Symbol.iterator in headers)) {
    for (const [name, value] of Object.entries(headers)) add(name, value);
    return flat;
  }
  for (const line of headers) {
    if (Array.isArray(line)) add(line[0], line[1]);
    else add((line as Header).name, (line as Header).value);
  }
  return flat;
}

/** What a value is, in a word. */
export function kind(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
}
