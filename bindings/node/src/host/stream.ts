// States as server-sent events.

import type { Kit } from "./run.js";
import type { State, Verifications } from "./verifications.js";

export interface Streaming {
  readonly verifications: Verifications;
  readonly kit: Kit;
  readonly change: (id: string, timeout: number) => { readonly over: Promise<void>; readonly end: () => void };
  readonly signal: AbortSignal;
}

/** How often it looks for what another process changed. */
const LOOK_MS = 1000;
/** A line now and then, so that nothing on the way takes the connection for dead. */
const SIGN_OF_LIFE_MS = 15_000;
/** The browser connects again, and is asked again who it is. */
const LONGEST_MS = 300_000;

/** The state at once and after each change, up to the end. */
export function stateStream(id: string, streaming: Streaming): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, streaming.signal]);
  return new ReadableStream({
    start(controller) {
      const write = (text: string) => controller.enqueue(encoder.encode(text));
      void follow(id, streaming, signal, write)
        .catch((error: unknown) => streaming.kit.failed(error, id))
        .finally(() => {
          if (over.signal.aborted) return;
          controller.close();
        });
    },
    cancel() {
      over.abort();
    },
  });
}

async function follow(id: string, streaming: Streaming, signal: AbortSignal, write: (text: string) => void): Promise<void> {
  const { verifications, kit, change } = streaming;
  const begun = performance.now();
  let [seen, sent, spoken]: [number | null, string, number] = [-1, "", begun];
  let state: State | undefined;
  while (!signal.aborted && performance.now() - begun < LONGEST_MS) {
    const waiting = change(id, LOOK_MS);
    const wake = () => waiting.end();
    signal.addEventListener("abort", wake);
    try {
      const revision = await kit.store.revision(id);
      if (revision !== seen || (state && state.state !== "done" && state.until <= kit.now())) {
        seen = revision;
        state = await verifications.state(id);
        const data = JSON.stringify(state);
        if (signal.aborted) return;
        if (data !== sent) write(`event: state\ndata: ${data}\n\n`);
        if (data !== sent) [sent, spoken] = [data, performance.now()];
        if (state.state === "done") return;
      } else if (performance.now() - spoken > SIGN_OF_LIFE_MS) {
        write(":\n\n");
        spoken = performance.now();
      }
      await waiting.over;
    } finally {
      signal.removeEventListener("abort", wake);
      waiting.end();
    }
  }
}
