/** What a sandbox is started with. */
export interface Options {
  /** Every id and token follows from it. */
  readonly seed?: number;
  /** A file of settings, merged over the defaults. */
  readonly config?: string;
  /** Where to listen; a free port of this machine if left out. */
  readonly listen?: string;
  /** Follow the system's clock, instead of standing still until told to advance. */
  readonly realTime?: boolean;
}

/** One request to a provider, as the sandbox saw it. */
export interface LogEntry {
  readonly operation: string;
  readonly status: number;
  readonly [member: string]: unknown;
}

/** Starts a sandbox on this machine. Its clock stands still until told to advance, unless `realTime`. */
export function startSandbox(options?: Options): Promise<Sandbox>;

/** Where the program is: `IDVKIT_PROGRAM` (`idvkit` or `idvkit-sandbox`), or that of the package for this platform. */
export function program(): string;

/** A running sandbox. It ends with `stop`, at the end of an `await using` block, or with this process. */
export class Sandbox implements AsyncDisposable {
  /** Where it listens. The providers are below it: `/jumio/us`, `/attestr/api` …; `/` lists them. */
  readonly url: string;
  /** Its clock in milliseconds since 1970, as last heard of: pass it to `advance` and `tell` as their `clock`. */
  readonly clock: () => number;
  /** Asks for its clock. */
  now(): Promise<number>;
  /** Turns its clock on by this many milliseconds. Returns when all that fell due has happened, callbacks included. */
  advance(millis: number): Promise<void>;
  /** What the next transactions come to, as in `script("jumio", { outcome: "FAILED" })`. */
  script(provider: string, script: object): Promise<void>;
  /** A fault to come: `status`, `html`, `invalid_json`, `hang` or `drop`. */
  fault(operation: string, kind: string, more?: object): Promise<void>;
  /** Test accounts and keys. */
  accounts(): Promise<Record<string, unknown>>;
  /** The requests to providers, with hints on what was wrong with them. */
  log(): Promise<LogEntry[]>;
  /** Back to the start, seed included. */
  reset(): Promise<void>;
  /** Any other call of the control API: a POST if there is a body. */
  control(path: string, body?: object): Promise<unknown>;
  /** Ends the process. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
