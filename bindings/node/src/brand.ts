// How objects of this package are known, whichever copy of the package made them, and in whichever realm: Jest and Vitest run
// tests in realms of their own, where `instanceof` fails for what comes from outside. No JSON has a symbol.

/** What an object holds under a mark, if it has it. */
export function held(value: unknown, mark: symbol): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const give = (value as { readonly [mark: symbol]: unknown })[mark];
  return typeof give === "function" ? give.call(value) : undefined;
}
