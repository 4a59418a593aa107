// The custom elements manifest, which editors and catalogues read, made from the README's tables.

const table = (readme, title) => {
  const [, section] = readme.split(new RegExp(`^## ${title}$`, "m"));
  const rows = section.split(/^## /m)[0].split("\n| Code ")[0].matchAll(/^\| (`.*?)\s*\|\s*(.*?)\s*\|$/gm);
  return [...rows].flatMap(([, names, description]) => [...names.matchAll(/`(.*?)`/g)].map(([, name]) => ({ name, description })));
};

/** What `custom-elements.json` holds. */
export function manifest(readme) {
  const attributes = table(readme, "Attributes");
  const events = [...readme.matchAll(/^\| `(idv-\w+)` \|(.*?)\| (.*?) \|$/gm)];
  return {
    schemaVersion: "1.0.0",
    readme: "README.md",
    modules: [
      {
        kind: "javascript-module",
        path: "dist/idv-journey.js",
        declarations: [
          {
            kind: "class",
            name: "IdvJourney",
            customElement: true,
            tagName: "idv-journey",
            superclass: { name: "HTMLElement" },
            description: "Shows the journey of any identity-verification provider from the journey's data.",
            attributes,
            members: [
              { kind: "field", name: "journey", type: { text: "Journey | string | null" } },
              { kind: "method", name: "close", return: { type: { text: "void" } } },
            ],
            events: events.map(([, name, detail, description]) => ({
              name,
              type: { text: `CustomEvent<IdvEvents["${name}"]>` },
              description: detail.trim() ? `detail: ${detail.trim()}. ${description}` : description,
            })),
            cssProperties: [...new Set(readme.match(/--idv-[\w-]+/g))].map((name) => ({ name })),
            cssParts: [...new Set(readme.match(/::part\(\w+\)/g))].map((part) => ({ name: part.slice(7, -1) })),
          },
        ],
        exports: [
          { kind: "custom-element-definition", name: "idv-journey", declaration: { name: "IdvJourney", module: "dist/idv-journey.js" } },
          { kind: "js", name: "IdvJourney", declaration: { name: "IdvJourney", module: "dist/idv-journey.js" } },
        ],
      },
    ],
  };
}
