/**
 * The hosting kit: routes, tables and a worker for verifications, over the driver.
 *
 * `Verifications` is all of it; `openStore` opens its database.
 */

export type { Middleware } from "./connect.js";
export type { Happened, Observer, OutcomeWord, ToldInput, VerificationEvent } from "./events.js";
export type { PostgresClient, PostgresPool } from "./postgres.js";
export type { Handler } from "./routes.js";
export type { Ended } from "./run.js";
export type { StoreKey } from "./sealing.js";
export { openStore } from "./store.js";
export type { Beside, HostStore, ListFilter, Listed, StoreOptions } from "./store.js";
export type { Telemetry } from "./telemetry.js";
export { Verifications } from "./verifications.js";
export type { State, VerificationsOptions, Who } from "./verifications.js";
export type { WorkOptions } from "./worker.js";
