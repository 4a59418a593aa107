// Local sandbox, not biometric.kz: a stand-in for the widget, written from the public documents.
// It shows the sandbox's hosted flow in a frame inside the container and fires "finish" on window at its end.
(function () {
  "use strict";
  // A module has no currentScript (the documents load this file as one), so the tag is looked up by its name.
  var script = document.currentScript || document.querySelector('script[src*="/widget/flow-widget"]');
  var base = new URL("..", script.src).href;

  function startSession(options) {
    options = options || {};
    var id = options.id || options.session_id;
    if (!options.id && options.session_id) {
      console.warn("Local sandbox: startSession reads id; session_id stands only in the guide's table (B-1).");
    }
    var container = document.querySelector(options.selector);
    if (!id || !container) {
      console.error("Local sandbox: startSession needs id, and a selector that finds the container, such as #flow-widget.");
      return;
    }
    if (["ru", "en", "kz"].indexOf(options.locale) < 0) {
      console.warn("Local sandbox: locale must be ru, en or kz.");
    }
    var url = new URL("flow/" + encodeURIComponent(id), base);
    url.searchParams.set("widget", "true");
    if (options.locale) url.searchParams.set("locale", options.locale);
    var frame = document.createElement("iframe");
    frame.src = url.href;
    frame.title = "Local sandbox: flow";
    frame.allow = "camera;microphone";
    frame.style.cssText = "width:100%;height:100%;min-height:36rem;border:0;background:#fff";
    window.addEventListener("message", function listen(event) {
      if (event.source !== frame.contentWindow || event.origin !== url.origin) return;
      if (!event.data || event.data.sandbox !== "biometric_kz") return;
      window.removeEventListener("message", listen);
      // What detail holds is documented nowhere; nobody may decide anything on it (B-Q13).
      window.dispatchEvent(new CustomEvent("finish", { detail: event.data.detail }));
    });
    container.replaceChildren(frame);
  }

  window.FlowWidget = { startSession: startSession };
})();
