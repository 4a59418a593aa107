// Local sandbox, not Attestr: a stand-in for the browser library, written from the public documents.
// It shows the sandbox's hosted page in a frame and hands its end to the handlers.
(function () {
  "use strict";
  var base = new URL(".", document.currentScript.src).href.replace(/cdn\/$/, "");
  var aliases = {
    onFlowxSuccess: ["onFlowxSuccess", "onFlowxComplete", "onFlowXComplete", "onComplete"],
    onFlowxSkip: ["onFlowxSkip", "onFlowXSkip", "onSkip"],
    onFlowxError: ["onFlowxError", "onFlowXError", "onError"]
  };

  function AttestrFlowx(options) {
    this.options = options || {};
  }

  AttestrFlowx.prototype.launch = function () {
    var options = this.options;
    var url = new URL("flow/" + encodeURIComponent(options.hs), base);
    url.searchParams.set("cl", options.cl || "");
    url.searchParams.set("lc", options.lc || "en");
    url.searchParams.set("retry", options.retry ? "true" : "false");
    Object.keys(options.qr || {}).forEach(function (name) {
      url.searchParams.set("qr[" + name + "]", options.qr[name]);
    });
    var frame = document.createElement("iframe");
    frame.src = url.href;
    frame.title = "Local sandbox: flow";
    frame.allow = "camera;microphone;geolocation";
    frame.style.cssText = "position:fixed;inset:0;width:100%;height:100%;border:0;z-index:2147483647;background:#fff";
    window.addEventListener("message", function listen(event) {
      if (event.source !== frame.contentWindow || event.origin !== url.origin) return;
      var handler = event.data && event.data.sandbox === "attestr" && aliases[event.data.handler];
      if (!handler) return;
      window.removeEventListener("message", listen);
      frame.remove();
      var name = handler.find(function (alias) { return typeof options[alias] === "function"; });
      if (name) options[name](event.data.data);
    });
    document.body.appendChild(frame);
  };

  window.AttestrFlowx = window.AttestrFlowX = AttestrFlowx;
})();
