// A provider's script in this page: loaded once, called as the journey says, and cleared away.

import { make } from "../panel.js";
import { jsonOf, type Presentation } from "../presentation.js";
import { Trouble } from "../trouble.js";
import type { Param, Way } from "../types.js";

type ScriptWay = Extract<Way, { type: "script" }>;
type Methods = Record<string, (options?: object) => unknown>;
type Entry = Methods & (new (options: object) => Methods);

export async function script(way: ScriptWay, shown: Presentation): Promise<void> {
  const options = optionsOf(way, shown);
  const inTime = shown.deadline();
  if (way.container) provide(way.container, shown);
  await load(way, shown).finally(inTime);
  if (shown.signal.aborted) return;
  for (const { on } of way.listen) {
    if (on.type !== "event") continue;
    const hear = (event: Event) => shown.see({ type: "event", name: on.name, data: jsonOf((event as CustomEvent).detail) });
    addEventListener(on.name, hear, { signal: shown.signal });
  }
  watch(() => call(way, options), shown);
  if (!shown.signal.aborted) shown.progress("shown", "shown");
}

/** How many scripts are at work. */
let running = 0;
/** What was put into the page meanwhile, and by whose call. Later than in a call nobody can tell: that goes with the last of them. */
const additions = new Map<Element, Presentation | null>();
/** What a page adds for itself, a stylesheet or another element like this one, is no overlay. */
const OVERLAY = ":not(script, style, link, idv-journey, :has(idv-journey))";

/** Calls a script. What it puts into the page (an overlay) goes with the journey: no provider documents how to close it. */
function watch(what: () => void, shown: Presentation): void {
  const { signal } = shown;
  const { head, body } = document;
  const children = () => [...head.children, ...body.children];
  const before = children();
  const note = (records: readonly MutationRecord[]) => {
    for (const node of records.flatMap(({ addedNodes }) => [...addedNodes] as Element[])) {
      // Once the user's part is done, it is rather the page that shows something.
      if (!shown.over && node.matches?.(OVERLAY) && !additions.has(node)) additions.set(node, null);
    }
  };
  const observer = new MutationObserver(note);
  const clear = () => {
    note(observer.takeRecords());
    observer.disconnect();
    running--;
    for (const [node, by] of additions) if (by ? by === shown : !running) additions.delete(node), node.remove();
  };
  running++;
  try {
    what();
  } finally {
    for (const node of children()) if (!before.includes(node)) additions.set(node, shown);
    observer.observe(body, { childList: true });
    // A handler may have ended it within the call.
    if (signal.aborted) clear();
    else signal.addEventListener("abort", clear);
  }
}

function call(way: ScriptWay, options: object): void {
  const entry = (globalThis as unknown as Record<string, Entry>)[way.global];
  if (!entry) throw new Error(`${way.src} defines no ${way.global}`);
  if (way.construct) new entry(options)[way.method]!();
  else entry[way.method]!(options);
}

/** The options in their order, and the handlers under all of their names. */
function optionsOf(way: ScriptWay, shown: Presentation): object {
  const handlers = way.listen.flatMap(({ on }) => (on.type === "handler" ? on.names : []));
  const handler = (name: string) => [name, (data: unknown) => void shown.see({ type: "event", name, data: jsonOf(data) })];
  return Object.fromEntries([...way.options.map((one) => [one.name, valueOf(one)]), ...handlers.map(handler)]);
}

function valueOf({ name, value }: Param): unknown {
  if (value.type === "null") return null;
  if (value.type === "text" || value.type === "flag") return value.value;
  if (value.type === "texts") return Object.fromEntries(value.value.map((one) => [one.name, one.value]));
  throw new Trouble("way_unsupported", name);
}

interface Load {
  readonly tag: HTMLScriptElement;
  readonly done: Promise<unknown>;
  users: number;
  loaded?: boolean;
}

/** By source and integrity: a script that is there already is not loaded again, by whichever element. */
const loads = new Map<string, Load>();

async function load({ src, module }: ScriptWay, { element, signal }: Presentation): Promise<void> {
  const integrity = element.getAttribute("integrity") ?? "";
  const key = src + integrity;
  const load = loads.get(key) ?? begin(src, module ? "module" : "", element.nonce!, integrity);
  const { tag } = load;
  loads.set(key, load);
  load.users++;
  if (!tag.isConnected) document.head.append(tag);
  /** Once it is loaded, only its tag goes; what never came is asked for anew. */
  const drop = () => {
    tag.remove();
    if (!load.loaded && loads.get(key) === load) loads.delete(key);
  };
  signal.addEventListener("abort", () => --load.users || drop());
  try {
    await load.done;
    load.loaded = true;
  } catch {
    drop();
    throw new Error(`${src} did not load`);
  }
}

function begin(src: string, type: string, nonce: string, integrity: string): Load {
  const tag = make("script", { src, type, nonce, integrity, crossOrigin: integrity ? "anonymous" : null });
  const done = new Promise((onload, onerror) => Object.assign(tag, { onload, onerror }));
  return { tag, done, users: 0 };
}

/** Makes the element that the script looks for, unless the page has it, and clears it in the end. */
function provide(selector: string, { element, signal }: Presentation): void {
  const there = document.querySelector(selector);
  // Its id and its class are enough for what providers look for; the check below says so if they are not.
  const [id, className] = [/#([\w-]+)/, /\.([\w-]+)/].map((part) => part.exec(selector)?.[1] ?? "");
  const container = there ?? make("div", { id: id!, className: className! });
  if (!there) element.append(container);
  // One journey in each: the slot says whose it is.
  if (there?.slot || document.querySelector(selector) !== container) {
    if (!there) container.remove();
    throw new Error(`${selector} is in use or out of reach`);
  }
  container.slot = "script";
  signal.addEventListener("abort", () => {
    container.slot = "";
    container.replaceChildren();
    if (!there) container.remove();
  });
}
