// What the element shows around a journey: a status line, a notice with buttons, and the place for the way itself.

import css from "./style.css";
import { fill, type TextKey, type Texts } from "./texts.js";

type Values = Readonly<Record<string, string | number>>;

export class Panel {
  #status = make("p", { role: "status", ariaLive: "polite" });
  #notice = make("div", { role: "alert" });
  #content = make("div");
  #foot = make("div");
  #section = make("section", { tabIndex: -1 }, this.#status, this.#notice, this.#content, make("slot", { name: "script" }), this.#foot);
  #root: ShadowRoot;
  /** What sets the text of a node; run again when the language changes. */
  #labels = new Map<Element, () => void>();
  #texts: Texts = {};

  constructor(host: HTMLElement) {
    this.#root = host.attachShadow({ mode: "open" });
    // Unlike a `<style>`, this needs no leave from a content security policy.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(this.#section);
  }

  /** Empties everything. */
  clear(): void {
    this.#labels.clear();
    this.label(this.#section, "identity_verification", undefined, "ariaLabel");
    this.#foot.replaceChildren();
    this.warn();
    this.show();
    this.say();
  }

  /** Speaks another language from now on. */
  speak(texts: Texts, language: string): void {
    this.#texts = texts;
    this.#section.lang = language;
    this.#labels.forEach((label) => label());
  }

  text(key: TextKey, values?: Values): string {
    return fill(this.#texts, key, values);
  }

  /** Says something politely, or nothing any more; `busy` while the user waits. */
  say(key?: TextKey, busy?: boolean): void {
    this.#section.ariaBusy = `${!!busy}`;
    this.#labels.delete(this.#status);
    this.#status.textContent = "";
    if (key) this.label(this.#status, key);
  }

  /** Tells what is wrong, with ways out of it; without anything, the notice goes away. */
  warn(...nodes: HTMLElement[]): void {
    this.#put(this.#notice, nodes);
  }

  /** Shows a way in place of what was there. */
  show(...nodes: HTMLElement[]): void {
    this.#put(this.#content, nodes);
  }

  /** Puts something below everything else. */
  foot(node: HTMLElement): void {
    this.#foot.append(node);
  }

  /** Keeps a node's text in the user's language, or another property of it. */
  label<T extends Element>(node: T, key: TextKey, values?: Values, property: "textContent" | "ariaLabel" | "title" = "textContent"): T {
    const label = () => Object.assign(node, { [property]: this.text(key, values) });
    this.#labels.set(node, label);
    return label();
  }

  button(key: TextKey, onclick: (() => void) | null = null, className = ""): HTMLButtonElement {
    return this.label(make("button", { onclick, className, part: "button" }), key);
  }

  /** Replaces what is in a place. A focus that would be lost with it waits on the panel, and goes to what comes next. */
  #put(place: HTMLElement, nodes: readonly HTMLElement[]): void {
    const focused = this.#root.activeElement;
    const lost = focused === this.#section || place.contains(focused);
    place.replaceChildren(...nodes);
    if (lost) (place.querySelector<HTMLElement>("a, button, input, iframe") ?? this.#section).focus();
  }
}

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
