// One showing of one journey: what the ways tell the page and the user meanwhile.

import type { IdvEvents, Phase } from "./events.js";
import { make, type Panel } from "./panel.js";
import { understand } from "./read.js";
import type { TextKey } from "./texts.js";
import { Trouble } from "./trouble.js";
import type { HintKind, Journey, Seen } from "./types.js";

const LOAD_TIMEOUT_MS = 30_000;

export interface Showing {
  readonly owner: HTMLElement;
  readonly panel: Panel;
  /** Replaced by a newer one of the same id. */
  journey: Journey | null;
  /** Begins anew. */
  readonly restart: () => void;
  /** Aborted at the end. Everything that is begun hangs on it. */
  readonly signal: AbortSignal;
  /** The user's side is over, also if this journey was shown before. */
  over: boolean | undefined;
}

/** Passes on what was seen, and says what it means. Nothing counts any more after the end. */
export function see(shown: Showing, seen: Seen): HintKind | undefined {
  const { journey, signal } = shown;
  const hint = signal.aborted ? null : understand(journey, seen);
  if (!hint) return undefined;
  const { kind } = hint;
  emit(shown, "idv-hint", hint);
  if (kind === "closed") emit(shown, "idv-closed", {});
  else if (kind !== "loaded" && !signal.aborted) {
    shown.panel.say(kind);
    const { over } = shown;
    shown.over = true;
    if (!over) emit(shown, "idv-end", { kind });
  }
  return kind;
}

/** Says how far it is: to the page, and to the user if there is anything to say. */
export function progress(shown: Showing, phase: Phase, text?: TextKey): void {
  shown.panel.say(text, text && phase !== "shown");
  emit(shown, "idv-progress", { phase });
}

/** Tells the user and the page what is wrong. What is shown stays. */
export function fail(shown: Showing, { code, reason }: Trouble, ...onward: HTMLElement[]): void {
  const { panel, restart } = shown;
  const hopeless = /^(way|journey)_/.test(code);
  const again = hopeless ? [] : [panel.button("again", restart)];
  panel.say();
  panel.warn(panel.label(make("p"), code), ...again, ...onward);
  emit(shown, "idv-error", { code, message: panel.text(code), reason });
}

export function emit<K extends keyof IdvEvents>({ owner }: Pick<Showing, "owner">, name: K, detail: IdvEvents[K]): void {
  owner.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}

/** Tells of a load that takes too long, unless the returned function is called before. */
export function deadline(shown: Showing): () => void {
  let late = false;
  const tell = () => {
    late = true;
    fail(shown, new Trouble("load_timeout"));
  };
  const timer = setTimeout(tell, +shown.owner.getAttribute("load-timeout")! || LOAD_TIMEOUT_MS);
  const clear = () => {
    clearTimeout(timer);
    if (late) shown.panel.warn();
  };
  atEnd(shown, clear);
  return clear;
}

/** Does something at the end, or now if it has come. */
export function atEnd({ signal }: Showing, what: () => void): void {
  if (signal.aborted) what();
  else signal.addEventListener("abort", what);
}

/** What was handed over, as JSON text; empty if it is nothing, or has no such form. */
export function jsonOf(data: unknown): string {
  try {
    return JSON.stringify(data) ?? "";
  } catch {
    return "";
  }
}
