// The answers of the routes.

import { STATUS_CODES } from "node:http";

import { Reject } from "../reject.js";

/** An answer that nobody keeps. */
export function answer(status: number, body: RequestInit["body"] = null, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers } });
}

export function jsonOf(value: object): Response {
  return answer(200, JSON.stringify(value), { "content-type": "application/json" });
}

interface Problem {
  readonly detail?: string;
  readonly code?: string;
  readonly field?: string;
}

/** What is wrong, by RFC 9457. */
export function problem(status: number, more: Problem = {}, headers: Record<string, string> = {}): Response {
  const body = JSON.stringify({ title: STATUS_CODES[status] ?? "Error", status, ...more });
  return answer(status, body, { "content-type": "application/problem+json", ...headers });
}

export function refusal(reject: Reject, status: number): Response {
  const { code, field, message } = reject;
  const detail = field === null ? message : message.slice(`${field}: `.length);
  const busy: Record<string, string> = status === 503 ? { "retry-after": "1" } : {};
  return problem(status, { detail, code, ...(field === null ? {} : { field }) }, busy);
}
