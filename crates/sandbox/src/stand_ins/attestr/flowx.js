// Local sandbox, not Attestr: a stand-in for the browser library, written from the public documents.
// It shows the flow's page over the whole window; the page talks to the sandbox over a socket and says how it ended.
(function () {
  "use strict";
  const base = new URL(".", document.currentScript.src);
  // The documents and samples of different years spell the handlers differently: one of each kind is called.
  const spellings = {
    onFlowxSuccess: ["onFlowxSuccess", "onFlowxComplete", "onFlowXSuccess", "onFlowXComplete", "onComplete"],
    onFlowxSkip: ["onFlowxSkip", "onFlowXSkip", "onSkip"],
    onFlowxError: ["onFlowxError", "onFlowXError", "onError"],
  };
  const rules = { hs: /^DS0[0-9a-zA-Z_-]{6,30}$/, cl: /^[0-9a-fA-F]+$/ };
  const fixed = "position:fixed;inset:0;z-index:2147483647;margin:0;border:0;width:100%;height:100%;";

  class AttestrFlowx {
    #options;
    #overlay = null;

    constructor(options) {
      this.#options = options ?? {};
    }

    /** Shows the flow. A second call while it is shown does nothing. */
    launch() {
      if (this.#overlay) return console.warn("Local sandbox: this flow is shown already.");
      const wrong = Object.keys(rules).find((name) => !rules[name].test(String(this.#options[name] ?? "")));
      if (wrong) {
        const message = `Local sandbox: ${wrong} is missing or malformed.`;
        const error = { code: 40050, httpStatusCode: 400, message, retry: false, stage: null };
        return queueMicrotask(() => this.#call("onFlowxError", error));
      }
      this.#show();
    }

    #show() {
      const before = document.activeElement;
      const frame = document.createElement("iframe");
      const url = new URL("flowx.html", base);
      url.searchParams.set("lc", this.#options.lc || "en");
      frame.src = url.href;
      frame.title = "Local sandbox: identity check";
      frame.allow = "camera;microphone;geolocation";
      frame.style.cssText = `${fixed}background:Canvas;`;
      frame.addEventListener("load", () => this.#connect(frame, (handler, data) => {
        frame.remove();
        this.#overlay = null;
        before?.focus?.();
        this.#call(handler, data);
      }), { once: true });
      this.#overlay = frame;
      document.body.append(frame);
      frame.focus();
    }

    /** The page gets the options through a channel of its own, which nobody else on this page can read. */
    #connect(frame, end) {
      const { cl, hs, lc, retry, qr } = this.#options;
      const channel = new MessageChannel();
      channel.port1.onmessage = ({ data }) => {
        channel.port1.close();
        end(data.handler, data.data);
      };
      const options = { cl, hs, lc: lc || "en", retry: retry === true, qr: texts(qr) };
      frame.contentWindow.postMessage({ sandbox: "attestr", options }, base.origin, [channel.port2]);
    }

    #call(handler, data) {
      const name = spellings[handler].find((spelling) => typeof this.#options[spelling] === "function");
      if (name) this.#options[name](readable(data));
      else console.warn(`Local sandbox: there is no ${handler} handler to call.`);
    }
  }

  /** The documents show an object, the vendor's sample calls JSON.parse: as a text it is its own JSON. */
  function readable(data) {
    if (typeof data !== "object" || data === null) return data;
    return Object.defineProperty(data, "toString", { value: () => JSON.stringify(data) });
  }

  /** Variables are texts; anything else would not cross. */
  function texts(variables) {
    return Object.fromEntries(Object.entries(variables ?? {}).map(([name, value]) => [name, String(value)]));
  }

  window.AttestrFlowx = window.AttestrFlowX = AttestrFlowx;
})();
