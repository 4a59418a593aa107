// What every hosted page does beyond its form. Without JavaScript the form alone is enough.
import { attach } from "./capture.js";

const framed = window.parent !== window;

/**
 * Browsers take storage away from third parties; a page that cannot work then says so and goes no further (inferred).
 * `state` is what the script wants: `ignored`, `needed` or `blocked`.
 */
export function storageBlocked(state) {
  const notice = document.querySelector("[data-storage]");
  if (!framed || state === "ignored" || (state === "needed" && works())) return false;
  notice.hidden = false;
  const link = notice.querySelector("a");
  link.href = location.href;
  link.hidden = document.querySelector("[data-own-script]") !== null;
  document.querySelector("[data-content]").hidden = true;
  return true;
}

function works() {
  try {
    sessionStorage.setItem("idvkit-sandbox", "1");
    sessionStorage.removeItem("idvkit-sandbox");
    return true;
  } catch {
    return false;
  }
}

function press(action) {
  const button = document.querySelector(`button[name=action][value=${action}]`);
  button?.form.requestSubmit(button);
}

/** Which target origin the real pages name is documented nowhere; `*` is inferred. */
function tellParent() {
  for (const message of document.querySelectorAll("[data-post-message]")) {
    window.parent.postMessage(message.textContent, "*");
  }
  for (const finish of document.querySelectorAll("[data-finish]")) {
    window.parent.postMessage({ sandbox: finish.dataset.finish, detail: JSON.parse(finish.textContent) }, "*");
  }
}

/** A second press of a button must not send the form twice. */
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "true";
    document.body.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    document.body.removeAttribute("aria-busy");
  });
}

function main() {
  // A page that has a script of its own takes only what it imports.
  if (document.querySelector("[data-own-script]") || storageBlocked(document.querySelector("[data-storage]").dataset.storage)) return;
  const field = document.querySelector("#framed");
  if (field) field.value = String(framed);
  document.querySelectorAll("form").forEach(sendOnce);
  document.querySelectorAll("[data-capture]").forEach((step) => attach(step, () => press("deny_camera")));
  const alert = document.querySelector("[role=alert]:not([hidden])");
  alert?.setAttribute("tabindex", "-1");
  alert?.focus(); // what was wrong is read out first
  if (framed) tellParent();
  const next = document.querySelector("[data-redirect]");
  if (framed && next) location.replace(next.href);
}

main();
