// A provider's page in a frame. Messages count only from the listed origins and from the frame's own window.

import { make } from "../panel.js";
import { passes } from "../preflight.js";
import { atEnd, deadline, fail, jsonOf, progress, see, type Showing } from "../showing.js";
import { Trouble } from "../trouble.js";
import type { SizeClass, Way } from "../types.js";

type FrameWay = Extract<Way, { type: "frame" }>;

export function frame(shown: Showing, { url, allow, allow_fullscreen, origins, sizes, listen }: FrameWay): void {
  const { panel, signal } = shown;
  const inTime = deadline(shown);
  const onload = () => {
    inTime();
    progress(shown, "shown", "shown");
    // A focus from before the page was there has not reached it.
    if (frame.matches(":focus")) {
      frame.blur();
      frame.focus();
    }
  };
  const frame = make("iframe", { src: url, allow, allowFullscreen: allow_fullscreen, part: "frame" });
  panel.label(frame, "verification", undefined, "title");
  // A page that says when it has loaded is waited for: a frame's own event fires for error pages, too.
  if (!listen.some(({ means }) => means === "loaded")) frame.addEventListener("load", onload, { once: true });
  const hear = ({ source, origin, data }: MessageEvent<unknown>) => {
    // A last message that the way back to the merchant has overtaken comes without a window. Before, the frame's document is out of
    // reach, or the empty one (`about:blank`) that every frame begins with.
    const own = source ? source === frame.contentWindow : /^http/.test(frame.contentDocument?.URL!);
    if (!own || !origins.includes(origin)) return;
    const means = see(shown, { type: "message", origin, data: typeof data === "string" ? data : jsonOf(data) });
    if (means === "loaded") onload();
    else if (means) inTime();
  };
  addEventListener("message", hear, { signal });

  if (sizes.length) fit(shown, frame, sizes);
  panel.show(frame);
  if (/\bcamera\b/.test(allow) && passes(frame) === false) fail(shown, new Trouble("camera_blocked_by_policy"));
}

/** Gives the frame the largest size class that has room. */
function fit(shown: Showing, { style }: HTMLIFrameElement, sizes: readonly SizeClass[]): void {
  const observer = new ResizeObserver(() => {
    const { width, height, bound } = sizes.find((one) => one.width <= shown.owner.clientWidth) ?? sizes.at(-1)!;
    style.blockSize = `${height}px`;
    style.maxInlineSize = bound === "at_least" ? "" : `${width}px`;
  });
  observer.observe(shown.owner);
  atEnd(shown, () => observer.disconnect());
}
