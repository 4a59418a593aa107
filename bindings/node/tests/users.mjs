// What users do with their journeys, in pages of the sandbox. `run` has their journey, and takes what their browser tells.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import { journeyFromJson, read } from "idvkit";

import { Browser } from "./support.mjs";

export const way = (journey, type) => journey.ways.find((one) => one.type === type);

export async function throughJumio(run) {
  const browser = new Browser(run.ours);
  await browser.open(way(await run.journey(), "redirect").url);
  await run.back(await browser.press("acceptable"));
}

export async function throughAttestr(run) {
  const journey = await run.journey();
  const [{ reference: handshake }] = (await run.verification()).references;
  assert(way(journey, "script").options.some((option) => option.value.value === handshake));
  const browser = new Browser(run.ours);
  await browser.open(`${run.sandbox}/attestr/flow/${handshake}?cl=00112233445566778899aabbccddeeff&lc=en`);
  await browser.press("begin");
  await browser.press("submit", { pan: "ABCPE1234F" });
  await browser.press("send_code", { mobile: "9876543210" });
  await browser.press("submit", { otp: browser.html.split('data-otp="')[1].slice(0, 6) });
  await browser.press("submit");
  const [[handler, data]] = browser.data("data-handler");
  await run.hint(read(journey, { type: "event", name: handler, data }));
}

export async function throughBiometricKz(run) {
  const journey = await run.journey();
  assert((await run.verification()).technologies.length > 0);
  const browser = new Browser(run.ours);
  await browser.open(way(journey, "web_view").url);
  for (let page = 0; page < 10 && browser.html.includes("<form"); page += 1) {
    await browser.press(browser.html.includes('value="begin"') ? "begin" : "submit");
  }
  await run.hint(read(journey, { type: "navigation", url: browser.url }));
}

export async function throughSignicat(run) {
  const browser = new Browser(run.ours);
  await browser.open(way(await run.journey(), "redirect").url);
  await run.back(await browser.press("submit"));
}

export const eventually = async (there, what = there) => {
  for (const stop = Date.now() + 10_000; Date.now() < stop; await sleep(20)) {
    const found = await there();
    if (found) return found;
  }
  throw new Error(`${what}`);
};

/** A user of a kit, over HTTP. */
export class User {
  constructor(kit, id, ask = (path, init) => fetch(`${kit.url}/idv${path}`, { redirect: "manual", ...init })) {
    Object.assign(this, { kit, id, ask, ours: kit.url, sandbox: kit.sandbox.url });
  }

  async journey() {
    const state = await eventually(async () => {
      const state = await (await this.ask(`/verifications/${this.id}`)).json();
      return state.state === "journey" && state;
    }, "no journey");
    return journeyFromJson(JSON.stringify(state.journey));
  }

  async hint(text) {
    assert.equal((await this.ask(`/verifications/${this.id}/hint`, { method: "POST", body: text })).status, 204);
  }

  async back(url) {
    const answer = await this.ask(url.slice(`${this.kit.url}/idv`.length));
    assert.equal(answer.status, 303);
    assert.equal(new URL(answer.headers.get("location"), url).pathname, `/idv/verifications/${this.id}/page`);
  }

  verification() {
    return this.kit.verifications.verification(this.id);
  }
}
