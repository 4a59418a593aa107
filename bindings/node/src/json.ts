import { kind } from "./input.js";

/**
 * Plain data as JSON text, or JSON text as it is.
 *
 * `JSON.stringify` alone would turn a `Map`, a class instance or bytes into something else without a word, and leave a function out.
 */
export function json(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) throw new TypeError(`${what} takes an object or JSON text, not ${kind(value)}`);
  if (isClean(value, DEEPEST)) return JSON.stringify(value);
  const places = new Map<unknown, string>(); // where each object and list stands
  return JSON.stringify(value, function (this: Record<string, unknown>, name, one: unknown) {
    const [above, listed] = [places.get(this), Array.isArray(this)];
    const place = above === undefined ? what : listed ? `${above}[${name}]` : `${above}.${name}`;
    // `one` has been through `toJSON` already: what stands in the object says whether it was plain.
    const before = this[name];
    const wrong = fault(before, listed) ?? (one === before ? null : "takes plain data, not an object with a toJSON of its own");
    if (wrong) throw new TypeError(`${place} ${wrong}`);
    if (typeof before === "object") places.set(before, place);
    return one;
  });
}

/** How deep the quick look goes: no configuration or request is as deep, and what holds itself has no end. */
const DEEPEST = 32;

/**
 * Whether a value is plain data, at a quick look. It knows no place: where it says no, the slow one decides, and names the place.
 *
 * A replacer would make `JSON.stringify` several times as slow.
 */
function isClean(value: unknown, deeper: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (deeper === 0 || "toJSON" in value) return false;
  if (Array.isArray(value)) {
    for (const one of value as readonly unknown[]) if (!isClean(one, deeper - 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) {
    const one = (value as { readonly [name: string]: unknown })[name];
    // What is not set is left out.
    if (one !== undefined && !isClean(one, deeper - 1)) return false;
  }
  return true;
}

/** Why a value has no JSON that means the same, and what helps; `null` if it has. */
function fault(value: unknown, listed: boolean): string | null {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? null : `must be a finite number, not ${value}; leave it out if it is not set`;
    case "undefined":
      return listed ? "is undefined: a list has no gaps; leave it out" : null;
    case "bigint":
      return "takes a number, not bigint: pass Number(value)";
    case "function":
    case "symbol":
      return `takes plain data, not ${typeof value}`;
    case "object":
      return value === null || Array.isArray(value) || isPlain(value) ? null : instead(kind(value));
    default:
      return null;
  }
}

/** An object of no class, in whichever realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** By class: what to pass instead. */
const INSTEAD: { readonly [name: string]: string } = {
  Boolean: "value.valueOf()",
  Buffer: 'value.toString("utf8"), if it is text',
  Date: "value.toISOString(), or the day of it",
  Headers: "Object.fromEntries(value)",
  Map: "Object.fromEntries(value)",
  Number: "value.valueOf()",
  Set: "[...value]",
  String: "value.valueOf()",
  URL: "value.href",
  URLSearchParams: "String(value)",
};

function instead(name: string): string {
  const fix = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : "a plain object, such as { ...value }";
  return `takes plain data, not ${name}: pass ${fix}`;
}
