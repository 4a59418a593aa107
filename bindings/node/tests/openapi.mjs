// Answers, held against the OpenAPI document of the routes.

import assert from "node:assert/strict";

import { Ajv2020 } from "ajv/dist/2020.js";

/** What checks answers; `seen` has the operations and statuses that came. */
export function checker(openapi) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(openapi, "openapi");
  const patterns = Object.keys(openapi.paths).map((path) => [new RegExp(`^${path.replace(/\{account\}$/, ".+").replace(/\{file\}/, ".+").replace(/\{\w+\}/g, "[^/]+")}$`), path]);
  const pointer = (...parts) => `openapi#/${parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;
  const seen = new Set();
  const resolved = (response) => (response.$ref ? openapi.components.responses[response.$ref.split("/").at(-1)] : response);
  return {
    seen,
    async check(method, path, answer, whole = true) {
      const [, template] = patterns.find(([pattern]) => pattern.test(path.split("?")[0])) ?? [];
      const operation = openapi.paths[template]?.[method.toLowerCase()];
      if (!operation) return assert([404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`);
      const what = `${operation.operationId} ${answer.status}`;
      const response = operation.responses[answer.status];
      assert(response, `${what} is not described`);
      seen.add(what);
      const { content, headers } = resolved(response);
      for (const [name, { required }] of Object.entries(headers ?? {})) assert(!required || answer.headers.get(name) !== null, `${what}: ${name}`);
      const type = answer.headers.get("content-type")?.split(";")[0] ?? null;
      if (!content) return assert.equal(await answer.clone().text(), "", what);
      assert(content[type], `${what}: ${type}`);
      if (!whole || !type.endsWith("json")) return;
      const place = response.$ref ? ["components", "responses", "Problem"] : ["paths", template, method.toLowerCase(), "responses", `${answer.status}`];
      const valid = ajv.getSchema(pointer(...place, "content", type, "schema"));
      assert(valid(await answer.clone().json()), `${what}: ${ajv.errorsText(valid.errors)}`);
    },
  };
}
