/**
 * <idv-journey> shows the journey of any identity-verification provider from the data that it carries, and says in events what
 * happened. Nothing here decides: a hint is an opaque text for your own server, which fetches and verifies.
 */

import { IdvJourney } from "./element.js";

export { IdvJourney };
export type { ChosenImage, IdvEvents, Phase } from "./events.js";
export { preflight } from "./preflight.js";
export type { CameraTrouble } from "./preflight.js";
export { present } from "./present.js";
export type { PresentOptions, Presented } from "./present.js";
export { read } from "./read.js";
export type { ErrorCode } from "./trouble.js";
export type * from "./types.js";

/** On the page that the provider returns to: the whole URL, for your server, which handles `Input::Redirect`. */
export function readReturn(): string {
  return location.href;
}

globalThis.customElements?.get("idv-journey") ?? globalThis.customElements?.define("idv-journey", IdvJourney);

declare global {
  interface HTMLElementTagNameMap {
    "idv-journey": IdvJourney;
  }
}
