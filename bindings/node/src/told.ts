import { inspect } from "node:util";

import { held } from "./brand.js";
import { type Reply, bytes, flat, maybe, text, yes } from "./input.js";
import type { NativeTold } from "./native.js";
import type { Blob } from "./types.js";

const TOLD = Symbol.for("idvkit.Told");

/** What came of what a driver asked. Like an input, it is made by one of these functions, and by nothing else. */
export class Told {
  readonly #told: NativeTold;

  private constructor(told: NativeTold) {
    this.#told = told;
    Object.freeze(this);
  }

  /** What the store has: `Row.snapshot` as it was stored, `null` if there is no such row; and the blobs that were asked for. */
  static loaded(snapshot: string | null, blobs: readonly Blob[] = []): Told {
    const all = blobs.map((blob) => ({ digest: text(blob.digest, "digest"), bytes: bytes(blob.bytes, "bytes") }));
    return new Told({ kind: "loaded", ...maybe("snapshot", snapshot, text), blobs: all });
  }

  /** Whether the row was stored; not if another worker was first. */
  static stored(stored: boolean): Told {
    return new Told({ kind: "stored", done: yes(stored, "stored") });
  }

  /** The provider's answer; `null` if none came: refused, reset, timed out. `body` is the raw body, byte for byte. */
  static exchanged(answer: Reply | null): Told {
    return new Told({ kind: "exchanged", ...maybe("answer", answer, flat) });
  }

  /** Whether the host has acted on the outcome, for good. Otherwise it is asked again later. */
  static delivered(delivered: boolean): Told {
    return new Told({ kind: "delivered", done: yes(delivered, "delivered") });
  }

  /** Prints the kind only. */
  toJSON(): string {
    return `Told(${this.#told.kind})`;
  }

  [inspect.custom](): string {
    return this.toJSON();
  }

  /** @internal */
  [TOLD](): NativeTold | undefined {
    return #told in this ? this.#told : undefined;
  }

  /** @internal */
  static native(told: unknown): NativeTold {
    const given = held(told, TOLD);
    if (given) return given as NativeTold;
    throw new TypeError("what came of it is made by Told.loaded, Told.stored, Told.exchanged or Told.delivered");
  }
}
