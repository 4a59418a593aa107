// The element's texts in the user's language. They are files in the same folder as the bundle.

import type english from "../locales/en.json";

/** The texts by their keys; `locales/en.json` has them all. */
export type TextKey = keyof typeof english;
export type Texts = Readonly<Partial<Record<TextKey, string>>>;

/** The languages that have a file, besides English. */
const LANGUAGES = /^(ru|kk|de|hi)\b/;
const PATIENCE_MS = 3000;

/** The texts of a language tag. What cannot be had must not cost the user the journey: a key without text is read as it is. */
export async function load(tag: string): Promise<Texts> {
  const [language] = LANGUAGES.exec(tag.toLowerCase()) ?? ["en"];
  try {
    const file = new URL(`locales/${language}.json`, import.meta.url);
    return await (await fetch(file, { signal: AbortSignal.timeout(PATIENCE_MS) })).json();
  } catch {
    return {};
  }
}

/** A text, with values in place of `{name}`. */
export function fill(texts: Texts, key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return (texts[key] ?? key.replaceAll("_", " ")).replace(/\{(\w+)\}/g, (_, name: string) => `${values[name]}`);
}
