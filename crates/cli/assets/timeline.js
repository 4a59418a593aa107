// A session's timeline: server-sent events in, list entries out.

const PARTIES = { merchant: "shop", provider: "provider", user: "user", stranger: "stranger" };
const RETRY_MS = 2000;

/** Follows one session's timeline until `close` is called. */
export function follow(id, { list, live, changed }) {
  let source, timer, closed = false, first, last = 0;
  list.replaceChildren();
  const open = () => {
    source = new EventSource(`/api/sessions/${encodeURIComponent(id)}/events`);
    source.onopen = () => { live.textContent = "Live."; };
    source.onmessage = ({ lastEventId, data }) => {
      // A connection of our own making begins at the start: what is shown already stays as it is.
      if (Number(lastEventId) <= last) return;
      last = Number(lastEventId);
      const entry = JSON.parse(data);
      first ??= entry.at;
      const following = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
      list.append(item(entry, first));
      if (following) list.scrollTop = list.scrollHeight;
      changed();
    };
    source.onerror = () => {
      live.textContent = "The server does not answer. Trying again …";
      // The browser tries again by itself, unless the answer was no stream at all.
      if (source.readyState === EventSource.CLOSED && !closed) timer = setTimeout(open, RETRY_MS);
    };
  };
  open();
  return { close() { closed = true; clearTimeout(timer); source.close(); } };
}

function item({ at, from, to, what, text }, first) {
  const time = element("time", { textContent: `+${clock(at - first)}`, dateTime: new Date(at).toISOString() });
  const who = element("span", { className: "who", textContent: from === to ? PARTIES[from] : `${PARTIES[from]} → ${PARTIES[to]}` });
  const words = element("span", { className: "text", textContent: text });
  const line = element("li", { className: `entry ${tone(from, what)}` });
  line.dataset.type = what.type;
  line.append(time, who, words);
  if (isHint(what)) line.append(element("span", { className: "remark", textContent: "a hint: it decides nothing" }));
  return line;
}

function isHint({ type, input, refused }) {
  return type === "told" && !refused && ["hint", "redirect", "callback"].includes(input);
}

function tone(from, what) {
  if (from === "stranger") return "bad";
  if (what.type === "done" || what.type === "evidence") return "end";
  if (what.type === "told") return what.refused ? "bad" : "told";
  if (what.type === "answer") return what.status >= 200 && what.status < 300 ? "" : "bad";
  return what.type === "wait" ? "wait" : what.type === "note" ? "note" : what.type === "present" ? "present" : "";
}

export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const days = Math.floor(seconds / 86400);
  const part = (value) => String(value).padStart(2, "0");
  const text = `${part(Math.floor(seconds / 3600) % 24)}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`;
  return days ? `${days} d ${text}` : text;
}

export function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}
