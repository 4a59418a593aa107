// `present`: the element without HTML, for those who prefer a function.

import type { IdvJourney } from "./element.js";
import { make } from "./panel.js";
import type { IdvEvents } from "./events.js";
import type { Journey, Way } from "./types.js";

/** The element's attributes, and a handler for each event. */
export interface PresentOptions {
  /** A way to prefer. */
  readonly way?: Way["type"];
  /** The language of the element's own texts: `en`, `ru`, `kk`, `de`, `hi`. */
  readonly lang?: string;
  /** For the tag of a provider's script, where the page has a content security policy. */
  readonly nonce?: string;
  /** The digest of a provider's script. */
  readonly integrity?: string;
  /** In milliseconds; 30000 if it is not given. */
  readonly loadTimeout?: number;
  /** Leave for the provider's page without asking. */
  readonly autoRedirect?: boolean;
  /** `camera`: try it in any case; `off`: never. Otherwise as the journey says. */
  readonly preflight?: "camera" | "off";
  readonly onHint?: (detail: IdvEvents["idv-hint"]) => void;
  readonly onProgress?: (detail: IdvEvents["idv-progress"]) => void;
  readonly onEnd?: (detail: IdvEvents["idv-end"]) => void;
  readonly onError?: (detail: IdvEvents["idv-error"]) => void;
  readonly onClosed?: (detail: IdvEvents["idv-closed"]) => void;
  readonly onImages?: (detail: IdvEvents["idv-images"]) => void;
}

/** What is shown. */
export interface Presented {
  readonly element: IdvJourney;
  /** The user has closed it: tells the server, and removes it. Nothing, once `present` was called again for the same container. */
  close(): void;
  /** Removes it likewise, and tells nobody: for the clean-up of a framework. */
  remove(): void;
}

const handlers = new WeakMap<IdvJourney, AbortController>();

/** Shows a journey in a container. With the same journey again, what is shown stays as it is, and only the handlers are new. */
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
      const attribute = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      element.toggleAttribute(attribute, !!value);
      if (value && value !== true) element.setAttribute(attribute, `${value}`);
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
