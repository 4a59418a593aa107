// Local sandbox, not biometric.kz: a stand-in for the widget, written from the public documents.
// It shows the sandbox's hosted flow in a frame inside the container and fires "finish" on window at its end.
(function () {
  "use strict";
  // A module has no currentScript (the documents load this file as one), so the tag is looked up by its name.
  const script = document.currentScript || document.querySelector('script[src*="/widget/flow-widget"]');
  const base = new URL("..", script.src).href;
  const warn = (text) => console.warn(`Local sandbox: ${text}`);

  function startSession(options) {
    options = options || {};
    const id = options.id || options.session_id;
    if (!options.id && options.session_id) {
      warn("startSession reads id; session_id stands only in the guide's table (B-1).");
    }
    const container = find(options.selector);
    if (!id || !container) {
      console.error("Local sandbox: startSession needs id, and a selector that finds the container, such as #flow-widget.");
      return;
    }
    if (!["ru", "en", "kz"].includes(options.locale)) warn("locale must be ru, en or kz.");
    show(container, id, options.locale);
  }

  /** A CSS selector; the guide's table calls it an identifier, which finds nothing. */
  function find(selector) {
    try {
      return document.querySelector(selector);
    } catch {
      return null;
    }
  }

  function show(container, id, locale) {
    const url = new URL("flow/" + encodeURIComponent(id), base);
    url.searchParams.set("widget", "true");
    if (locale) url.searchParams.set("locale", locale);
    const frame = document.createElement("iframe");
    frame.src = url.href;
    frame.title = "Local sandbox: flow";
    frame.allow = "camera;microphone";
    frame.style.cssText = "display:block;width:100%;height:100%;min-height:36rem;border:0;background:Canvas";
    window.addEventListener("message", function listen(event) {
      // A container that was emptied in the meantime has nobody to tell.
      if (!frame.isConnected) return window.removeEventListener("message", listen);
      if (event.source !== frame.contentWindow || event.origin !== url.origin) return;
      if (event.data?.sandbox !== "finish") return;
      window.removeEventListener("message", listen);
      // What detail holds is documented nowhere; nobody may decide anything on it (B-Q13).
      window.dispatchEvent(new CustomEvent("finish", { detail: event.data.detail }));
    });
    container.replaceChildren(frame);
  }

  window.FlowWidget = { startSession: startSession };
})();
