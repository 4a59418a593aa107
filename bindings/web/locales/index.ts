// The element's texts: English, which is always there, and a module for each other language.

export { default as english } from "./en.json";

/** Each path is written out, so that a bundler finds the file and gives it a place. */
export const others: Readonly<Record<string, () => Promise<{ default: object }>>> = {
  de: () => import("./de.json"),
  hi: () => import("./hi.json"),
  kk: () => import("./kk.json"),
  ru: () => import("./ru.json"),
};
