// The element's attributes and events, as a template of a framework writes them.

import type { IdvEvents } from "./events.js";
import type { Journey, Way } from "./types.js";

/** The attributes, and the property `journey`. */
export interface IdvAttributes {
  journey?: Journey | string | null | undefined;
  src?: string | undefined;
  way?: Way["type"] | undefined;
  lang?: string | undefined;
  nonce?: string | undefined;
  integrity?: string | undefined;
  "load-timeout"?: number | string | undefined;
  "auto-redirect"?: boolean | undefined;
  preflight?: "camera" | "off" | undefined;
}

/** A handler of the event with this name. */
export type IdvHandler<K extends keyof IdvEvents> = (event: CustomEvent<IdvEvents[K]>) => void;
