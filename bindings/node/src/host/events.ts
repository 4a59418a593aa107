// What happened to a verification, for its timeline and the host's observer.

import type { FaultCode, ProviderId, RejectCode, UnixMillis } from "../types.js";

/** One event: never a URL, a body or a secret. */
export type Happened =
  | { readonly kind: "begun"; readonly provider: ProviderId; readonly account: string }
  /** It was told something; `reject` is there if that was refused. */
  | { readonly kind: "told"; readonly input: ToldInput; readonly reject?: RejectCode }
  /** A request to the provider. Without `status`, no answer came. `duration` is in milliseconds. */
  | { readonly kind: "exchange"; readonly provider: string; readonly operation: string; readonly status?: number; readonly duration: number }
  /** It ended, or another outcome replaces the end before: that of the delivery `replaces`. */
  | { readonly kind: "outcome"; readonly outcome: OutcomeWord; readonly code?: FaultCode; readonly replaces?: string }
  /** `onOutcome` was called. `failures`: how often that had failed before. */
  | { readonly kind: "delivered"; readonly delivery: string; readonly failures: number; readonly done: boolean }
  | { readonly kind: "erased"; readonly by: "retention" | "host" };

export type ToldInput = "hint" | "images" | "callback" | "redirect" | "retry" | "erase";
export type OutcomeWord = "approved" | "declined" | "inconclusive" | "completed" | "abandoned" | "expired" | "failed";

/** An event, as the observer gets it and `timeline` lists it. */
export type VerificationEvent = Happened & {
  /** The verification's id. */
  readonly verification: string;
  /** When it happened. */
  readonly at: UnixMillis;
};

/** Told of every event, once it is stored. */
export type Observer = (event: VerificationEvent) => void;
