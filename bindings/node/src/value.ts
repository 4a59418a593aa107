// The calls on providers' values: arguments go in as JSON text, with bytes beside it, and the answer comes out as JSON text.

import type { FormName } from "./forms.js";
import { bytes } from "./input.js";
import { native } from "./native.js";
import { record } from "./record.js";
import { calling } from "./reject.js";

/**
 * Makes a call. `form` names the type of the answer if not all of it may be printed.
 *
 * An argument that does not have its form is refused by the call itself, as `input_malformed` about that argument.
 */
export function value<T>(
  provider: string,
  name: string,
  form: FormName | null,
  args: Args,
  bodies?: Bodies,
): T {
  const answer: unknown = JSON.parse(calling(() => made(provider, name, args, bodies)));
  return form === null ? (answer as T) : record<T>(form, answer);
}

/** Arguments, or their JSON text. */
type Args = string | { readonly [name: string]: unknown };
type Bodies = { readonly [name: string]: unknown };

function made(provider: string, name: string, args: Args, bodies?: Bodies): string {
  const text = typeof args === "string" ? args : JSON.stringify(args);
  if (bodies === undefined) return native.value(provider, name, text);
  const given = Object.entries(bodies).filter(([, body]) => body !== undefined && body !== null);
  const names = given.map(([name]) => name);
  return native.valueOf(provider, name, text, names, given.map(([name, body]) => bytes(body, name)));
}
