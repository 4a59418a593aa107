// The shop's page. All provider knowledge is in the journey that the server gives; `<idv-journey>` shows it.
import "/assets/idv-journey.js";
import { choose } from "/assets/choices.js";
import { get, post, request } from "/assets/server.js";
import { clock, element, follow } from "/assets/timeline.js";

const WHY = {
  in_flight: "another worker is asking", verdict: "for the provider’s verdict",
  backoff: "after an answer that could not be used", throttled: "as the provider asked for a pause",
};
const STEPS = { present: "user’s turn", wait: "waiting", send: "asking", done: "over", unreadable: "of another version" };

const NAMES = ["given_name", "middle_name", "family_name", "birthdate"];

const NARROW = matchMedia("(max-width: 59.99rem)");
const $ = (id) => document.getElementById(id);
const { nonce } = document.querySelector("script[nonce]");
let session = null;
let timeline = null;
let view = null;
let ahead = 0;

const choices = await choose({ form: $("start"), catalog: await get("/api/catalog") });
$("start").addEventListener("submit", (event) => {
  event.preventDefault();
  run(event.submitter, async () => {
    const state = await post("/api/sessions", choices.wish());
    history.pushState(null, "", `/?session=${state.id}`);
    open(state.id, state);
    $("session-title").focus({ preventScroll: true });
  });
});
for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", () => run(button, async () => {
    const { now } = await post("/api/clock", { advance_ms: Number(button.dataset.advance) });
    setClock(now);
    if (session) await refresh();
  }));
}
$("retry").addEventListener("click", () => run($("retry"), async () => show(await act("retry"))));
$("erase").addEventListener("click", () => run($("erase"), async () => show(await act("erase", { at_provider: true }))));
$("sdk").addEventListener("click", () => run($("sdk"), () => act("sdk")));
$("forge-redirect").addEventListener("click", () => run($("forge-redirect"), () => forge("redirect", view.forge.redirect)));
$("forge-message").addEventListener("click", () => run($("forge-message"), () => {
  // A message of this window is not one of the frame's: the element does not even look at it.
  window.postMessage(view.forge.message, location.origin);
  return forge("hint", view.forge.message);
}));
addEventListener("popstate", arrive);
setInterval(tick, 1000);
await arrive();

/** Shows what the address says. */
async function arrive() {
  const id = new URLSearchParams(location.search).get("session");
  // A step to a place of this page, such as by the skip link, changes nothing.
  if (id !== session) close();
  if (id && !session) await get(pathOf(id)).then((state) => open(id, state), (error) => trouble(error.message));
  await listSessions();
}

function open(id, state) {
  close();
  session = id;
  $("session").hidden = false;
  timeline = follow(id, { list: $("timeline"), live: $("live"), changed: soon(refresh) });
  show(state);
  // The form would be in the way of what was started.
  foldForm(true);
  if (NARROW.matches) $("session").scrollIntoView();
}

function foldForm(isFolded) {
  $("starter").open = !isFolded;
  $("starter-title").textContent = isFolded ? "Verify another customer" : "Verify a customer";
}

/** Leaves the session that is shown. */
function close() {
  timeline?.close();
  [session, timeline, view] = [null, null, null];
  leaveJourney();
  $("session").hidden = true;
  foldForm(false);
  $("forged").textContent = "";
  $("timeline").replaceChildren();
  $("live").textContent = "Start a verification to see it.";
}

async function refresh() {
  const id = session;
  if (!id) return;
  const state = await get(pathOf(id)).catch((error) => id === session && trouble(error.message));
  if (state) show(state);
}

function show(state) {
  // Answers may overtake each other.
  if (state.id !== session || (view && isOlder(state, view))) return;
  view = state;
  setClock(state.now);
  const flow = choices.titleOf(state);
  $("session-title").textContent = flow;
  $("session-about").textContent = choices.aboutOf(state);
  $("session").dataset.step = state.step;
  tick();
  for (const name of ["retry", "erase", "sdk"]) $(name).hidden = !state.can[name];
  $("native").hidden = !state.can.sdk;
  showOutcome(state);
  if (state.next.type === "present" && !state.can.sdk) showJourney(state);
  if (state.next.type === "done") leaveJourney();
  listSessions();
}

function isOlder(one, other) {
  return one.revision < other.revision || (one.revision === other.revision && one.now < other.now);
}

/** Presents a journey. The same journey again leaves the page as it is. */
function showJourney({ id, next: { journey } }) {
  let shown = $("journey").firstElementChild;
  if (shown?.dataset.journey === journey.id) return;
  leaveJourney();
  shown = element("idv-journey", { lang: choices.language(), nonce });
  shown.dataset.journey = journey.id;
  if (choices.way()) shown.setAttribute("way", choices.way());
  shown.addEventListener("idv-hint", ({ detail }) => tell(id, "hint", detail.text));
  shown.addEventListener("idv-images", ({ detail }) => sendImages(id, detail.images));
  shown.addEventListener("idv-progress", () => trouble(""));
  $("journey").replaceChildren(shown);
  shown.journey = journey;
}

function leaveJourney() {
  $("journey").replaceChildren();
  trouble("");
}

/** What the user's side saw, as an opaque text. A late one is refused, and that harms nobody. */
async function tell(id, what, text) {
  await request("POST", `${pathOf(id)}/${what}`, text).catch(() => {});
}

async function sendImages(id, images) {
  const form = new FormData();
  for (const { slot, blob } of images) form.append(slot, blob, slot);
  await request("POST", `${pathOf(id)}/images`, form).then(() => trouble(""), (error) => trouble(error.message));
}

async function forge(endpoint, text) {
  const before = view.outcome;
  const answer = await fetch(`${pathOf(session)}/${endpoint}`, {
    method: "POST", body: text, headers: { "x-demo-forged": "1" },
  });
  const said = answer.ok ? "It was heard as a hint" : `It was refused (${(await answer.json()).error.code})`;
  await refresh();
  const same = view.outcome === before;
  $("forged").textContent = `${said}. ${same ? `Nothing has changed: ${view.outcome ?? "still no decision"}.` : ""}`;
}

function showOutcome({ outcome, next, evidence }) {
  $("outcome").hidden = next.type !== "done";
  if (next.type !== "done") return;
  $("verdict").textContent = outcome;
  $("verdict").dataset.outcome = outcome.split(" ")[0];
  const rows = [];
  const row = (name, value) => value != null && value !== "" && rows.push([name, String(value)]);
  if (next.erased) row("erased", next.erased);
  if (evidence) {
    row("basis", evidence.basis);
    row("from", `${evidence.operation} at ${evidence.host}`);
    row("system", evidence.production ? "production" : "not production: a stand-in");
    row("bytes kept", evidence.bytes);
    for (const { name, passed, status, score } of evidence.parts) {
      row(name, [status, passed == null ? null : passed ? "passed" : "not passed", score && `score ${score}`].filter(Boolean).join(", ") || "in the result");
    }
    for (const { code, part } of evidence.reasons) row("reason", part ? `${code} (${part})` : code);
    for (const [name, value] of byName(evidence.person ?? {})) row(name.replaceAll("_", " "), value);
    if (evidence.sealed_bytes) row("sealed", `${evidence.sealed_bytes} bytes that only the holder of a key can read`);
  } else if (!next.erased) {
    row("evidence", "none: nothing was decided");
  }
  $("evidence").replaceChildren(...rows.flatMap(([name, value]) => [
    element("dt", { textContent: name }), element("dd", { textContent: value }),
  ]));
}

/** A person's members, the names first. */
function byName(person) {
  const place = (name) => (NAMES.indexOf(name) + 1 || NAMES.length + 1);
  return Object.entries(person).sort(([one], [other]) => place(one) - place(other));
}

/** The clock, and how long a wait still lasts. */
function tick() {
  if (!ahead) return;
  const now = Date.now() + ahead;
  $("clock").dateTime = new Date(now).toISOString();
  $("clock").textContent = new Date(now).toISOString().replace("T", " ").slice(0, 19);
  if (!view) return;
  const { next, acted } = view;
  const words = {
    send: () => "The shop asks the provider.",
    present: () => "The user has the floor.",
    wait: () => `The shop waits: ${WHY[next.why]}.`,
    done: () => (acted ? "It is over, and the shop has acted on it once." : "It is over."),
  };
  setText($("status"), words[next.type]());
  // Not in the live region: nobody wants to hear each second.
  setText($("remaining"), next.type === "wait" ? `It asks again in ${clock(next.until - now)}.` : "");
}

function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function setClock(now) {
  ahead = now - Date.now();
  tick();
}

async function listSessions() {
  const { sessions, now } = await get("/api/sessions").catch(() => ({ sessions: [] }));
  if (now) setClock(now);
  $("none").hidden = sessions.length > 0;
  $("sessions").replaceChildren(...sessions.map((entry) => {
    const link = element("a", { href: `/?session=${entry.id}` });
    if (entry.id === session) link.setAttribute("aria-current", "true");
    const state = element("span", { className: "state", textContent: entry.outcome ?? STEPS[entry.step] });
    state.dataset.outcome = entry.outcome?.split(" ")[0] ?? entry.step;
    const scenario = element("span", { className: "quiet", textContent: `scenario: ${entry.scenario ?? "?"}` });
    link.append(state, element("b", { textContent: choices.titleOf(entry) }), element("br"), scenario);
    const line = element("li");
    line.append(link);
    return line;
  }));
}

/** Says what goes wrong: with the open session, or else with the page. */
function trouble(text) {
  for (const [name, isPlace] of [["trouble", session], ["notice", !session]]) {
    $(name).hidden = !text || !isPlace;
    setText($(name), isPlace ? text : "");
  }
}

function pathOf(id) {
  return `/api/sessions/${encodeURIComponent(id)}`;
}

function act(name, body = {}) {
  return post(`${pathOf(session)}/${name}`, body);
}

/** Runs what a button stands for; while it runs the button rests, and what goes wrong is said. */
async function run(button, action) {
  // Keys reach it all the same.
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  try {
    await action();
  } catch (error) {
    trouble(error.message);
  } finally {
    button.ariaBusy = null;
  }
}

/** Many calls in a short time become one. */
function soon(action) {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(action, 60); };
}
