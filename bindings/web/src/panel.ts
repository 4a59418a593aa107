// What the element shows around a journey: a status line, a notice with buttons, and the place for the way itself.

import css from "./style.css";
import { fill, type TextKey, type Texts } from "./texts.js";

type Values = Readonly<Record<string, string | number>>;

export type Panel = ReturnType<typeof panelIn>;

/** Makes the shadow of an element. */
export function panelIn(host: HTMLElement) {
  const status = make("p", { role: "status" });
  const notice = make("div", { role: "alert" });
  const content = make("div");
  const section = make("section", { tabIndex: -1 }, status, notice, content, make("slot", { name: "script" }));
  const root = host.attachShadow({ mode: "open" });
  // Unlike a `<style>`, this needs no leave from a content security policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  root.append(section);

  /** What sets the text of a node; run again when the language changes. */
  const labels = new Map<Element, () => void>();
  let texts: Texts = {};
  const text = (key: TextKey, values?: Values) => fill(texts, key, values);

  /** Keeps a node's text in the user's language, or another property of it. */
  const label = <T extends Element>(node: T, key: TextKey, values?: Values, property: Property = "textContent"): T => {
    const set = () => Object.assign(node, { [property]: text(key, values) });
    labels.set(node, set);
    return set();
  };

  /** Says something politely, or nothing any more; `busy` while the user waits. */
  const say = (key?: TextKey, busy?: boolean) => {
    // Not on the status itself, which would not be read out then.
    content.ariaBusy = `${!!busy}`;
    status.className = busy ? "busy" : "";
    labels.delete(status);
    status.textContent = "";
    if (key) label(status, key);
  };

  /** Replaces what is in a place. A focus that would be lost with it waits on the panel, and goes to what comes next. */
  const put = (place: HTMLElement, nodes: readonly HTMLElement[]) => {
    const focused = root.activeElement;
    const lost = focused === section || place.contains(focused);
    place.replaceChildren(...nodes);
    if (lost) (place.querySelector<HTMLElement>("a,button,input,iframe") ?? section).focus();
  };

  return {
    text,
    label,
    say,
    /** Tells what is wrong, with ways out of it; without anything, the notice goes away. */
    warn: (...nodes: HTMLElement[]) => put(notice, nodes),
    /** Shows a way in place of what was there. */
    show: (...nodes: HTMLElement[]) => put(content, nodes),
    button: (key: TextKey, onclick: (() => void) | null = null, className = "") =>
      label(make("button", { onclick, className, part: "button" }), key),
    /** Empties everything. */
    empty() {
      labels.clear();
      put(notice, []);
      put(content, []);
      say();
    },
    /** Speaks another language from now on. */
    speak(language: Texts) {
      texts = language;
      section.lang = texts.lang ?? "en";
      label(section, "verification", undefined, "ariaLabel");
      labels.forEach((set) => set());
    },
  };
}

type Property = "textContent" | "ariaLabel" | "title";

/** An element with properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<Omit<HTMLElementTagNameMap[K], "part"> & { part: string }> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}
