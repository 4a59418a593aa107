// `read` turns what the page saw into an opaque hint for its own server. The rules are in the journey, and none are here.

import { parse } from "./choose.js";
import type { Carry, HintKind, Journey, Seen, Signal, Way } from "./types.js";

/** The longest hint text, in bytes. */
const MAX_HINT_BYTES = 4096;
/** What a page saw is ignored if it is larger than this, in bytes. */
const MAX_SEEN_BYTES = 256 * 1024;
/** As deep as that may be nested. */
const MAX_DEPTH = 127;

/** A hint, and the kind that stands in its text. */
export interface Hint {
  readonly text: string;
  readonly kind: HintKind;
}

/**
 * Turns what was seen into the text of a hint, or returns `null` if it means nothing for this journey.
 *
 * It decides nothing, and never throws. A member that is a number counts if it is an integer within ±(2^53 - 1), as its digits; any other
 * number counts as absent. Post the text to your own server, which handles it as `Input::Hint`. `journey` is a `Journey` or its JSON text.
 */
export function read(journey: Journey | string, seen: Seen): string | null {
  try {
    return understand(parse(journey), seen)?.text ?? null;
  } catch {
    return null;
  }
}

/** As `read`, with the kind beside the text. */
export function understand(journey: Journey | null, seen: Seen): Hint | null {
  if (!journey) return null;
  if (seen.type === "closed") return hint(journey, "closed", []);
  const text = members(seen);
  const signal = text && journey.ways.flatMap(signals).find((one) => fits(one, seen, text));
  return signal ? hint(journey, signal.means, carried(signal.carry ?? [], text)) : null;
}

/** Any `Seen`, as far as it goes. */
type Saw = Partial<Record<"url" | "origin" | "name" | "data", string>>;

/** Finds a member by its dotted path, as text. */
type Members = (path: string) => string | undefined;

/** What can be seen along a way. One that this version does not know has nothing to see. */
function signals(way: Way): readonly Signal[] {
  if (way.type === "redirect" || way.type === "web_view") return way.finish;
  return way.type === "frame" || way.type === "script" || way.type === "native" ? way.listen : [];
}

function hint(journey: Journey, kind: HintKind, carry: [string, string][]): Hint {
  const write = (data: [string, string][]) => JSON.stringify({ journey: journey.id, kind, data: Object.fromEntries(data) });
  // Sorted, so that every language writes the same bytes.
  const text = write(carry.sort(([one], [other]) => (one < other ? -1 : 1)));
  // Only a hostile page fills every member; the kind alone still says what matters.
  return { kind, text: bytes(text) > MAX_HINT_BYTES ? write([]) : text };
}

function fits({ on, when = [] }: Signal, seen: Saw, text: Members): boolean {
  // What was not seen is undefined, and in no list.
  const triggered =
    on.type === "message"
      ? on.origins.includes(seen.origin!)
      : on.type === "handler"
        ? on.names.includes(seen.name!)
        : on.type === "event"
          ? on.name === seen.name
          : on.type === "navigation" && place(on.url) === place(seen.url ?? "");
  return triggered && when.every(({ path, is }) => is.includes(text(path)!));
}

/** Scheme, host, port and path; query, fragment and one trailing slash do not count. */
function place(url: string): string {
  return url.replace(/\/?([?#][^]*)?$/, "");
}

function members({ url, origin, data = "" }: Saw): Members | undefined {
  if (bytes(url ?? data) > MAX_SEEN_BYTES) return;
  if (url !== undefined) {
    // The `&` keeps a second question mark, which the constructor would take off.
    const query = new URLSearchParams("&" + (/\?([^#]*)/.exec(url)?.[1] ?? ""));
    return (path) => query.get(path) ?? undefined;
  }
  const top = object(data);
  if (!top && origin !== undefined) return;
  return (path) => {
    let value: unknown = top;
    for (const name of path.split(".")) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return /string|boolean/.test(typeof value) || Number.isSafeInteger(value) ? `${value}` : undefined;
  };
}

function carried(carry: readonly Carry[], text: Members): [string, string][] {
  return carry.flatMap(({ name, path, max }): [string, string][] => {
    const value = text(path);
    // Cut by characters, not by halves of them.
    return value === undefined ? [] : [[name, [...value].slice(0, max).join("")]];
  });
}

/** An object, or a JSON string that holds one: libraries hand over either. */
function object(text: string): Record<string, unknown> | undefined {
  try {
    let value = parsed(text);
    if (typeof value === "string") value = parsed(value);
    if (isObject(value)) return value;
  } catch {
    // Not JSON, so nothing to read.
  }
  return undefined;
}

function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return sound(value, MAX_DEPTH) ? value : undefined;
}

/** Whether the other languages read it, too: no half characters, no numbers beyond a double, and nested only so deep. */
function sound(value: unknown, depth: number): boolean {
  if (Object(value) === value) return depth > 0 && Object.entries(value as object).flat().every((one) => sound(one, depth - 1));
  return typeof value === "number" ? isFinite(value) : `${value}`.isWellFormed();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return Object(value) === value && !Array.isArray(value);
}

function bytes(text: string): number {
  return new Blob([text]).size;
}
