// Calls of the shop’s own server.

export const get = (path) => request("GET", path);
export const post = (path, body) => request("POST", path, JSON.stringify(body));

/** The answer as JSON; an error of the server is thrown in its own words. */
export async function request(method, path, body) {
  const answer = await fetch(path, { method, body });
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(value?.error ? `${value.error.message} [${value.error.code}]` : `status ${answer.status}`);
  return value;
}
