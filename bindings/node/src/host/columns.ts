// What both databases have in common: which values go into the columns of a row, and come out of them.

import type { Outcome, Row, UnixMillis } from "../types.js";
import type { Happened, OutcomeWord, VerificationEvent } from "./events.js";
import type { Sealing } from "./sealing.js";
import type { ListFilter, Listed } from "./store.js";

/** How long a worker has a row that it took, in milliseconds. */
export const LEASE_MS = 60_000;
/** How many rows are taken at a time at most. */
export const TAKEN = 50;

export const LISTED = "id, key, subject, provider, account, outcome, created, ended, erased, due, undelivered";

/** An outcome in one word. */
export function wordOf(outcome: Outcome): OutcomeWord {
  return outcome.type === "decided" ? outcome.decision : outcome.type;
}

/** The columns that change with a row, in the order of `CHANGING`. */
export const CHANGING = ["provider", "account", "revision", "snapshot", "due", "outcome", "delivery", "undelivered"] as const;

export function changing(row: Row, sealing: Sealing): (string | number | null)[] {
  const { outcome, delivery } = row;
  return [
    row.provider,
    row.account,
    row.revision,
    sealing.seal(row.snapshot, row.id),
    row.due,
    outcome && JSON.stringify(outcome),
    delivery && JSON.stringify(delivery),
    delivery?.due ?? null,
  ];
}

type Found = { readonly [column: string]: unknown };

export function listed(found: Found): Listed {
  const outcome = found.outcome === null ? null : (JSON.parse(found.outcome as string) as Outcome);
  const { created, ended, erased, due, undelivered } = found;
  const times = Object.entries({ created, ended, erased, due, undelivered }).map(([name, time]) => [name, millis(time)]);
  return { ...found, ...Object.fromEntries(times), outcome: outcome && wordOf(outcome) } as Listed;
}

export function event(verification: string, found: Found): VerificationEvent {
  return { verification, at: Number(found.at), ...(JSON.parse(found.event as string) as Happened) };
}

/** `pg` gives a BIGINT as text. */
function millis(value: unknown): UnixMillis | null {
  return value === null ? null : Number(value);
}

/** The conditions of a list, with the values that they name. */
export function conditions(filter: ListFilter, place: (index: number) => string): Conditions {
  const values: (string | number)[] = [];
  const is = (column: string, sign: string, value: string | number | undefined) =>
    value === undefined ? [] : [`${column} ${sign} ${place(values.push(value))}`];
  const states = { running: ["outcome IS NULL"], ended: ["outcome IS NOT NULL"], undelivered: ["undelivered IS NOT NULL"] };
  const all = [
    ...is("subject", "=", filter.subject),
    ...is("key", "=", filter.key),
    ...is("created", "<", filter.before),
    ...(filter.state ? states[filter.state] : []),
  ];
  const limit = place(values.push(Math.min(filter.limit ?? 100, 1000)));
  return { where: `${all.length > 0 ? `WHERE ${all.join(" AND ")}` : ""} ORDER BY created DESC LIMIT ${limit}`, values };
}

interface Conditions {
  readonly where: string;
  readonly values: (string | number)[];
}
