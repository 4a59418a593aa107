// The merchant's page of the demo itself: what a person's hands, a slow server and an old link do to it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { begin, browser, demo, frameOf, press, useDemo, verdict, visit } from "./demo.mjs";
import { picture } from "./support.mjs";

useDemo();

const sessions = async () => (await (await fetch(`${demo.url}/api/sessions`)).json()).sessions;
const isFolded = (page) => page.locator("#starter").evaluate((one) => !one.open);

test("Start pressed several times at once opens one session", async () => {
  const page = await visit(browser, demo);
  await page.locator("#flow option").first().waitFor({ state: "attached" });
  const earlier = (await sessions()).length;
  await page.evaluate(() => {
    for (let n = 0; n < 3; n++) document.querySelector("#start").requestSubmit(document.querySelector("#start button"));
  });
  await page.waitForURL(/session=/);
  await page.waitForTimeout(500);
  assert.equal((await sessions()).length, earlier + 1);
  await page.context().close();
});

test("the form folds away for a session and says what to do there; back at the start it is open again", async () => {
  const page = await visit(browser, demo, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  assert.equal(await isFolded(page), false);
  await begin(page, "jumio authentication", { way: "frame", scenario: "declined" });
  await (await frameOf(page, "web/v4/app")).locator("h1").waitFor();
  assert(await isFolded(page));
  assert.match(await page.locator("#session-about").textContent(), /^Scenario “declined”\. .+ It comes to: declined\.$/);
  assert.equal(await page.evaluate(() => document.activeElement.id), "session-title");
  await page.goBack();
  await page.locator("#session").waitFor({ state: "hidden" });
  assert.equal(await isFolded(page), false);
  assert.equal(await page.locator("iframe").count(), 0);
  assert.equal(await page.locator("#timeline li").count(), 0);
  await page.goForward();
  await frameOf(page, "web/v4/app");
  assert.equal(await page.locator("#session-title").textContent(), "Jumio · Authentication for Web");
  await page.context().close();
});

test("a link to no session says so, once, and leaves the page useful", async () => {
  const page = await visit(browser, demo);
  await page.goto(`${demo.url}/?session=0123456789abcdef0123456789abcdef`);
  await page.locator("#notice").filter({ hasText: "no such session" }).waitFor();
  assert(await page.locator("#session").isHidden());
  let asked = 0;
  page.on("request", (request) => (asked += request.url().includes("0123456789abcdef")));
  await page.waitForTimeout(2500);
  assert.equal(asked, 0, "it asks on and on");
  await begin(page, "signicat document");
  await page.getByLabel("Front of the document").waitFor();
  assert(await page.locator("#notice").isHidden());
  await page.context().close();
});

test("another name of this machine leads to the shop's own", async () => {
  const page = await visit(browser, demo);
  await page.goto(`http://127.0.0.1:${demo.port}/`);
  assert.equal(new URL(page.url()).origin, demo.url);
  await begin(page, "signicat document");
  await page.context().close();
});

test("a wait is announced once, not each second", async () => {
  const page = await visit(browser, demo);
  await begin(page, "jumio authentication", { way: "frame" });
  await press(await frameOf(page, "web/v4/app"), "acceptable");
  await page.locator("#status").filter({ hasText: "waits" }).waitFor();
  await page.evaluate(() => {
    window.announced = 0;
    const watch = new MutationObserver((changes) => (window.announced += changes.length));
    for (const live of document.querySelectorAll("#session [role=status], #session [aria-live]")) {
      watch.observe(live, { childList: true, characterData: true, subtree: true });
    }
  });
  const before = await page.locator("#remaining").textContent();
  await page.waitForTimeout(2500);
  assert.notEqual(await page.locator("#remaining").textContent(), before, "the countdown stands still");
  assert.equal(await page.evaluate(() => window.announced), 0);
  await page.context().close();
});

test("an answer that was overtaken is not shown", async () => {
  const page = await visit(browser, demo);
  await begin(page, "jumio authentication", { way: "frame" });
  const id = new URL(page.url()).searchParams.get("session");
  await frameOf(page, "web/v4/app").then((frame) => frame.locator("h1").waitFor());
  await page.waitForTimeout(500);
  const old = await (await fetch(`${demo.url}/api/sessions/${id}`)).text();
  await press(await frameOf(page, "web/v4/app"), "acceptable");
  assert.equal(await verdict(page), "approved");
  const late = page.waitForResponse((answer) => answer.url().endsWith(id) && answer.request().method() === "GET");
  await page.route(`**/api/sessions/${id}`, (route) => route.fulfill({ body: old, contentType: "application/json" }));
  await page.getByRole("button", { name: "+1 min" }).click();
  await late;
  await page.waitForTimeout(300);
  assert.equal(await page.locator("#verdict").textContent(), "approved");
  assert.equal(await page.locator("iframe").count(), 0);
  await page.context().close();
});

test("what is forged is seen to change nothing", async () => {
  const page = await visit(browser, demo);
  await begin(page, "signicat eid");
  for (const what of ["Forge the redirect", "Forge the message"]) {
    await page.locator("#forged").evaluate((one) => (one.textContent = ""));
    await page.getByRole("button", { name: what }).click();
    await page.locator("#forged").filter({ hasText: "Nothing has changed: still no decision." }).waitFor();
  }
  assert.equal(await page.locator("#timeline .entry.bad").filter({ hasText: "forged" }).count(), 2);
  assert(await page.locator("#outcome").isHidden());
  await picture(page, "site-forged");
  await page.context().close();
});
