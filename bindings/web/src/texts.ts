// The element's texts in the user's language. They are modules in the folder `locales` beside the bundle.

import { english, others } from "../locales/index.js";

/** The texts by their keys; `locales/en.json` has them all. */
export type TextKey = keyof typeof english;
export type Texts = Readonly<Partial<Record<TextKey, string>>>;

const PATIENCE_MS = 3000;

/** The texts of a language tag. A language that cannot be had, or not in time, must not cost the user the journey: it is English. */
export async function load(tag: string): Promise<Texts> {
  try {
    // Whatever a tag may say, what is not in the table throws here, or has no texts.
    const asked = others[tag.toLowerCase().split("-")[0]!]!();
    return (await Promise.race([asked, new Promise<never>((_, late) => setTimeout(late, PATIENCE_MS))])).default ?? english;
  } catch {
    return english;
  }
}

/** A text, with values in place of `{name}`. A slot that has no text is called by its name. */
export function fill(texts: Texts, key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return (texts[key] ?? key.replaceAll("_", " ")).replace(/{(\w+)}/g, (_, name: string) => values[name] as string);
}
