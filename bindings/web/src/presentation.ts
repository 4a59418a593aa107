// One showing of one journey, from the first check to its end.

import { asksForCamera, choose, type PageWay } from "./choose.js";
import type { IdvEvents, Phase } from "./events.js";
import { make, type Panel } from "./panel.js";
import { preflight, type CameraTrouble } from "./preflight.js";
import { understand } from "./read.js";
import type { TextKey } from "./texts.js";
import { Trouble } from "./trouble.js";
import type { HintKind, Journey, Seen } from "./types.js";
import { frame } from "./ways/frame.js";
import { redirect } from "./ways/redirect.js";
import { script } from "./ways/script.js";
import { upload } from "./ways/upload.js";

const LOAD_TIMEOUT_MS = 30_000;
/** The journey that has ended in an element: one that is moved, and so begins anew, does not end twice. */
const ended = new WeakMap<HTMLElement, string>();

export class Presentation {
  readonly #ended = new AbortController();
  /** Aborted at the end. Everything that is begun hangs on it. */
  readonly signal = this.#ended.signal;
  /** The user's side is over. */
  over = false;

  constructor(
    readonly element: HTMLElement,
    readonly panel: Panel,
    /** Replaced by a newer one of the same id. */
    public journey: Journey | Trouble,
    /** Begins anew. */
    readonly restart: () => void,
  ) {}

  async start(): Promise<void> {
    await this.#attempt(async () => {
      const { journey } = this;
      if (journey instanceof Trouble) throw journey;
      const way = choose(journey, this.element.getAttribute("way"));
      const trouble = await this.#camera(way, asksForCamera(journey));
      if (this.signal.aborted) return;
      if (!trouble) return this.#show(way);
      // The check may be wrong, and the provider's page may know another way.
      const onward = this.panel.button("anyway", () => void this.#attempt(() => this.#show(way)), "plain");
      this.fail(new Trouble(trouble), onward);
    });
  }

  end(): void {
    this.#ended.abort();
    this.panel.clear();
  }

  /** Passes on what was seen, and says what it means. Nothing counts any more after the end. */
  see(seen: Seen): HintKind | undefined {
    const { journey, element, signal } = this;
    if (signal.aborted || journey instanceof Trouble) return undefined;
    const hint = understand(journey, seen);
    if (!hint) return undefined;
    const { kind } = hint;
    this.emit("idv-hint", hint);
    if (kind === "closed") this.emit("idv-closed", {});
    else if (kind !== "loaded" && !signal.aborted) {
      this.over = true;
      this.panel.say(kind);
      const again = ended.get(element) === journey.id;
      ended.set(element, journey.id);
      if (!again) this.emit("idv-end", { kind });
    }
    return kind;
  }

  /** Says how far it is: to the page, and to the user if there is anything to say. */
  progress(phase: Phase, text?: TextKey): void {
    this.panel.say(text, phase === "preflight" || phase === "loading");
    this.emit("idv-progress", { phase });
  }

  /** Tells the user and the page what is wrong. What is shown stays. */
  fail({ code, reason }: Trouble, ...onward: HTMLElement[]): void {
    const hopeless = code === "way_unsupported" || code === "journey_malformed";
    const again = hopeless ? [] : [this.panel.button("again", this.restart)];
    this.panel.say();
    this.panel.warn(this.panel.label(make("p"), code), ...again, ...onward);
    this.emit("idv-error", { code, message: this.panel.text(code), reason });
  }

  emit<K extends keyof IdvEvents>(name: K, detail: IdvEvents[K]): void {
    this.element.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  /** Tells of a load that takes too long, unless the returned function is called before. */
  deadline(): () => void {
    let late = false;
    const tell = () => {
      late = true;
      this.fail(new Trouble("load_timeout"));
    };
    const timer = setTimeout(tell, Number(this.element.getAttribute("load-timeout")) || LOAD_TIMEOUT_MS);
    const clear = () => {
      clearTimeout(timer);
      if (late) this.panel.warn();
    };
    this.signal.addEventListener("abort", clear);
    return clear;
  }

  async #attempt(what: () => void | Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (!this.signal.aborted) this.fail(error instanceof Trouble ? error : new Trouble("script_failed", String(error)));
    }
  }

  async #camera({ type }: PageWay, asks: boolean): Promise<CameraTrouble | null> {
    const wish = this.element.getAttribute("preflight");
    const redirected = type === "redirect";
    if (wish === "off" || type === "upload" || (wish !== "camera" && !asks)) return null;
    this.progress("preflight", "preflight");
    const trouble = await preflight("camera", !redirected);
    // Everything else is between the user and the page that they are sent to.
    return redirected && trouble !== "camera_none" ? null : trouble;
  }

  #show(way: PageWay): void | Promise<void> {
    this.panel.warn();
    if (way.type === "redirect") return redirect(way, this);
    if (way.type === "upload") return upload(way, this);
    this.progress("loading", "loading");
    // The page may have removed it just now.
    if (this.signal.aborted) return;
    return way.type === "frame" ? frame(way, this) : script(way, this);
  }
}

/** What was handed over, as JSON text; empty if it is nothing, or has no such form. */
export function jsonOf(data: unknown): string {
  try {
    return JSON.stringify(data) ?? "";
  } catch {
    return "";
  }
}
