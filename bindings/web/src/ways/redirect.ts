// The provider's page in this tab. The browser comes back to a return URL, where `readReturn` is called.

import { make } from "../panel.js";
import type { Presentation } from "../presentation.js";
import type { Way } from "../types.js";

export function redirect({ url }: Extract<Way, { type: "redirect" }>, shown: Presentation): void {
  const { panel, element, signal } = shown;
  const link = panel.label(make("a", { href: url, part: "button", onclick: () => shown.progress("leaving") }), "continue");
  panel.show(panel.label(make("p"), "leaving", { host: link.host }), link);
  shown.progress("shown");
  if (!signal.aborted && element.hasAttribute("auto-redirect")) link.click();
}
