// A user's way through an example shop.

import assert from "node:assert/strict";

import { Browser } from "./support.mjs";
import { eventually } from "./users.mjs";

/** Goes through a shop from begin to outcome; `ask` is its server. */
export async function shop(url, ask) {
  const begun = await ask("/verifications", { method: "POST" });
  assert.equal(begun.status, 303);
  const page = begun.headers.get("location");
  assert.match(await (await ask(page)).text(), /<idv-journey nonce="[\w-]+" src="\.">/);
  const id = page.split("/").at(-2);
  const state = async () => (await ask(`/idv/verifications/${id}`)).json();
  const { journey } = await eventually(async () => {
    const now = await state();
    return now.state === "journey" && now;
  });
  const browser = new Browser(url);
  await browser.open(journey.ways.find((way) => way.type === "redirect").url);
  const back = await ask((await browser.press("acceptable")).slice(url.length));
  assert.deepEqual([back.status, back.headers.get("location")], [303, `verifications/${id}/page`]);
  return state;
}
