// <idv-journey>: shows one journey, and reports in events what happened.

import { parse } from "./choose.js";
import { panelIn, type Panel } from "./panel.js";
import { see, type Showing } from "./showing.js";
import { start } from "./start.js";
import { load } from "./texts.js";
import type { Journey } from "./types.js";

// A server that renders pages may import this file too.
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/** Shows any way of any journey from the data that it carries. */
export class IdvJourney extends Base {
  static readonly observedAttributes = ["journey", "way", "lang", "src"];

  #given: unknown;
  #journey: Journey | null = null;
  /** The last presentation of a journey, which may have ended. */
  #shown: Showing | undefined;
  #ended: AbortController | undefined;
  #panel: Panel | undefined;
  #spoken: Promise<void> | undefined;

  /** The journey, as an object or its JSON text. Setting a journey with the same id again changes nothing. */
  get journey(): Journey | null {
    return this.#journey;
  }

  set journey(given: Journey | string | null | undefined) {
    const before = this.#journey?.id;
    this.#given = given;
    this.#journey = parse(given);
    if (this.#shown && before && this.#journey?.id === before) this.#shown.journey = this.#journey;
    else this.#restart();
  }

  /** Call this when the user has closed the journey: it informs the server by a hint, and removes what is shown. */
  close(): void {
    if (this.#shown) see(this.#shown, { type: "closed" });
    this.journey = null;
  }

  connectedCallback(): void {
    this.#follow();
    if (!Object.hasOwn(this, "journey")) return this.#restart();
    // It was set before this class was known, so it stands on the element itself.
    const given = this.journey;
    delete (this as { journey?: unknown }).journey;
    this.journey = given;
  }

  disconnectedCallback(): void {
    this.#stop();
    this.#follow();
  }

  /** Moved within the page by `moveBefore`: everything goes on. */
  connectedMoveCallback(): void {}

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (before === now) return;
    if (name === "journey") this.journey = now;
    else if (name === "lang") void this.#speak();
    else if (name === "way") this.#restart();
    else this.#follow(before ?? now);
  }

  #stop(): void {
    this.#ended?.abort();
    this.#panel?.empty();
  }

  #restart(): void {
    this.#stop();
    if (this.isConnected && this.#given) void this.#show();
  }

  async #show(): Promise<void> {
    const panel = (this.#panel ??= panelIn(this));
    const { signal } = (this.#ended = new AbortController());
    const journey = this.#journey;
    // One that is moved, and so begins anew, does not end twice.
    const over = this.#shown?.journey?.id === journey?.id && this.#shown?.over;
    const shown = (this.#shown = { owner: this, panel, journey, restart: () => this.#restart(), signal, over });
    await this.#speak();
    if (!signal.aborted) await start(shown);
  }

  /** What follows a server is a file of its own, for those that have a `src`, or had one. */
  #follow(src = this.getAttribute("src")): void {
    if (!src) return;
    this.#panel ??= panelIn(this);
    void this.#speak();
    void import("./idv-hosted.js").then((hosted) => hosted.follow(this, this.#panel!));
  }

  /** One after the other, so that the last language counts. */
  #speak(): Promise<void> {
    const speak = async (before = this.#spoken) => {
      await before;
      this.#panel?.speak(await load(this.closest<HTMLElement>("[lang]")?.lang ?? ""));
    };
    return (this.#spoken = speak());
  }
}
