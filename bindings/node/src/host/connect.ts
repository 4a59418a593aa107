// The routes for Express, Connect and the server of `node:http`, over those for the Fetch API.

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";

import type { Routes } from "./routes.js";
import type { Who } from "./verifications.js";

/** A handler of `node:http`; in Express and Connect it goes on with `next` where it has no such route. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;

/** What a framework adds to a request. */
interface Incoming extends IncomingMessage {
  readonly originalUrl?: string;
  readonly body?: unknown;
  readonly rawBody?: unknown;
}

export function middleware(routes: Routes, who: (request: never) => Who | Promise<Who>): Middleware {
  return (incoming, response, next) => {
    const fail = next ?? ((error: unknown) => (console.error("idvkit", error), response.writeHead(500).end()));
    serve(routes, who, incoming, response, next).catch(fail);
  };
}

async function serve(
  routes: Routes,
  who: (request: never) => Who | Promise<Who>,
  incoming: Incoming,
  response: ServerResponse,
  next: (() => void) | undefined,
): Promise<void> {
  const { originalUrl = "/", url = originalUrl } = { originalUrl: incoming.originalUrl ?? incoming.url, url: incoming.url };
  const path = pathOf(url);
  // Where a framework has cut off the base, all that comes here is meant for the routes.
  if (next && url === originalUrl && routes.within(path) === path) return next();
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const request = requestOf(incoming, originalUrl, gone.signal);
  const answer = await routes.handle({ request, path: url === originalUrl ? routes.within(path) : path, who: () => who(incoming as never) });
  await send(answer, response, gone.signal);
}

function requestOf(incoming: Incoming, url: string, signal: AbortSignal): Request {
  const { method = "GET", headers, socket } = incoming;
  const scheme = "encrypted" in socket && socket.encrypted ? "https" : "http";
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith(":") || value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as [string, string]],
  );
  const body = method === "GET" || method === "HEAD" ? null : bodyOf(incoming);
  const origin = `${scheme}://${headers.host ?? headers[":authority"]}`;
  // Put together as text: resolved, `//other.example/` would be another host.
  const whole = (URL.canParse(origin) ? origin : "http://localhost") + (url.startsWith("/") ? url : "/");
  return new Request(whole, { method, headers: lines, body, signal, duplex: "half" } as RequestInit);
}

/** The body byte for byte: as it comes, or as a framework kept it. */
function bodyOf(incoming: Incoming): NonNullable<RequestInit["body"]> {
  for (const kept of [incoming.rawBody, incoming.body]) {
    if (kept instanceof Uint8Array) return kept as Uint8Array<ArrayBuffer>;
  }
  if (!incoming.readableDidRead) return Readable.toWeb(incoming) as NodeStream as ReadableStream;
  throw new TypeError("the body was read before, by express.json() or the like: put the routes of idvkit before that");
}

async function send(answer: Response, response: ServerResponse, gone: AbortSignal): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  const reader = answer.body?.getReader();
  gone.addEventListener("abort", () => void reader?.cancel().catch(() => {}));
  // Before there is anything to send, the browser is to know that it is heard.
  response.flushHeaders();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    if (!response.write(value)) await new Promise((resolve) => response.once("drain", resolve).once("close", resolve));
  }
  response.end();
}

function pathOf(url: string): string {
  return url.split("?", 1)[0] as string;
}
