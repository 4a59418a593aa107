/**
 * <idv-journey> shows the journey of any identity-verification provider from the journey's data, and reports in events what
 * happened. It decides nothing: a hint is an opaque text for your own server, which fetches and verifies the result.
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

/** Call this on the page that the provider returns to. It gives the whole URL for your server, which handles it as `Input::Redirect`. */
export function readReturn(): string {
  return location.href;
}

const registry = globalThis.customElements as CustomElementRegistry | undefined;
registry?.get("idv-journey") ?? registry?.define("idv-journey", IdvJourney);

declare global {
  interface HTMLElementTagNameMap {
    "idv-journey": IdvJourney;
  }
}
