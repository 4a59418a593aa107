// `present` shows the element by a function call, without HTML.

import type { IdvJourney } from "./element.js";
import { make } from "./panel.js";
import type { IdvEvents } from "./events.js";
import type { Journey, Way } from "./types.js";

/** The element's attributes, and a handler for each event. */
export interface PresentOptions {
  /** The way to prefer: `frame`, `script`, `redirect` or `upload`. */
  readonly way?: Way["type"];
  /** The language of the element's own texts: `en`, `ru`, `kk`, `de`, `hi`. */
  readonly lang?: string;
  /** The nonce of the page's content security policy, for the tag of a provider's script. */
  readonly nonce?: string;
  /** The `integrity` digest of a provider's script. */
  readonly integrity?: string;
  /** The time until the error `load_timeout`, in milliseconds; 30000 by default. */
  readonly loadTimeout?: number;
  /** Whether to go to the provider's page without asking the user. */
  readonly autoRedirect?: boolean;
  /** `camera`: always check the camera first; `off`: never. By default as the journey says. */
  readonly preflight?: "camera" | "off";
  readonly onHint?: (detail: IdvEvents["idv-hint"]) => void;
  readonly onProgress?: (detail: IdvEvents["idv-progress"]) => void;
  readonly onEnd?: (detail: IdvEvents["idv-end"]) => void;
  readonly onError?: (detail: IdvEvents["idv-error"]) => void;
  readonly onClosed?: (detail: IdvEvents["idv-closed"]) => void;
  readonly onImages?: (detail: IdvEvents["idv-images"]) => void;
}

/** A journey that is shown. */
export interface Presented {
  readonly element: IdvJourney;
  /**
   * Call this when the user has closed the journey: it informs the server by a hint, and removes the element. It does nothing
   * after a further `present` for the same container.
   */
  close(): void;
  /** Removes the element without informing the server, for the clean-up of a framework. */
  remove(): void;
}

const handlers = new WeakMap<IdvJourney, AbortController>();

/** Shows a journey in a container. If the same journey is shown already, only the handlers are replaced. */
export function present(container: Element, journey: Journey | string, options: PresentOptions = {}): Presented {
  const there = container.querySelector<IdvJourney>(":scope > idv-journey");
  const element = there ?? make("idv-journey");
  handlers.get(element)?.abort();
  const listening = new AbortController();
  handlers.set(element, listening);
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "function") {
      const tell = (event: Event) => (value as (detail: unknown) => void)((event as CustomEvent).detail);
      element.addEventListener(`idv-${name.slice(2).toLowerCase()}`, tell, { signal: listening.signal });
    } else {
      const attribute = name.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
      if (value) element.setAttribute(attribute, value === true ? "" : `${value}`);
      else element.removeAttribute(attribute);
    }
  }
  element.journey = journey;
  if (!there) container.append(element);
  // Once something else is presented here, this is history.
  const remove = (leave?: () => void) => {
    if (listening.signal.aborted) return;
    leave?.();
    listening.abort();
    element.remove();
  };
  return { element, close: () => remove(() => element.close()), remove: () => remove() };
}
