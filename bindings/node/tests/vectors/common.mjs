// How vectors are run: a session that is restored before each step, and what several runners need.

import assert from "node:assert/strict";

import { Input, Reject, Session, read } from "idvkit";

import { SEED, T0, bodyOf } from "../support.mjs";

/** A session fed with a vector's bytes, and its clock. */
export class Run {
  constructor(account, request, now = T0) {
    this.account = account;
    this.now = now;
    this.session = Session.open(account, request, SEED, now);
  }

  next() {
    const before = this.session;
    this.session = Session.restore(this.account, before.snapshot());
    for (const blob of before.blobs()) assert(this.session.supply(blob.bytes));
    return this.session.next(this.now);
  }

  tell(input) {
    this.session.handle(input, this.now);
  }

  /** Time passes until something is due. */
  wait() {
    const { until } = this.next();
    assert(until >= this.now);
    this.now = until;
  }

  /** The request that is due now, or next. */
  due() {
    while (this.next().type !== "send") this.wait();
    return this.next().request;
  }

  /** Answers it: with bytes and text as they are, anything else as JSON. */
  answer(operation, status, body, headers = []) {
    const request = this.due();
    assert.equal(request.operation, operation);
    if (!request.idempotent) this.tell(Input.sending(request.id));
    this.tell(Input.httpResponse({ id: request.id, status, headers, body: bytes(body) }));
  }

  see(seen) {
    this.tell(Input.hint(read(this.next().journey, seen)));
  }

  outcome() {
    const next = this.next();
    assert.equal(next.type, "done");
    return next.outcome;
  }

  /** What the last answer counted as. A short back-off may hide behind the plan's gap, so `next` does not always say. */
  fault() {
    return JSON.parse(this.session.snapshot()).session.call.fault;
  }
}

export const bytes = (body) =>
  Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));

export const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]));

/** `first` stands for `$id`. */
export function toInput(wire, first) {
  const id = wire.id === "$id" ? first : wire.id;
  switch (wire.type) {
    case "http_response":
      return Input.httpResponse({ ...wire, id, body: bodyOf(wire.body) });
    case "http_failed":
      return Input.httpFailed(id);
    case "sending":
      return Input.sending(id);
    case "hint":
      return Input.hint(wire.text);
    case "redirect":
      return Input.redirect(wire.url);
    case "callback":
      return Input.callback({ ...wire, body: bodyOf(wire.body) });
    case "images":
      return Input.images(wire.images.map((image) => ({ slot: image.slot, bytes: bodyOf(image.bytes) })));
    case "retry":
      return Input.retry();
    case "erase":
      return Input.erase({ atProvider: wire.at_provider });
    default:
      throw new Error(`no input ${wire.type}`);
  }
}

export function sent(session, now = T0) {
  const next = session.next(now);
  assert.equal(next.type, "send");
  return next.request;
}

export function checkReference(account, input, reference, code, place) {
  let found = null;
  const refused = codeOf(() => (found = account.referenceOf(input, T0)));
  assert.equal(refused, code ?? null, place);
  if (refused === null) assert.equal(found, reference ?? null, place);
}

export function codeOf(call) {
  try {
    call();
    return null;
  } catch (error) {
    if (error instanceof Reject) return error.code;
    throw error;
  }
}
