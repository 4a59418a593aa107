// Which way of a journey a page can show.

import { Trouble } from "./trouble.js";
import type { Journey, Way } from "./types.js";

export type PageWay = Extract<Way, { type: "frame" | "redirect" | "script" | "upload" }>;

const PAGE_WAYS = ["frame", "redirect", "script", "upload"];

/** Reads a journey, an object or its JSON text. */
export function parse(given: unknown): Journey | Trouble {
  try {
    const journey = (typeof given === "string" ? JSON.parse(given) : given) as Journey;
    if (journey.id && Array.isArray(journey.ways)) return journey;
  } catch {
    // Said below.
  }
  return new Trouble("journey_malformed");
}

/**
 * The wished way if the journey has it, otherwise the best one for a page.
 *
 * @throws {Trouble} if there is none, or the wished one is for apps only or forbidden by the provider.
 */
export function choose({ ways, refused = [] }: Journey, wish: string | null): PageWay {
  const way = ways.find(({ type }) => type === wish) ?? (refused.some(({ way }) => way === wish) ? undefined : ways.find(forPage));
  if (way && forPage(way)) return checked(way);
  const reasons = refused.map(({ way, reason }) => `${way}: ${reason}; `);
  throw new Trouble("way_unsupported", `${reasons.join("")}this journey has: ${ways.map(({ type }) => type).join(", ")}`);
}

/** Whether the provider's pages ask for the camera, as far as the journey says so. */
export function asksForCamera({ ways }: Journey): boolean {
  return ways.some(
    (way) => (way.type === "frame" && /\bcamera\b/.test(way.allow)) || ("permissions" in way && way.permissions.includes("camera")),
  );
}

function forPage(way: Way): way is PageWay {
  return PAGE_WAYS.includes(way.type);
}

/** A browser is sent to web addresses only, never to `javascript:`. */
function checked(way: PageWay): PageWay {
  const { src, url = src } = way as { src?: string; url?: string };
  if (url === undefined || /^https?:/.test(url)) return way;
  throw new Trouble("journey_malformed", `${way.type}: no web address`);
}
