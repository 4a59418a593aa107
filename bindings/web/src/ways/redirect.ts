// The provider's page in this tab. The browser comes back to a return URL, where `readReturn` is called.

import { make } from "../panel.js";
import { progress, type Showing } from "../showing.js";
import type { Way } from "../types.js";

export function redirect(shown: Showing, { url }: Extract<Way, { type: "redirect" }>): void {
  const { panel, owner, signal } = shown;
  const link = panel.label(make("a", { href: url, part: "button", onclick: () => progress(shown, "leaving") }), "continue");
  panel.show(panel.label(make("p"), "leaving", { host: link.host }), link);
  progress(shown, "shown");
  if (!signal.aborted && owner.hasAttribute("auto-redirect")) link.click();
}
