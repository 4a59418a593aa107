// The page to which a provider sends the user back. Whatever the URL says is only passed on to the shop's server.
import { readReturn } from "/assets/idv-journey.js";

const id = location.pathname.split("/").pop();
const text = document.querySelector("#text");
const back = document.querySelector("#back");
back.href = `/?session=${encodeURIComponent(id)}`;

const answer = await fetch(`/api/sessions/${encodeURIComponent(id)}/redirect`, { method: "POST", body: readReturn() })
  .catch(() => null);
const framed = window.parent !== window;
if (answer?.ok && !framed) {
  location.replace(back.href);
} else if (answer?.ok) {
  text.textContent = "We are looking at it. The result will show on the page around this one.";
} else {
  text.textContent = answer ? `The shop cannot use this return (${await codeOf(answer)}).` : "The shop does not answer.";
  back.hidden = framed;
}

async function codeOf(answer) {
  const { error } = await answer.json().catch(() => ({}));
  return error?.code ?? answer.status;
}
