/**
 * For tests: the sandbox and the kit together, in one line.
 *
 * ```js
 * const kit = await startKit();
 * ```
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { Account } from "../session.js";
import type { Ended } from "./run.js";
import { openStore } from "./store.js";
import { Verifications, type VerificationsOptions } from "./verifications.js";

/** The sandbox of the package `idvkit-sandbox`. */
export interface TestSandbox {
  readonly url: string;
  readonly clock: () => number;
  advance(millis: number): Promise<void>;
  script(provider: string, script: object): Promise<void>;
  fault(operation: string, kind: string, more?: object): Promise<void>;
  control(path: string, body?: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** Options of `Verifications`; what is left out is made for tests. */
export interface KitOptions extends Partial<Omit<VerificationsOptions, "accounts">> {
  /** The accounts, for the sandbox and the server at these URLs; one of each provider if left out. */
  readonly accounts?: (at: { readonly sandbox: string; readonly url: string }) => VerificationsOptions["accounts"];
  /** The user of every request: `user-1` if left out. */
  readonly subject?: string;
}

/** The sandbox, and a server with the routes and a worker. It ends with `stop`, or at the end of an `await using` block. */
export interface TestKit extends AsyncDisposable {
  readonly sandbox: TestSandbox;
  readonly verifications: Verifications;
  /** The server; the routes are below `/idv`. */
  readonly url: string;
  /** What `onOutcome` was called with. */
  readonly outcomes: readonly Ended[];
  /** Turns the sandbox's clock on until this verification has ended and is delivered. */
  ended(id: string): Promise<Ended>;
  stop(): Promise<void>;
}

/** Starts the sandbox, whose clock is the kit's too, and a server. */
export async function startKit(options: KitOptions = {}): Promise<TestKit> {
  const name: string = "idvkit-sandbox"; // only programs that test have it
  const { startSandbox } = (await import(name)) as { startSandbox: () => Promise<TestSandbox> };
  const sandbox = await startSandbox();
  const outcomes: Ended[] = [];
  let serve: (request: never, response: never) => void = () => {};
  const server = createServer((request, response) => serve(request as never, response as never));
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const { accounts = sandboxAccounts, subject = "user-1", onOutcome, ...more } = options;
  const store = options.store ?? (await openStore("sqlite::memory:"));
  const verifications = new Verifications({
    clock: sandbox.clock,
    ...more,
    store,
    accounts: accounts({ sandbox: sandbox.url, url }),
    onOutcome: async (ended) => {
      await onOutcome?.(ended);
      outcomes.push(ended);
    },
  });
  serve = verifications.middleware(() => subject);
  const over = new AbortController();
  const worker = verifications.work({ signal: over.signal, pause: 50 });
  const stop = async () => {
    over.abort();
    await worker;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await store.close();
    await sandbox.stop();
  };
  const ended = (id: string) => settled(id, sandbox, outcomes);
  return { sandbox, verifications, url, outcomes, ended, stop, [Symbol.asyncDispose]: stop };
}

async function settled(id: string, sandbox: TestSandbox, outcomes: readonly Ended[]): Promise<Ended> {
  for (let round = 0; round < 240; round += 1) {
    const found = outcomes.findLast((one) => one.id === id);
    if (found) return found;
    await sandbox.advance(15_000);
    await sleep(60);
  }
  throw new Error("the verification does not end");
}

/** An account of each provider at the sandbox, by its provider's name. */
export function sandboxAccounts({ sandbox, url }: { readonly sandbox: string; readonly url: string }): { readonly [name: string]: Account } {
  const back = `${url}/idv/return`;
  return {
    attestr: new Account({
      provider: "attestr",
      auth_token: "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
      client_key: "00112233445566778899aabbccddeeff",
      client_secrets: ["0123456789abcdef0123456789abcdef0123456789abcdef"],
      options: { development: true, api_base: `${sandbox}/attestr/api`, library_src: `${sandbox}/attestr/cdn/flowx.js` },
    }),
    biometric_kz: new Account({
      provider: "biometric_kz",
      api_key: "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
      options: { development: true, api_base: `${sandbox}/biometric_kz/kyc`, front_base: `${sandbox}/biometric_kz/remote` },
    }),
    jumio: new Account({
      provider: "jumio",
      region: "us",
      api_token: "sandbox-jumio-token",
      api_secret: "sandbox-jumio-secret",
      user_agent: "YourCompany YourApp/v1.0",
      callback: { url: `${url}/idv/callbacks/jumio` },
      success_url: back,
      error_url: back,
      options: { development: true, api_base: `${sandbox}/jumio/us` },
    }),
    signicat: new Account({
      provider: "signicat",
      client_id: "sandbox-quiet-lake-123",
      client_secret: "sandbox-signicat-secret",
      redirect_url: back,
      profile: {
        custom: { token_url: `${sandbox}/signicat/auth/open/connect/token`, scope: "signicat-api", api_base: `${sandbox}/signicat/assure` },
      },
      options: { development: true },
    }),
  };
}
