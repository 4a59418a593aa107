// The events of the element.

import type { ErrorCode } from "./trouble.js";
import type { HintKind, Journey } from "./types.js";

/** The phase that the element is in. */
export type Phase = "preflight" | "loading" | "shown" | "leaving";

/** An image that the user chose. */
export interface ChosenImage {
  readonly slot: string;
  readonly blob: Blob;
}

/** What the user has to see now, as the server says it: the answer of the route that `src` names. */
export type HostedState = { readonly id: string } & (
  | { readonly state: "journey"; readonly journey: Journey; readonly until: number }
  | { readonly state: "waiting"; readonly until: number }
  | { readonly state: "done"; readonly outcome: HostedOutcome }
);

/** How a verification ended. `decision` is there for the type `decided`, `fault` for `failed`. */
export interface HostedOutcome {
  readonly type: "decided" | "abandoned" | "expired" | "failed";
  readonly decision?: "approved" | "declined" | "inconclusive" | "completed";
  readonly fault?: { readonly code: string; readonly message: string | null };
}

/** The details of the events. Each event bubbles and crosses shadow roots. */
export interface IdvEvents {
  /** The page saw something. Post the text to your server, which handles it as `Input::Hint`. */
  "idv-hint": { readonly text: string; readonly kind: HintKind };
  /** The element entered another phase. */
  "idv-progress": { readonly phase: Phase };
  /** The user has finished; this comes once for each journey. Only your server knows the outcome. */
  "idv-end": { readonly kind: HintKind };
  /** Something went wrong. The element shows the message to the user; the reason is for you, and may be empty. */
  "idv-error": { readonly code: ErrorCode; readonly message: string; readonly reason: string };
  /** The user closed the journey. */
  "idv-closed": Readonly<Record<string, never>>;
  /** The user chose images. Post them to your server, which handles them as `Input::Images`. */
  "idv-images": { readonly images: readonly ChosenImage[] };
  /** With `src`: the server said what the user has to see now. This comes after each change. */
  "idv-state": HostedState;
  /** With `src`: the verification has ended. This comes again with another outcome after a retry. */
  "idv-done": { readonly outcome: HostedOutcome };
}

declare global {
  interface HTMLElementEventMap extends IdvEventMap {}
}

type IdvEventMap = { [K in keyof IdvEvents]: CustomEvent<IdvEvents[K]> };
