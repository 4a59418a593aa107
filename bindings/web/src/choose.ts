// Which way of a journey a page can show.

import { make } from "./panel.js";
import { Trouble } from "./trouble.js";
import type { Journey, Way } from "./types.js";

export type PageWay = Extract<Way, { type: "frame" | "redirect" | "script" | "upload" }>;

/** Reads a journey from an object or its JSON text; anything else is not a journey. */
export function parse(given: unknown): Journey | null {
  try {
    const journey = (typeof given === "string" ? JSON.parse(given) : given) as Journey;
    return journey.id && Array.isArray(journey.ways) ? journey : null;
  } catch {
    return null;
  }
}

/**
 * The preferred way if the journey has it, otherwise the best one for a page.
 *
 * @throws {Trouble} if there is none, or the preferred one is only for apps or is forbidden by the provider.
 */
export function choose(journey: Journey | null, wish: string | null): PageWay {
  if (!journey) throw new Trouble("journey_malformed");
  const { ways, refused = [] } = journey;
  const way = ways.find(({ type }) => type === wish) ?? (refused.some(({ way }) => way === wish) ? undefined : ways.find(forPage));
  if (way && forPage(way)) return located(way);
  const reasons = refused.map(({ way, reason }) => `${way}: ${reason}; `);
  throw new Trouble("way_unsupported", `${reasons.join("")}this journey has: ${ways.map(({ type }) => type).join(", ")}`);
}

/** The way with its URL resolved against this page: a library may be a copy on the merchant's own site. */
function located(way: PageWay): PageWay {
  const { src, url = src } = way as { src?: string; url?: string };
  const { href, protocol } = make("a", { href: url! });
  // A browser is sent to web addresses only, never to `javascript:`.
  if (way.type === "upload" || /^https?:/.test(protocol)) return { ...way, ...{ src: href, url: href } };
  throw new Trouble("journey_malformed", `${way.type}: no web address`);
}

/** Whether the provider's pages ask for the camera, as far as the journey says so. */
export function asksForCamera({ ways }: Journey): boolean {
  const all: readonly { allow?: string; permissions?: readonly string[] }[] = ways as readonly object[];
  return all.some(({ allow, permissions }) => /\bcamera\b/.test(`${allow ?? permissions}`));
}

function forPage(way: Way): way is PageWay {
  return /^(frame|redirect|script|upload)$/.test(way.type);
}
