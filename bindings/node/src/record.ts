// Records, as they come out of the native module: as JSON text, with bytes beside it.

import { inspect } from "node:util";

import { FORMS, type FormName } from "./forms.js";
import type { NativeProof, NativeStep } from "./native.js";
import type { Evidence, HttpRequest, Next } from "./types.js";

/** How a record is made of what `JSON.parse` gives. */
export interface Form {
  /** The members that may be printed; all of them if left out. */
  readonly shown?: readonly string[];
  /** The others, where they are credentials or personal data: there for whoever names them, and in no copy and no JSON. */
  readonly hidden?: readonly string[];
  /** Which members are records themselves. */
  readonly of?: { readonly [member: string]: FormName };
}

/** Makes a record, and those within it, of what `JSON.parse` gave; of `null` and of lists as well. */
export function record<T>(name: FormName, parsed: unknown): T {
  return made(name, parsed) as T;
}

export function next(step: NativeStep): Next {
  const next = JSON.parse(step.json) as { request?: Fields };
  if (next.request) next.request.body = step.body ?? null;
  return record<Next>("Next", next);
}

export function request(step: NativeStep): HttpRequest {
  return record<HttpRequest>("HttpRequest", { ...(JSON.parse(step.json) as object), body: step.body ?? null });
}

export function evidence(proof: NativeProof | null): Evidence | null {
  if (proof === null) return null;
  const fields = JSON.parse(proof.json) as Fields;
  return record<Evidence>("Evidence", Object.assign(fields, { raw: proof.raw, sealed: proof.sealed ?? null }));
}

type Fields = Record<string, unknown>;

function made(name: FormName, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => made(name, one));
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Fields;
  const { shown, hidden, of } = FORMS[name];
  for (const member in of) if (member in fields) fields[member] = made(of[member] as FormName, fields[member]);
  if (hidden) return new (sealed(name, shown ?? [], hidden))(fields, shown ?? []);
  return shown ? Object.defineProperty(fields, inspect.custom, { value: printer(name, shown) }) : fields;
}

/** A record that hides members: they are read by name, and are no properties of its own. */
class Sealed {
  readonly #fields: Fields;

  constructor(fields: Fields, shown: readonly string[]) {
    this.#fields = fields;
    for (const member of shown) (this as unknown as Fields)[member] = fields[member];
    Object.freeze(this);
  }

  static read(record: Sealed, member: string): unknown {
    return record.#fields[member];
  }
}

const classes = new Map<FormName, typeof Sealed>();
const printers = new Map<FormName, object>();

function sealed(name: FormName, shown: readonly string[], hidden: readonly string[]): typeof Sealed {
  const known = classes.get(name);
  if (known) return known;
  const made = { [name]: class extends Sealed {} }[name] as typeof Sealed;
  for (const member of hidden) {
    const get = function (this: Sealed) {
      return Sealed.read(this, member);
    };
    Object.defineProperty(made.prototype, member, { get });
  }
  Object.defineProperty(made.prototype, inspect.custom, { value: printer(name, shown) });
  classes.set(name, made);
  return made;
}

function printer(name: FormName, shown: readonly string[]): object {
  const known = printers.get(name);
  if (known) return known;
  const print = function (this: Fields, _depth: number, options: object): string {
    const text = inspect(Object.fromEntries(shown.map((member) => [member, this[member]])), options);
    return `${name} ${text === "{}" ? "{ .. }" : text.replace(/ }$/, ", .. }").replace(/(\n *)}$/, ",$1  ..$1}")}`;
  };
  printers.set(name, print);
  return print;
}
