// What the element tells the page.

import type { ErrorCode } from "./trouble.js";
import type { HintKind } from "./types.js";

/** How far the element is. */
export type Phase = "preflight" | "loading" | "shown" | "leaving";

/** An image that the user chose. */
export interface ChosenImage {
  readonly slot: string;
  readonly blob: Blob;
}

/** The details of the events. Each bubbles, and crosses shadow roots. */
export interface IdvEvents {
  /** Post the text to your server, which handles `Input::Hint`. */
  "idv-hint": { readonly text: string; readonly kind: HintKind };
  /** How far it is. */
  "idv-progress": { readonly phase: Phase };
  /** The user's side is over, once for each journey. What came of it, only your server can say. */
  "idv-end": { readonly kind: HintKind };
  /** Something is wrong; the user has been told the message. The reason is for you, and may be empty. */
  "idv-error": { readonly code: ErrorCode; readonly message: string; readonly reason: string };
  /** The user closed it. */
  "idv-closed": Readonly<Record<string, never>>;
  /** The user chose images; post them to your server, which handles `Input::Images`. */
  "idv-images": { readonly images: readonly ChosenImage[] };
}

declare global {
  interface HTMLElementEventMap extends IdvEventMap {}
}

type IdvEventMap = { [K in keyof IdvEvents]: CustomEvent<IdvEvents[K]> };
