/**
 * Plain data as JSON text, or JSON text as it is.
 *
 * `JSON.stringify` alone would turn a `Map`, a class instance or bytes into something else without a word.
 */
export function json(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) throw new TypeError(`${what} takes an object or JSON text`);
  const paths = new Map<unknown, string>(); // where each object and array stands; indexes are left out
  return JSON.stringify(value, function (this: Record<string, unknown>, name, one: unknown) {
    const path = [paths.get(this), Array.isArray(this) ? "" : name].filter(Boolean).join(".");
    if (typeof one === "object") paths.set(one, path);
    // `one` has been through `toJSON` already: what stands in the object says whether it was plain.
    const before = this[name];
    if (typeof before === "number" && !Number.isFinite(before)) {
      throw new TypeError(`${path} must be a finite number, not ${before}; leave it out if it is not set (in ${what})`);
    }
    if (typeof before !== "object" || before === null || Array.isArray(before)) return one;
    const prototype: unknown = Object.getPrototypeOf(before);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return one;
    throw new TypeError(`${what} takes plain objects, not ${before.constructor?.name ?? "others"}${path && ` (in ${path})`}`);
  });
}
