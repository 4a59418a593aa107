// From the first check of a journey to the way that is shown.

import { asksForCamera, choose, type PageWay } from "./choose.js";
import { preflight, type CameraTrouble } from "./preflight.js";
import { fail, progress, type Showing } from "./showing.js";
import { Trouble } from "./trouble.js";
import { frame } from "./ways/frame.js";
import { redirect } from "./ways/redirect.js";
import { script } from "./ways/script.js";
import { upload } from "./ways/upload.js";

export function start(shown: Showing): Promise<void> {
  return attempt(shown, async () => {
    const { journey, owner, panel, signal } = shown;
    const way = choose(journey, owner.getAttribute("way"));
    const trouble = await camera(shown, way);
    if (signal.aborted) return;
    if (!trouble) return show(shown, way);
    // The check may be wrong, and the provider's page may know another way.
    const onward = panel.button("anyway", () => void attempt(shown, () => show(shown, way)), "plain");
    fail(shown, new Trouble(trouble), onward);
  });
}

async function attempt(shown: Showing, what: () => void | Promise<void>): Promise<void> {
  try {
    await what();
  } catch (error) {
    if (!shown.signal.aborted) fail(shown, error instanceof Trouble ? error : new Trouble("script_failed", `${error}`));
  }
}

async function camera(shown: Showing, { type }: PageWay): Promise<CameraTrouble | null> {
  const wish = shown.owner.getAttribute("preflight");
  const redirected = type === "redirect";
  if (wish === "off" || type === "upload" || (wish !== "camera" && !asksForCamera(shown.journey!))) return null;
  progress(shown, "preflight", "preflight");
  const trouble = await preflight("camera", !redirected);
  // Everything else is between the user and the page that they are sent to.
  return redirected && trouble !== "camera_none" ? null : trouble;
}

function show(shown: Showing, way: PageWay): void | Promise<void> {
  shown.panel.warn();
  if (way.type === "redirect") return redirect(shown, way);
  if (way.type === "upload") return upload(shown, way);
  progress(shown, "loading", "loading");
  // The page may have removed it just now.
  if (shown.signal.aborted) return;
  return way.type === "frame" ? frame(shown, way) : script(shown, way);
}
