// The routes, as `crates/host/openapi.json` describes them.

import { randomBytes } from "node:crypto";

import { Input } from "../input.js";
import { Reject } from "../reject.js";
import { answer, jsonOf, problem, refusal } from "./answers.js";
import { TooLarge, bytesOf, filesOf } from "./body.js";
import type { Kit } from "./run.js";
import shared from "./shared.json";
import { stateStream } from "./stream.js";
import type { Verifications, Who } from "./verifications.js";

export const MAX_HINT_BYTES = 4096;
export const MAX_IMAGES_BYTES = 32 * 1024 * 1024;
export const MAX_CALLBACK_BYTES = 32 * 1024 * 1024;

const ELEMENT: { readonly [path: string]: string } = shared.element;

/** The Fetch API's handler. What it is called with besides the request goes to `who`. */
export type Handler<More extends unknown[]> = (request: Request, ...more: More) => Promise<Response>;

/** A request to a route. */
export interface Asked {
  readonly request: Request;
  /** The path below the routes, if whoever calls knows it. */
  readonly path?: string;
  readonly who: () => Who | Promise<Who>;
}

export interface Place {
  readonly base: string;
  readonly page: ((id: string) => string) | undefined;
  readonly origins: readonly string[];
  readonly hear: (input: Input, options: { readonly account?: string }) => Promise<Heard>;
  readonly change: (id: string, timeout: number) => { readonly over: Promise<void>; readonly end: () => void };
}

/** Whose an input was, also if it was refused. */
interface Heard {
  readonly id?: string | null;
  readonly refused?: unknown;
}

type Route = (asked: Asked, ...parts: string[]) => Promise<Response>;

export class Routes {
  /** The first whose pattern fits; each with the only method that it has. */
  readonly #routes: readonly (readonly [RegExp, "GET" | "POST", Route])[] = [
    [/^\/verifications\/([^/]+)$/, "GET", this.#own((id) => this.#state(id))],
    [/^\/verifications\/([^/]+)\/events$/, "GET", this.#own((id, request) => this.#events(id, request))],
    [/^\/verifications\/([^/]+)\/page$/, "GET", this.#own(() => this.#page())],
    [/^\/verifications\/([^/]+)\/hint$/, "POST", this.#own((id, request) => this.#hint(id, request))],
    [/^\/verifications\/([^/]+)\/images$/, "POST", this.#own((id, request) => this.#images(id, request))],
    [/^\/verifications\/([^/]+)\/retry$/, "POST", this.#own((id) => this.#retry(id))],
    [/^\/return$/, "GET", ({ request }) => this.#return(request)],
    [/^\/callbacks\/([^/]+)(?:\/.*)?$/, "POST", ({ request }, account) => this.#callback(request, account as string)],
    [/^\/element\/(.+)$/, "GET", async (_, file) => element(file as string)],
    [/^\/openapi\.json$/, "GET", async () => jsonOf(shared.openapi)],
  ];

  constructor(
    readonly verifications: Verifications,
    readonly kit: Kit,
    readonly place: Place,
  ) {}

  /** Answers; what `who` throws is the host's to answer. */
  async handle(asked: Asked): Promise<Response> {
    const path = asked.path ?? this.within(new URL(asked.request.url).pathname);
    for (const [pattern, method, route] of this.#routes) {
      const parts = pattern.exec(path)?.slice(1).map(decoded);
      if (!parts) continue;
      if (asked.request.method !== method) return problem(405, {}, { allow: method });
      return this.#answer(() => route(asked, ...parts));
    }
    return problem(404);
  }

  /** The path below the base; a framework may have cut that off already. */
  within(path: string): string {
    return path.startsWith(`${this.place.base}/`) ? path.slice(this.place.base.length) : path;
  }

  /** A route for the browser of the user whose verification it is. */
  #own(what: (id: string, request: Request) => Promise<Response>): Route {
    return async ({ request, who }, id = "") => {
      const subject = await asHost(who);
      if (!subject) return problem(401, { detail: "nobody is signed in" });
      const owner = await this.kit.store.subject(id);
      if (owner === null) return problem(404, { detail: "there is no verification with this id", code: "verification_unknown" });
      if (owner !== subject) return problem(403, { detail: "this is another user's verification" });
      if (request.method === "POST" && !this.#isOwnPage(request)) {
        const detail = "a page of another origin may not post here; name the origin in `origins` if it is yours";
        return problem(403, { detail, code: "origin_foreign" });
      }
      return what(id, request);
    };
  }

  /** Whether a page of the host's sent it: no other site may post in the user's name. */
  #isOwnPage({ headers, url }: Request): boolean {
    const origin = headers.get("origin");
    if (origin === null) return /^(same-origin|none)$/.test(headers.get("sec-fetch-site") ?? "none");
    if (this.place.origins.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === (headers.get("host") ?? new URL(url).host);
  }

  async #state(id: string): Promise<Response> {
    return jsonOf(await this.verifications.state(id));
  }

  async #events(id: string, { signal }: Request): Promise<Response> {
    const { kit, verifications, place } = this;
    const stream = stateStream(id, { verifications, kit, change: place.change, signal });
    return answer(200, stream, { "content-type": "text/event-stream", "x-accel-buffering": "no" });
  }

  async #page(): Promise<Response> {
    const nonce = randomBytes(16).toString("base64url");
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy(nonce) };
    return answer(200, shared.page.replaceAll("{nonce}", nonce), headers);
  }

  async #hint(id: string, request: Request): Promise<Response> {
    const text = new TextDecoder().decode(await bytesOf(request, MAX_HINT_BYTES));
    await this.verifications.tell(id, Input.hint(text));
    return answer(204);
  }

  async #images(id: string, request: Request): Promise<Response> {
    const files = await filesOf(request, MAX_IMAGES_BYTES);
    if (!files) return problem(400, { detail: "images come as multipart/form-data, one part for each slot" });
    await this.verifications.tell(id, Input.images(files.map(({ name, bytes }) => ({ slot: name, bytes }))));
    return answer(204);
  }

  async #retry(id: string): Promise<Response> {
    await this.verifications.retry(id);
    return answer(204);
  }

  async #return({ url }: Request): Promise<Response> {
    const { id, refused } = await this.place.hear(Input.redirect(url), {});
    // Nothing may follow from the URL, and yet the user goes back to the page.
    if (refused && !(refused instanceof Reject && id)) throw refused;
    if (!id) return problem(404, { detail: "this URL belongs to no verification", code: "verification_unknown" });
    return answer(303, null, { location: this.place.page?.(id) ?? `verifications/${id}/page` });
  }

  async #callback(request: Request, account: string): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = await bytesOf(request, MAX_CALLBACK_BYTES);
    try {
      const input = Input.callback({ url: pathname + search, headers: request.headers, body });
      const { refused } = await this.place.hear(input, { account });
      if (refused) throw refused;
    } catch (error) {
      if (!(error instanceof Reject)) throw error;
      const status = error.callbackStatus;
      return status === 200 ? answer(200) : refusal(error, status);
    }
    return answer(200);
  }

  async #answer(what: () => Promise<Response>): Promise<Response> {
    try {
      return await what();
    } catch (error) {
      if (error instanceof HostFailed) throw error.cause;
      if (error instanceof Reject) return refusal(error, error.httpStatus);
      // What is left of the body is not read: the connection ends with the answer.
      if (error instanceof TooLarge) return problem(413, { detail: "the body is too large" }, { connection: "close" });
      this.kit.failed(error, null);
      return problem(503, { detail: "try again in a moment" }, { "retry-after": "1" });
    }
  }
}

/** What `who` threw. */
class HostFailed extends Error {}

async function asHost(who: () => Who | Promise<Who>): Promise<Who> {
  try {
    return await who();
  } catch (cause) {
    throw new HostFailed("who", { cause });
  }
}

function element(file: string): Response {
  const text = Object.hasOwn(ELEMENT, file) ? ELEMENT[file] : undefined;
  if (text === undefined) return problem(404);
  const type = file.endsWith(".json") ? "application/json" : "text/javascript; charset=utf-8";
  return answer(200, text, { "content-type": type, "cache-control": "max-age=3600" });
}

/** Only scripts with the nonce run, and what they load; the rest is the provider's. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "connect-src 'self' http: https: ws: wss:",
    "frame-src http: https:",
    "img-src http: https: data: blob:",
    "style-src 'unsafe-inline' http: https:",
    "font-src http: https: data:",
    "media-src http: https: blob:",
    "base-uri 'none'",
    "form-action http: https:",
  ].join("; ");
}

/** A part of a path; one that is not well-formed stays as it is, and names nothing. */
function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return part ?? "";
  }
}
