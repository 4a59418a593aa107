// <idv-journey>: shows one journey, and says what happened in events.

import { parse } from "./choose.js";
import { panelIn, type Panel } from "./panel.js";
import { Presentation } from "./presentation.js";
import { load, type Texts } from "./texts.js";
import { Trouble } from "./trouble.js";
import type { Journey } from "./types.js";

// A server that renders pages may import this file, too.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** Shows any way of any journey from the data that it carries. */
export class IdvJourney extends Base {
  static readonly observedAttributes = ["journey", "way", "lang"];

  #given: Journey | Trouble | null = null;
  #shown: Presentation | undefined;
  #panel: Panel | undefined;
  #texts: Promise<Texts> | undefined;

  /** The journey: an object, or its JSON text. The same id again leaves everything as it is. */
  get journey(): Journey | null {
    return this.#given instanceof Trouble ? null : this.#given;
  }

  set journey(given: Journey | string | null | undefined) {
    const before = this.journey?.id;
    this.#given = given ? parse(given) : null;
    const now = this.journey;
    if (now && now.id === before && this.#shown) this.#shown.journey = now;
    else this.#restart();
  }

  /** The user has closed it: tells the server, and shows nothing any more. */
  close(): void {
    this.#shown?.see({ type: "closed" });
    this.journey = null;
  }

  connectedCallback(): void {
    if (!Object.hasOwn(this, "journey")) return this.#restart();
    // It was set before this class was known, so it stands on the element itself.
    const given = this.journey;
    delete (this as { journey?: unknown }).journey;
    this.journey = given;
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  /** Moved within the page by `moveBefore`: everything goes on. */
  connectedMoveCallback(): void {}

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === "journey") this.journey = now;
    else if (name === "lang") void this.#speak();
    else this.#restart();
  }

  #stop(): void {
    this.#shown?.end();
    this.#shown = undefined;
  }

  #restart(): void {
    this.#stop();
    if (this.isConnected && this.#given) void this.#show(this.#given);
  }

  async #show(given: Journey | Trouble): Promise<void> {
    const panel = (this.#panel ??= panelIn(this));
    const shown = (this.#shown = new Presentation(this, panel, given, () => this.#restart()));
    await this.#speak();
    if (!shown.signal.aborted) await shown.start();
  }

  async #speak(): Promise<void> {
    this.#texts = load(this.closest<HTMLElement>("[lang]")?.lang ?? "");
    let awaited;
    let texts;
    // The language may change while its texts are on their way: the last one counts.
    do texts = await (awaited = this.#texts);
    while (awaited !== this.#texts);
    this.#panel?.speak(texts);
  }
}
