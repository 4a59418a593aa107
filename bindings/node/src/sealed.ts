import { inspect } from "node:util";

// What a frozen record that holds credentials or personal data has. Its fields are there for whoever names them; printing it,
// or making JSON of whatever holds it, shows only what may be logged.
const prototypes = new Map<string, object>();

/** Seals a record: only the fields in `shown` are printed. */
export function sealed<T extends object>(name: string, shown: readonly (keyof T & string)[], fields: T): T {
  let prototype = prototypes.get(name);
  if (!prototype) prototypes.set(name, (prototype = made(name, shown)));
  // Changing the prototype of `fields` itself would be three times slower.
  return Object.freeze(Object.assign(Object.create(prototype) as T, fields));
}

function made(name: string, shown: readonly string[]): object {
  const visible = (record: Record<string, unknown>) => Object.fromEntries(shown.map((field) => [field, record[field]]));
  return Object.defineProperties(Object.create(Object.prototype) as object, {
    toJSON: {
      value(this: Record<string, unknown>) {
        return visible(this);
      },
    },
    [inspect.custom]: {
      value(this: Record<string, unknown>, _depth: number, options: object) {
        const text = inspect(visible(this), options);
        return `${name} ${text === "{}" ? "{ .. }" : text.replace(/ ?}$/, ", .. }")}`;
      },
    },
  });
}
