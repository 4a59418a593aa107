// A provider's page in a frame, on another site.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { CAMERA, SPEAKING, frameJourney, give, inLaxBrowser, launch, merchantPage, open, picture, pressInFrame, startSite, storageOf, told, until } from "./support.mjs";

let site;
let browser;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launch(...CAMERA)]);
  site.put("/", merchantPage());
  site.put("/provider", SPEAKING);
});
after(async () => {
  await browser.close();
  site.stop();
});

const journey = (more) => frameJourney(`${site.provider}/provider`, more);
const frameOf = (page) => page.frameLocator("iframe");

async function shown(more, options) {
  const page = await open(browser, `${site.merchant}/`, options);
  await give(page, journey(more));
  await until(page, { name: "progress", phase: "shown" });
  return page;
}

test("from the first check to the end, in events", async () => {
  const page = await shown();
  await pressInFrame(frameOf(page).getByRole("button", { name: "Finish" }));
  await until(page, { name: "end" });
  const names = (await told(page)).map((one) => [one.name, one.phase ?? one.kind]);
  assert.deepEqual(names, [
    ["progress", "preflight"],
    ["progress", "loading"],
    ["hint", "loaded"],
    ["progress", "shown"],
    ["hint", "success"],
    ["end", "success"],
  ]);
  const [, hint] = await told(page, "hint");
  assert.equal(hint.text, '{"journey":"journey-1","kind":"success","data":{"note":"01234567"}}');
  assert(!JSON.stringify(await told(page)).includes("secret-of-the-provider"), "a token left the frame");
  assert.match(await page.getByRole("status").textContent(), /Your part is done/);
  assert.deepEqual(page.faults, []);
  await picture(page, "frame");
  await page.context().close();
});

test("the frame has what the journey says", async () => {
  const page = await shown();
  const frame = page.locator("iframe");
  assert.equal(await frame.getAttribute("allow"), "camera;fullscreen");
  assert.equal(await frame.getAttribute("allowfullscreen"), "");
  assert.equal(await frame.getAttribute("src"), `${site.provider}/provider`);
  assert.equal(await frame.getAttribute("title"), "Identity verification");
  // Granted, so the policy reaches the page within.
  const inside = page.frames().find((one) => one.url().endsWith("/provider"));
  assert.equal(await inside.evaluate(() => document.featurePolicy.allowsFeature("camera")), true);
  assert.equal(await inside.evaluate(() => document.featurePolicy.allowsFeature("geolocation")), false);
  await page.context().close();
});

test("a message from another origin counts for nothing", async () => {
  const page = await shown();
  // Right shape and right window, but it came from another site: the frame has gone there.
  site.put("/elsewhere", `<script>parent.postMessage({ say: "success" }, "*"); document.title = "sent"</script>`);
  const inside = page.frames().find((one) => one.url().endsWith("/provider"));
  await inside.evaluate((url) => (location.href = url), `${site.merchant}/elsewhere`);
  await page.waitForFunction(() => document.querySelector("idv-journey").shadowRoot.querySelector("iframe").contentDocument?.title === "sent");
  // And from the page itself.
  await page.evaluate(() => postMessage({ say: "success" }, "*"));
  await page.waitForTimeout(200);
  assert.deepEqual(await told(page, "end"), []);
  await page.context().close();
});

test("a message of the right origin from another window counts for nothing", async () => {
  const page = await shown();
  await page.evaluate((url) => {
    addEventListener("message", ({ data }) => (window.heard = data));
    document.body.append(Object.assign(document.createElement("iframe"), { src: url, id: "other" }));
  }, `${site.provider}/provider`);
  await pressInFrame(page.frameLocator("#other").getByRole("button", { name: "Finish" }));
  await page.waitForFunction(() => String(window.heard).includes("success"));
  assert.deepEqual(await told(page, "end"), []);
  assert.equal((await told(page, "hint")).length, 1);
  await page.context().close();
});

/** A provider's page that goes to the merchant's, and speaks until it is gone; the browser gives the last words no window any more. */
function leaving() {
  site.put("/returned", "<!doctype html><title>Returned</title>");
  const leave = `location.replace("${site.merchant}/returned"); let n = 0; setInterval(() => say({ say: "success", note: n++ }), 1)`;
  site.put("/leaving", `<!doctype html><script>
    const say = (data) => parent.postMessage(data, "*");
    say({ say: "loaded" });
  </script><button onclick='${leave}'>Leave</button>`);
  return `${site.provider}/leaving`;
}

/** Notes which successes came, and whether they had a window. */
const listen = (page) =>
  page.evaluate(() => {
    window.heard = [];
    addEventListener("message", ({ source, data }) => data.say === "success" && window.heard.push(!!source));
  });

/** Lets the page in a frame leave, until a message came without a window: most often the first time. */
async function leftBehind(attempt) {
  for (let left = 10; left > 0; left--) {
    const { page, frame } = await attempt();
    await listen(page);
    const returned = page.waitForEvent("framenavigated", { predicate: (one) => one.url().endsWith("/returned") });
    await pressInFrame(page.frameLocator(frame).getByRole("button", { name: "Leave" }));
    await returned;
    await page.waitForTimeout(200);
    const heard = await page.evaluate(() => window.heard);
    if (heard.includes(false)) return { page, heard };
    await page.context().close();
  }
  assert.fail("every message had a window");
}

test("the last words of a page that leaves at once for the merchant's are heard", async () => {
  const url = leaving();
  const { page, heard } = await leftBehind(async () => {
    const page = await open(browser, `${site.merchant}/`);
    await give(page, frameJourney(url));
    await until(page, { name: "progress", phase: "shown" });
    return { page, frame: "idv-journey iframe" };
  });
  assert.equal((await told(page, "hint")).filter(({ kind }) => kind === "success").length, heard.length);
  assert.equal((await told(page, "end")).length, 1);
  await page.context().close();
});

test("the last words of another page count for nothing, neither beside a page that stays nor before one that comes", async () => {
  const url = leaving();
  site.put("/coming", "", { hang: true });
  for (const mine of ["/provider", "/coming"]) {
    const { page } = await leftBehind(async () => {
      const page = await open(browser, `${site.merchant}/`);
      await page.evaluate((url) => document.body.append(Object.assign(document.createElement("iframe"), { src: url, id: "other" })), url);
      await page.frameLocator("#other").getByRole("button", { name: "Leave" }).waitFor();
      await give(page, frameJourney(`${site.provider}${mine}`));
      await until(page, { name: "progress", phase: mine === "/coming" ? "loading" : "shown" });
      return { page, frame: "#other" };
    });
    assert.deepEqual(await told(page, "end"), [], mine);
    await page.context().close();
  }
});

test("an origin that the way does not list counts for nothing, whatever its signals say", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate(() => addEventListener("message", () => (window.heard = true)));
  await give(page, journey({ origins: [`${site.provider}0`] }));
  await page.waitForFunction(() => window.heard);
  assert.deepEqual(await told(page, "hint"), []);
  await page.context().close();
});

test("noise of every shape is borne", async () => {
  const page = await shown();
  const inside = page.frames().find((one) => one.url().endsWith("/provider"));
  await inside.evaluate(() => {
    const circle = {};
    circle.circle = circle;
    for (const noise of [null, undefined, 7, 7n, "", "{", "[]", [], circle, new Map([["say", "success"]]), new Blob(["x"])]) parent.postMessage(noise, "*");
    parent.postMessage({ say: "error", note: { deep: 1 } }, "*");
  });
  await until(page, { name: "end", kind: "error" });
  assert.deepEqual(page.faults, []);
  // An error ends the user's side once; a success that follows is still passed on.
  await pressInFrame(frameOf(page).getByRole("button", { name: "Finish" }));
  await until(page, { name: "hint", kind: "success" });
  assert.equal((await told(page, "end")).length, 1);
  await page.context().close();
});

const SIZES = [
  { name: "large", width: 900, height: 710, bound: "at_least" },
  { name: "medium", width: 640, height: 660, bound: "exactly" },
  { name: "small", width: 560, height: 600, bound: "exactly" },
  { name: "x-small", width: 480, height: 535, bound: "at_most" },
];

test("the largest size class that has room, also after the window has changed", async () => {
  const page = await shown({ sizes: SIZES }, { viewport: { width: 1200, height: 900 } });
  const box = () => page.locator("iframe").evaluate(({ offsetWidth, offsetHeight }) => [offsetWidth, offsetHeight]);
  const at = async (width, expected) => {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForFunction(([w, h]) => {
      const { offsetWidth, offsetHeight } = document.querySelector("idv-journey").shadowRoot.querySelector("iframe");
      return offsetWidth === w && offsetHeight === h;
    }, expected, { timeout: 3000 }).catch(async () => assert.deepEqual(await box(), expected));
  };
  // The body has margins of 8 pixels.
  await at(1200, [1184, 710]);
  await at(700, [640, 660]);
  await at(600, [560, 600]);
  await at(490, [474, 535]);
  await at(320, [304, 535]);
  await picture(page, "frame-narrow");
  await page.context().close();
});

test("the same journey leaves the frame in place, another one replaces it", async () => {
  const page = await shown();
  const mark = () => page.evaluate(() => (document.querySelector("idv-journey").shadowRoot.querySelector("iframe").marked = true));
  const marked = () => page.evaluate(() => document.querySelector("idv-journey").shadowRoot.querySelector("iframe").marked);
  const inside = page.frames().find((one) => one.url().endsWith("/provider"));
  await inside.evaluate(() => (window.progress = "half-way"));
  await mark();
  await give(page, { ...journey(), expires: 1 });
  await give(page, JSON.stringify(journey()));
  await page.evaluate((text) => document.querySelector("idv-journey").setAttribute("journey", text), JSON.stringify(journey()));
  await page.waitForTimeout(100);
  assert.equal(await marked(), true);
  assert.equal(await inside.evaluate(() => window.progress), "half-way");
  await give(page, { ...journey(), id: "journey-2" });
  await page.waitForFunction(() => !document.querySelector("idv-journey").shadowRoot.querySelector("iframe")?.marked);
  await pressInFrame(frameOf(page).getByRole("button", { name: "Finish" }));
  assert.match((await until(page, { name: "end" })) && (await told(page, "hint")).at(-1).text, /"journey":"journey-2"/);
  await page.context().close();
});

test("a page that takes too long is told of, and may still come", async () => {
  site.put("/slow", "", { hang: true });
  site.put("/late", `<script>setTimeout(() => parent.postMessage({ say: "loaded" }, "*"), 3000)</script>`);
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate(() => document.querySelector("idv-journey").setAttribute("load-timeout", "300"));
  await give(page, frameJourney(`${site.provider}/slow`));
  const { code, message } = await until(page, { name: "error" });
  assert.equal(code, "load_timeout");
  assert.match(message, /too long/);
  await page.getByRole("alert").getByRole("button", { name: "Try again" }).waitFor();
  await picture(page, "load-timeout");

  await give(page, { ...frameJourney(`${site.provider}/late`), id: "journey-2" });
  await page.waitForFunction(() => window.told.filter((one) => one.code === "load_timeout").length === 2);
  await until(page, { name: "progress", phase: "shown" });
  await page.getByRole("alert").getByRole("button").waitFor({ state: "detached" });
  await page.context().close();
});

test("a page that says nothing is shown once it has loaded", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, frameJourney(`${site.provider}/provider`, { listen: [] }));
  await until(page, { name: "progress", phase: "shown" });
  assert.deepEqual(await told(page, "hint"), []);
  await page.context().close();
});

test("third-party storage blocked: the journey needs none", async () => {
  const finish = async (browser) => {
    const page = await open(browser, `${site.merchant}/`);
    await give(page, journey());
    await until(page, { name: "progress", phase: "shown" });
    const storage = await storageOf(page.frames().find((one) => one.url().endsWith("/provider")));
    await pressInFrame(frameOf(page).getByRole("button", { name: "Finish" }));
    await until(page, { name: "end", kind: "success" });
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length), 0);
    return storage;
  };
  assert.deepEqual(await finish(browser), ["", "SecurityError"]);
  // What would be kept otherwise: without this the test would show nothing.
  assert.deepEqual(await inLaxBrowser(CAMERA, finish), ["kept=1", "object"]);
});
