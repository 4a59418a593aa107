// The loop around a driver, whatever does its I/O.

import type { Driver } from "./driver.js";
import { Told } from "./told.js";
import type { Loaded } from "./store.js";
import type { Answer, Ask, Blob, By, HttpRequest, Row, UnixMillis } from "./types.js";

/** What stops a call: what it had not stored yet is due again. */
export interface Stop {
  readonly signal?: AbortSignal | undefined;
}

/** What does what a driver asks. */
export interface Hands {
  load(by: By, digests: readonly string[]): Loaded | null | Promise<Loaded | null>;
  store(row: Row, expected: number | null, blobs: readonly Blob[]): boolean | Promise<boolean>;
  exchange(request: HttpRequest): Promise<Answer | null>;
  /** Whether the host has acted on it. */
  deliver(delivery: Extract<Ask, { type: "deliver" }>, driver: Driver): Promise<boolean>;
  now(): UnixMillis;
}

/** A driver's last word. */
export interface Word {
  readonly id?: string | null;
  readonly next?: Extract<Ask, { type: "rest" }>["next"];
}

/** Does what the driver asks until there is nothing more, and gives its last word. */
export async function drive(driver: Driver, hands: Hands, stop: Stop = {}): Promise<Word> {
  for (;;) {
    stop.signal?.throwIfAborted();
    const ask = driver.ask();
    if (ask.type === "rest" || ask.type === "heard") return ask;
    driver.told(await perform(ask, driver, hands), hands.now());
  }
}

async function perform(ask: Exclude<Ask, { type: "rest" | "heard" }>, driver: Driver, hands: Hands): Promise<Told> {
  switch (ask.type) {
    case "load": {
      const loaded = await hands.load(ask.by, ask.blobs);
      return loaded ? Told.loaded(loaded.snapshot, loaded.blobs) : Told.loaded(null);
    }
    case "store":
      return Told.stored(await hands.store(ask.row, ask.expected, ask.blobs));
    case "exchange":
      return Told.exchanged(await hands.exchange(ask.request));
    case "deliver":
      return Told.delivered(await hands.deliver(ask, driver));
  }
}
