import { inspect } from "node:util";

/**
 * A frozen record that holds credentials or personal data. Its fields are there for whoever names them; printing it, or
 * making JSON of whatever holds it, shows only what may be logged.
 */
class Sealed {
  readonly #name: string;
  readonly #shown: readonly string[];

  constructor(name: string, shown: readonly string[], fields: object) {
    this.#name = name;
    this.#shown = shown;
    Object.assign(this, fields);
    Object.freeze(this);
  }

  toJSON(): object {
    const all = this as unknown as Record<string, unknown>;
    return Object.fromEntries(this.#shown.map((field) => [field, all[field]]));
  }

  [inspect.custom](_depth: number, options: object): string {
    const shown = inspect(this.toJSON(), options);
    return `${this.#name} ${shown === "{}" ? "{ .. }" : shown.replace(/ ?}$/, ", .. }")}`;
  }
}

/** Seals a record: only the fields in `shown` are printed. */
export function sealed<T extends object>(name: string, shown: readonly (keyof T & string)[], fields: T): T {
  return new Sealed(name, shown, fields) as unknown as T;
}
