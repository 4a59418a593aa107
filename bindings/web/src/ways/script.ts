// A provider's script in this page: loaded once, called as the journey says, and cleared away.

import { make } from "../panel.js";
import { atEnd, deadline, jsonOf, progress, see, type Showing } from "../showing.js";
import { Trouble } from "../trouble.js";
import type { Param, Way } from "../types.js";

type ScriptWay = Extract<Way, { type: "script" }>;
type Methods = Record<string, (options?: object) => unknown>;
type Entry = Methods & (new (options: object) => Methods);

export async function script(shown: Showing, way: ScriptWay): Promise<void> {
  const options = optionsOf(shown, way);
  if (way.container) provide(shown, way.container);
  const inTime = deadline(shown);
  await load(shown, way).finally(inTime);
  if (shown.signal.aborted) return;
  for (const { on } of way.listen) {
    if (on.type !== "event") continue;
    const hear = (event: Event) => see(shown, { type: "event", name: on.name, data: jsonOf((event as CustomEvent).detail) });
    addEventListener(on.name, hear, { signal: shown.signal });
  }
  watch(shown, () => call(way, options));
  if (!shown.signal.aborted) progress(shown, "shown", "shown");
}

/** How many scripts are at work. */
let running = 0;
/** What was put into the page meanwhile, and in whose call. Later than that nobody can tell: it goes with the last of them. */
const additions = new Map<ChildNode, Showing | undefined>();
/** What a page adds for itself, a stylesheet or another element like this one, is no overlay. */
const OVERLAY = ":not(script,style,link,idv-journey,:has(idv-journey))";

/** Calls a script. What it puts into the page (an overlay) goes with the journey: no provider documents how to close it. */
function watch(shown: Showing, what: () => void): void {
  const note = (by?: Showing, records = observer.takeRecords()) => {
    for (const node of records.flatMap(({ addedNodes }) => [...addedNodes] as Element[])) {
      // Once the user's part is done, it is rather the page that shows something.
      if (!additions.has(node) && (by ?? (!shown.over && node.matches?.(OVERLAY)))) additions.set(node, by);
    }
  };
  const observer = new MutationObserver((records) => note(undefined, records));
  for (const place of [document.head, document.body]) observer.observe(place, { childList: true });
  running++;
  try {
    what();
  } finally {
    note(shown);
    atEnd(shown, () => {
      note();
      observer.disconnect();
      running--;
      for (const [node, by] of additions) {
        if (by ? by !== shown : running) continue;
        additions.delete(node);
        node.remove();
      }
    });
  }
}

function call(way: ScriptWay, options: object): void {
  const entry = (globalThis as unknown as Record<string, Entry>)[way.global];
  if (!entry) throw new Error(`${way.src} defines no ${way.global}`);
  if (way.construct) new entry(options)[way.method]!();
  else entry[way.method]!(options);
}

/** The options in their order, and the handlers under all of their names. */
function optionsOf(shown: Showing, way: ScriptWay): object {
  const handlers = way.listen.flatMap(({ on }) => (on.type === "handler" ? on.names : []));
  const handler = (name: string) => [name, (data: unknown) => void see(shown, { type: "event", name, data: jsonOf(data) })];
  return Object.fromEntries([...way.options.map((one) => [one.name, valueOf(one)]), ...handlers.map(handler)]);
}

function valueOf({ name, value }: Param): unknown {
  if (value.type === "null") return null;
  if (!("value" in value)) throw new Trouble("way_unsupported", name);
  return value.type === "texts" ? Object.fromEntries(value.value.map((one) => [one.name, one.value])) : value.value;
}

interface Load {
  readonly tag: HTMLScriptElement;
  readonly done: Promise<unknown>;
  users: number;
  /** It has run, and stays in the page whatever happens to its tag. */
  ran?: boolean;
}

/** By source: a script that is there already is not loaded again, by whichever element. One that did not come leaves `null`. */
const loads = new Map<string, Load | null>();

async function load(shown: Showing, way: ScriptWay): Promise<void> {
  const { src } = way;
  const load = loads.get(src) ?? begin(shown, way);
  loads.set(src, load);
  load.users++;
  /** What has not come by then is asked for anew the next time. */
  const drop = () => {
    load.tag.remove();
    if (!load.ran && loads.get(src) === load) loads.set(src, null);
  };
  atEnd(shown, () => --load.users || drop());
  try {
    await load.done;
    load.ran = true;
  } catch {
    drop();
    throw new Error(`${src} did not load`);
  }
}

function begin({ owner }: Showing, { src, module }: ScriptWay): Load {
  const integrity = owner.getAttribute("integrity") ?? "";
  const url = new URL(src);
  // Under the same address a browser would go on waiting for what hangs.
  if (loads.has(src)) url.searchParams.set("again", `${Date.now()}`);
  const type = module ? "module" : "";
  const tag = make("script", { src: `${url}`, type, nonce: owner.nonce!, integrity, crossOrigin: integrity ? "anonymous" : null });
  const done = new Promise((onload, onerror) => Object.assign(tag, { onload, onerror }));
  document.head.append(tag);
  return { tag, done, users: 0 };
}

/** Makes the element that the script looks for, unless the page has it, and clears it in the end. */
function provide(shown: Showing, selector: string): void {
  const there = document.querySelector(selector);
  const container = there ?? make("div", { id: selector.slice(1) });
  if (!there) shown.owner.append(container);
  // One journey in each: the slot says whose it is.
  if (there?.slot || document.querySelector(selector) !== container) {
    if (!there) container.remove();
    throw new Error(`${selector} is in use or out of reach`);
  }
  container.slot = "script";
  atEnd(shown, () => {
    container.slot = "";
    container.replaceChildren();
    if (!there) container.remove();
  });
}
