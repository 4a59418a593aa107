// The page behind the browser library's stand-in: walks a flow over the socket, with the forms that are on the page.
import { attach } from "./capture.js";
import { storageBlocked } from "./page.js";

// Longer than the slowest network that a script can ask for, which is a minute.
const ANSWER_MS = 70_000;
const KEEP_ALIVE_MS = 15_000;
const REFUSED = { code: 5001, httpStatusCode: 500 };
const OFFLINE = { code: 12029, httpStatusCode: 500 };

const find = (selector, inside = document) => inside.querySelector(selector);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An end of the session that no frame reports: the code, and which message there is for it. */
class Failure extends Error {
  constructor(kind, message, payload) {
    super(message);
    this.kind = kind;
    this.payload = payload;
  }
}

/** One question, one answer; a lost connection is taken up again and the last frame sent once more. */
class Line {
  #options;
  #socket = null;
  #cid = null;
  #hear = () => undefined;
  #alive = 0;

  constructor(options) {
    this.#options = options;
  }

  async init() {
    await this.#open();
    const { retry, qr } = this.#options;
    const data = await this.#exchange(this.#frame("INIT", { retry, qr }));
    this.#cid = data.data?.cid ?? null;
    return data;
  }

  /** Sends a frame and waits for its answer. */
  async ask(action, data = {}) {
    const frame = this.#frame(action, data);
    for (const pause of [0, 500, 1500, 4000]) {
      await wait(pause);
      try {
        if (this.#socket?.readyState !== WebSocket.OPEN) await this.#reconnect();
        return await this.#exchange(frame);
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        progress("again");
      }
    }
    throw new Failure(OFFLINE, "later");
  }

  /** Says how it ended. Close code 1000 means that this was heard, and only then the handler runs. */
  async notify(event, payload) {
    if (this.#socket?.readyState !== WebSocket.OPEN) await this.#reconnect();
    const closed = new Promise((resolve) => (this.#socket.onclose = resolve));
    this.#socket.send(this.#frame("NOTIFY", payload ? { event, payload } : { event }));
    const { code } = (await Promise.race([closed, wait(ANSWER_MS)])) ?? {};
    if (code !== 1000) throw new Failure(REFUSED, "later");
  }

  /** The user is busy with the page; without this the connection would count as idle. */
  keepAlive() {
    if (Date.now() - this.#alive < KEEP_ALIVE_MS || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#alive = Date.now();
    this.#socket.send(this.#frame("KEEP_ALIVE", {}));
  }

  #frame(action, data) {
    const { cl, hs, lc } = this.#options;
    return JSON.stringify({ action, data: { cl, hs, lc, ...data } });
  }

  #open() {
    const url = new URL("../../attestr/flowx/v1", import.meta.url);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = (this.#socket = new WebSocket(url));
    socket.onmessage = ({ data }) => this.#hear({ frame: JSON.parse(data) });
    socket.onclose = ({ code }) => this.#hear({ code });
    return new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Lost());
    });
  }

  async #reconnect() {
    await this.#open();
    const { data } = await this.#exchange(this.#frame("RECONNECT", { cid: this.#cid }));
    this.#cid = data.cid;
  }

  async #exchange(frame) {
    const heard = new Promise((resolve) => (this.#hear = resolve));
    this.#socket.send(frame);
    const { frame: answer, code } = (await Promise.race([heard, wait(ANSWER_MS)])) ?? { code: 1006 };
    if (answer) return answer;
    // A frame is only ever sent again on a new connection, where the server knows it for the same one.
    this.#socket.close();
    // 1001 is idleness and 1006 a broken connection; every other code is an internal error (A-F9).
    throw code === 1001 || code === 1006 ? new Lost() : new Failure(REFUSED, "later");
  }
}

/** The connection is gone, and another one can take its place. */
class Lost extends Error {}

function progress(state) {
  const element = find("[data-progress]");
  element.hidden = state === null;
  if (state === "again") element.textContent = element.dataset.again;
}

/** Shows a form and resolves with what the user presses. */
function show(type, part, { stage, values = {}, sent, problem }, line) {
  const template = find(`template[data-type="${type}"]${part ? `[data-part=${part}]` : ""}`);
  const slot = find("[data-stage-slot]");
  slot.replaceChildren(template.content.cloneNode(true));
  find("h1").textContent = template.dataset.title;
  document.title = document.title.replace(/^.*(?= – )/, template.dataset.title);
  const form = find("form", slot);
  if (stage) form.dataset.stage = stage;
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  }
  if (sent) {
    find("[data-target]", form).textContent = sent.target;
    const code = find("[data-otp]", form);
    code.dataset.otp = code.textContent = sent.code;
  }
  alarm(problem);
  progress(null);
  (find("input:not([value])", form) ?? find("h1")).focus();
  return pressed(form, line);
}

function pressed(form, line) {
  return new Promise((resolve) => {
    const step = find("[data-capture]", form);
    if (step) step.dataset.camera = find("[data-own-script]").dataset.camera;
    const camera = step && attach(step, () => answer("deny_camera"));
    function answer(action) {
      camera?.close();
      const fields = Object.fromEntries(new FormData(form));
      resolve({ action: scripted(action, step), fields });
    }
    form.addEventListener("input", () => line.keepAlive());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.querySelectorAll("button").forEach((button) => (button.disabled = true));
      answer(event.submitter?.value);
    });
  });
}

/** A camera that a script takes away fails every capture. */
function scripted(action, step) {
  const captures = ["submit", "submit_and_leave", "mismatch"];
  return step && step.dataset.camera !== "real" && captures.includes(action) ? "deny_camera" : action;
}

function alarm(text) {
  const element = find("[data-alert]");
  element.hidden = !text;
  element.firstElementChild.textContent = text ?? "";
}

const message = (name) => find(`template[data-message=${name}]`).content.textContent.trim();

/** What a stage was answered: the data, or a mistake that the user can mend. */
function read(answer) {
  if (answer.status === "SESSION_ERROR") throw new Failure(null, null, answer.data);
  return answer.status === "DATA_ERROR" ? { problem: answer.data.error.message } : { data: answer.data };
}

const action = (type, ending) => `${type}_${ending}`;

/** One stage, until it is passed; what the user does instead ends the flow. */
async function passStage(line, stage) {
  const { data } = read(await line.ask("STAGE_INIT", { stage }));
  const { type, state } = data;
  const coded = find(`template[data-type="${type}"][data-part=code]`) !== null;
  let [sent, problem, values] = [null, null, state];
  for (;;) {
    const { action: pressed, fields } = await show(type, sent ? "code" : "form", { stage, values, sent, problem }, line);
    if (pressed === "leave") return "leave";
    if (pressed === "deny_camera") throw new Failure({ code: 4121, httpStatusCode: 412 }, "camera", null);
    const frame = { stage, ...fields };
    if (pressed === "mismatch") frame._sandbox = "mismatch";
    if (sent) frame.req = sent.req;
    const ending = pressed === "send_code" ? "GEN" : coded ? "VERIFY" : "SUBMIT";
    const answer = read(await line.ask(action(type, ending), frame));
    problem = answer.problem ?? null;
    values = { ...values, ...fields };
    if (problem) continue;
    if (pressed !== "send_code") return pressed === "submit_and_leave" ? "leave" : "passed";
    sent = { ...answer.data._sandbox, req: answer.data._id };
  }
}

/** The whole flow; returns the handler and what it gets. */
async function run(line) {
  const ready = read(await line.init());
  const { camera, storage } = ready.data._sandbox;
  find("[data-own-script]").dataset.camera = camera;
  if (storageBlocked(storage)) {
    await wait(2500); // to be read
    throw new Failure(REFUSED, "storage");
  }
  const begun = await show("introduction", null, {}, line);
  let step = begun.action === "leave" ? "leave" : "passed";
  for (let stage = null; step !== "leave"; step = await passStage(line, stage)) {
    stage = read(await line.ask("STAGE_NEXT", { cur: stage })).data.stage;
    if (stage === null) {
      const { signature } = read(await line.ask("DESTROY")).data;
      await line.notify("COMPLETED");
      return ["onFlowxSuccess", { signature }, ready];
    }
  }
  const { stage } = read(await line.ask("SKIP", {})).data;
  await line.notify("SKIPPED");
  return ["onFlowxSkip", { stage }, ready];
}

async function main(options, port) {
  const line = new Line(options);
  const [handler, data, ready] = await run(line).catch((error) => failed(line, error));
  const asString = ready?.data._sandbox.handlerDataAsString;
  port.postMessage({ handler, data: asString ? JSON.stringify(data) : data });
}

async function failed(line, error) {
  const known = error instanceof Failure ? error : new Failure(error instanceof Lost ? OFFLINE : REFUSED, "later");
  if (known !== error) console.error("Local sandbox:", error);
  const data = known.payload ?? problem(known.kind, known.message);
  await line.notify("ERRORED", data).catch(() => undefined);
  return ["onFlowxError", data];
}

const problem = (kind, name) => ({ ...kind, message: message(name), retry: false, stage: find("form")?.dataset.stage || null });

window.addEventListener("message", function start(event) {
  if (event.source !== window.parent || event.data?.sandbox !== "attestr" || !event.ports[0]) return;
  window.removeEventListener("message", start);
  main(event.data.options, event.ports[0]);
});
