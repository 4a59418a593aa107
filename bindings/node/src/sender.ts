// Sends the requests of a process over `fetch`, and keeps the access tokens for all of them.

import { Tokens } from "./driver.js";
import type { Stop } from "./loop.js";
import { record } from "./record.js";
import type { Answer, HttpRequest, UnixMillis } from "./types.js";

/** The largest answer that is read, in bytes. Beyond it, the request counts as failed. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** The standard `fetch`, or one like it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface SenderOptions {
  readonly fetch?: Fetch;
  readonly log?: (operation: string, result: number | "no answer") => void;
}

/** Gives the answer of what it is handed; only of what is really sent. */
export type Around = (send: () => Promise<Answer | null>) => Promise<Answer | null>;

export class Sender {
  readonly #tokens = new Tokens();
  /** By key: the last of those that wait for their turn. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(
    readonly options: SenderOptions,
    readonly now: () => UnixMillis,
  ) {}

  /** Performs one request, once, or gives what is kept; `null` if no answer came. */
  async exchange(request: HttpRequest, stop: Stop = {}, around: Around = (send) => send()): Promise<Answer | null> {
    const send = () => around(() => this.#send(request, stop));
    if (!request.cache) return send();
    const { key } = request.cache;
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(async () => {
      const kept = this.#tokens.kept(request, this.now());
      const answer = kept ?? (await send());
      if (answer && !kept) this.#tokens.keep(request, answer, this.now());
      return answer;
    });
    this.#turns.set(key, turn.catch(() => {}));
    return turn;
  }

  async #send(request: HttpRequest, { signal }: Stop): Promise<Answer | null> {
    signal?.throwIfAborted();
    const fetch = this.options.fetch ?? globalThis.fetch;
    if (typeof fetch !== "function") throw new TypeError("there is no fetch here; give one to the Client, as in { fetch }");
    const answer = await exchange(fetch, request, signal);
    signal?.throwIfAborted();
    this.options.log?.(request.operation, answer?.status ?? "no answer");
    return answer;
  }
}

/** Sends it as it stands. Nothing of an error is kept: its text may hold the URL. */
async function exchange(fetch: Fetch, request: HttpRequest, signal?: AbortSignal): Promise<Answer | null> {
  const timeout = AbortSignal.timeout(request.timeout_ms); // covers the body too
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers.map((header): [string, string] => [header.name, header.value]),
      body: request.body as Uint8Array<ArrayBuffer> | null,
      redirect: "manual",
      credentials: "omit",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.redirected) return null; // a `fetch` of another kind: this is somebody else's answer
    const headers = [...response.headers].map(([name, value]) => ({ name, value }));
    return record("Answer", { status: response.status, headers, body: await whole(response) });
  } catch {
    return null;
  }
}

async function whole(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error("answer too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
