// `src`: an element follows a verification on a server with idvkit's hosting kit, whose routes `crates/host/openapi.json` describes.
// A file of its own, which the element imports when it has a `src`.

import type { IdvJourney } from "./element.js";
import type { ChosenImage, HostedOutcome, HostedState } from "./events.js";
import { make, type Panel } from "./panel.js";
import { emit } from "./showing.js";

const PAUSE_MS = 1000;
/** A stream that says nothing for so long at its beginning is held up on its way. */
const SILENCE_MS = 5000;
const TIMEOUT_MS = 30_000;

interface Following {
  readonly src: string;
  readonly left: AbortController;
  readonly again: () => void;
}

const all = new WeakMap<IdvJourney, Following>();

/** Follows what `src` names while the element is in the page. Called whenever either may have changed. */
export function follow(element: IdvJourney, panel: Panel): void {
  const given = element.isConnected && !isInside() ? element.getAttribute("src") : null;
  const src = given && new URL(given, document.baseURI).href.replace(/\/$/, "");
  const before = all.get(element);
  if (before && before.src === src) return before.again(); // it was moved
  before?.left.abort();
  all.delete(element);
  if (before && element.isConnected) element.journey = null;
  if (src) all.set(element, begin(element, panel, src));
}

/**
 * Whether this page is in a provider's frame that came back to the merchant: the page around it goes on. A page around that belongs
 * to another site cannot be looked into, and is not the merchant's.
 */
function isInside(): boolean {
  for (let at: Window = window; at !== at.parent; at = at.parent) {
    try {
      const around = at.frameElement?.getRootNode() as Partial<ShadowRoot> | undefined;
      if (around?.host?.localName === "idv-journey" || at.parent.document.querySelector("idv-journey")) return true;
    } catch {
      // Another site's.
    }
  }
  return false;
}

function begin(element: IdvJourney, panel: Panel, src: string): Following {
  const left = new AbortController();
  const { signal } = left;
  const owner = { owner: element };
  /** What was shown last, so that it can be shown again. */
  let last: HostedState | undefined;
  /** Journeys that the user closed. */
  const closed = new Set<string>();
  /** Ends the watch that is under way. */
  let watch = new AbortController();
  let wake = () => {};

  const post = (what: string, body?: BodyInit) =>
    fetch(`${src}/${what}`, { method: "POST", body: body ?? null, keepalive: typeof body === "string", signal });

  const retry = async (button: HTMLElement) => {
    button.ariaDisabled = "true";
    const answer = await post("retry").catch(() => null);
    if (answer?.ok) return void run();
    button.ariaDisabled = null;
    // The provider allows no further attempt.
    if (answer && answer.status < 500) button.remove();
  };

  const showEnd = ({ type, fault }: HostedOutcome) => {
    const words = { decided: "complete", expired: "expired", abandoned: "skipped", failed: "error" } as const;
    panel.say(words[type]);
    const said = fault?.message ? [make("p", { textContent: fault.message })] : [];
    const again = panel.button("again");
    again.onclick = () => void (again.ariaDisabled || retry(again));
    panel.show(...said, ...(type === "decided" ? [] : [again]));
  };

  const draw = (state: HostedState) => {
    const shown = state.state === "journey" && !closed.has(state.journey.id) ? state.journey : null;
    if (shown || element.journey) element.journey = shown;
    if (shown) return;
    panel.warn();
    panel.show();
    if (state.state === "done") showEnd(state.outcome);
    else panel.say("waiting", true);
  };

  const take = (state: HostedState) => {
    const same = JSON.stringify(state) === JSON.stringify(last);
    last = state;
    if (same) return;
    draw(state);
    emit(owner, "idv-state", state);
    if (state.state === "done") emit(owner, "idv-done", { outcome: state.outcome });
  };

  /** Asks once; gives whether to ask again. */
  const ask = async (): Promise<boolean> => {
    const answer = await fetch(src, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null);
    if (signal.aborted) return false;
    if (answer && !answer.ok && answer.status < 500) {
      element.journey = null;
      panel.say();
      panel.warn(panel.label(make("p"), "state_refused"));
      emit(owner, "idv-error", { code: "state_refused", message: panel.text("state_refused"), reason: `${src}: ${answer.status}` });
      return false;
    }
    // A server that is away for a while is asked again.
    const state = answer?.ok ? await answer.json().catch(() => null) : null;
    if (state && !signal.aborted) take(state);
    return state?.state !== "done";
  };

  /** Hears of each change as it happens; resolves to whether it has to be asked for from now on. */
  const listen = (until: AbortSignal) =>
    new Promise<boolean>((resolve) => {
      if (!globalThis.EventSource) return resolve(true);
      const stream = new EventSource(src + "/events");
      const end = (asks: boolean) => {
        clearTimeout(silence);
        stream.close();
        resolve(asks);
      };
      const silence = setTimeout(end, SILENCE_MS, true);
      stream.addEventListener("state", ({ data }: MessageEvent<string>) => {
        clearTimeout(silence);
        if (until.aborted) return;
        const state = JSON.parse(data) as HostedState;
        take(state);
        if (state.state === "done") end(false);
      });
      // Of an interruption, the browser takes care.
      stream.onerror = () => stream.readyState === stream.CLOSED && end(true);
      until.addEventListener("abort", () => end(false));
    });

  const run = async () => {
    watch.abort();
    const { signal: over } = (watch = new AbortController());
    last = undefined;
    if (!(await ask()) || over.aborted || !(await listen(over))) return;
    while (!over.aborted && (await ask())) {
      await new Promise<void>((resolve) => setTimeout((wake = resolve), PAUSE_MS));
    }
  };

  /** One after the other, and not lost by a server that is away for a moment. */
  let posted: Promise<unknown> = Promise.resolve();
  const hint = async (text: string) => {
    for (let tries = 0; tries < 5 && !signal.aborted; tries++) {
      const answer = await post("hint", text).catch(() => null);
      if (answer && answer.status < 500) return wake();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };

  const images = async (chosen: readonly ChosenImage[]) => {
    const form = new FormData();
    for (const { slot, blob } of chosen) form.append(slot, blob, slot);
    const answer = await post("images", form).catch(() => null);
    wake();
    if (answer?.ok || signal.aborted || last?.state !== "journey") return;
    // To be chosen anew.
    element.journey = null;
    element.journey = last.journey;
    element.addEventListener("idv-progress", () => panel.warn(panel.label(make("p"), "images_refused")), { once: true, signal });
  };

  const on = (name: "idv-hint" | "idv-images" | "idv-closed", what: (event: CustomEvent) => void) =>
    element.addEventListener(name, (event) => event.target === element && what(event), { signal });
  on("idv-hint", ({ detail }) => (posted = posted.then(() => hint(detail.text))));
  on("idv-images", ({ detail }) => void images(detail.images));
  on("idv-closed", () => element.journey && closed.add(element.journey.id));
  signal.addEventListener("abort", () => (watch.abort(), wake()));
  panel.say("waiting", true);
  void run();
  return { src, left, again: () => last && draw(last) };
}
