import type { CameraTrouble } from "./preflight.js";

/** Why the element could not show a journey. */
export type ErrorCode =
  | CameraTrouble
  /** The page or the script did not load in time. */
  | "load_timeout"
  /** The script could not be loaded or started. */
  | "script_failed"
  /** No way of this journey can be shown in a page. */
  | "way_unsupported"
  /** The value is not a journey from a server's `Present` step. */
  | "journey_malformed"
  /** With `src`: the server does not know the verification, or this user may not see it. */
  | "state_refused";

/** What goes wrong, for the user; the reason is for developers. */
export class Trouble {
  constructor(
    readonly code: ErrorCode,
    readonly reason = "",
  ) {}
}
