// The worker: advances what is due, delivers outcomes, and erases what is older than the retention.

import { Driver } from "../driver.js";
import { Input } from "../input.js";
import { TAKEN } from "./columns.js";
import { type Kit, run } from "./run.js";

export interface WorkOptions {
  /** Stops the worker: it takes up nothing more, and returns when what is under way is done. */
  readonly signal?: AbortSignal;
  /** How many verifications are advanced at a time; 50 if left out, which is the most. */
  readonly atOnce?: number;
  /** How long it rests at most before it looks again, in milliseconds; 1000 if left out, which is the most. */
  readonly pause?: number;
}

const PAUSE_MS = 1000;

/** Works until it is stopped. */
export async function work(kit: Kit, retention: number | undefined, options: WorkOptions): Promise<void> {
  const worker = new Worker(kit, retention, options);
  const deaf = kit.store.onDue(() => worker.wake());
  options.signal?.addEventListener("abort", () => worker.wake(), { once: true });
  try {
    await worker.work();
  } finally {
    deaf();
  }
}

class Worker {
  readonly #running = new Set<Promise<void>>();
  readonly #atOnce: number;
  readonly #pause: number;
  #wake = () => {};
  /** It was woken while it was not at rest. */
  #woken = false;

  constructor(
    readonly kit: Kit,
    readonly retention: number | undefined,
    readonly options: WorkOptions,
  ) {
    this.#atOnce = Math.max(1, Math.min(options.atOnce ?? TAKEN, TAKEN));
    this.#pause = Math.min(options.pause ?? PAUSE_MS, PAUSE_MS);
  }

  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  async work(): Promise<void> {
    const { signal } = this.options;
    while (!signal?.aborted) {
      this.#woken = false;
      try {
        await this.#take();
        await this.#forget();
      } catch (error) {
        this.kit.failed(error, null);
      }
      if (!this.#woken && !signal?.aborted) await this.#rest();
    }
    await Promise.all(this.#running);
  }

  async #take(): Promise<void> {
    const free = this.#atOnce - this.#running.size;
    if (free <= 0) return;
    for (const id of await this.kit.store.take(this.kit.now(), free)) {
      const one = this.#advance(id).finally(() => {
        this.#running.delete(one);
        this.wake(); // there may be more
      });
      this.#running.add(one);
    }
  }

  /** After a failure the row stays taken: it is tried again after a minute. */
  async #advance(id: string): Promise<void> {
    const { kit } = this;
    try {
      const { stored, verification } = await run(kit, Driver.advance(kit.accounts, id));
      if (stored) return; // that has released it
      // Due, and yet nothing to be done: not at once again.
      await pause(this.#pause);
      await kit.store.release(id, verification?.revision ?? -1);
    } catch (error) {
      kit.failed(error, id);
    }
  }

  /** What cannot be erased stays taken, too. */
  async #forget(): Promise<void> {
    const { kit, retention } = this;
    if (retention === undefined) return;
    const now = kit.now();
    for (const id of await kit.store.takeOld(now - retention, now)) {
      try {
        await run(kit, Driver.tell(kit.accounts, id, Input.erase({ atProvider: true })), { input: "erase", erasure: "retention" });
      } catch (error) {
        kit.failed(error, id);
      }
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#pause);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
