// Whether the camera can be used, found out before the user is sent on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { CAMERA, SPEAKING, frameJourney, give, inBrowser, journeyOf, merchantPage, open, picture, startSite, told, until } from "./support.mjs";

let site;

before(async () => {
  site = await startSite();
  site.put("/", merchantPage());
  site.put("/provider", SPEAKING);
});
after(() => site.stop());

const journey = () => frameJourney(`${site.provider}/provider`);

/** Opens the merchant's page in a browser, and says which error its journey gives. */
async function errorIn(browser, url = `${site.merchant}/`, options) {
  const page = await open(browser, url, options);
  await give(page, journey());
  const error = await until(page, { name: "error" });
  assert.equal(site.asked.includes("/provider"), false, "the user was sent on");
  assert.equal((await page.getByRole("alert").locator("p").first().textContent()).trim(), error.message);
  return { page, ...error };
}

test("no camera device", () =>
  inBrowser([], async (browser) => {
    const { page, code, message } = await errorIn(browser);
    assert.equal(code, "camera_none");
    assert.match(message, /No camera was found/);
    await picture(page, "camera-none");
    // A device is not plugged in by pressing the button, so it is told again; going on is the user's choice.
    await page.getByRole("button", { name: "Try again" }).click();
    await page.waitForFunction(() => window.told.filter((one) => one.name === "error").length === 2);
    await page.getByRole("button", { name: "Continue anyway" }).click();
    await until(page, { name: "progress", phase: "shown" });
    assert.equal(await page.getByRole("alert").textContent(), "");
    site.asked.length = 0;
  }));

test("a script that takes pictures is checked for, as its journey says", () =>
  inBrowser([], async (browser) => {
    const page = await open(browser, `${site.merchant}/`);
    const way = { type: "script", src: `${site.provider}/lib.js`, module: false, global: "Flow", construct: false, method: "start", options: [], container: null, listen: [] };
    await give(page, journeyOf([{ ...way, permissions: ["camera"] }]));
    assert.equal((await until(page, { name: "error" })).code, "camera_none");
    assert.equal(site.asked.includes("/lib.js"), false, "the script was loaded before");
    for (const [index, permissions] of [[], undefined].entries()) {
      await give(page, journeyOf([{ ...way, permissions }], { id: `without-${index}` }));
      await page.waitForFunction((count) => window.told.filter((one) => one.code === "script_failed").length === count, index + 1);
    }
  }));

test("the user denies it", () =>
  inBrowser(["--use-fake-device-for-media-stream", "--deny-permission-prompts"], async (browser) => {
    const { page, code, message } = await errorIn(browser);
    assert.equal(code, "camera_denied");
    assert.match(message, /address bar/);
    // Allowed in the meantime, as the message advises.
    await page.context().grantPermissions(["camera"], { origin: site.merchant });
    await page.getByRole("button", { name: "Try again" }).click();
    await until(page, { name: "progress", phase: "shown" });
    site.asked.length = 0;
  }));

test("the camera is in use: it cannot be started", () =>
  inBrowser(CAMERA, async (browser) => {
    // Chromium's fake devices cannot be busy; the error is the one that the specification gives for it.
    const context = await browser.newContext();
    await context.addInitScript(() => {
      MediaDevices.prototype.getUserMedia = () => Promise.reject(new DOMException("in use", "NotReadableError"));
    });
    const page = await context.newPage();
    await page.goto(`${site.merchant}/`);
    assert.equal(await page.evaluate(async () => (await import("/idv/idv-journey.js")).preflight("camera")), "camera_in_use");
  }));

test("an insecure context", () =>
  inBrowser([...CAMERA, "--host-resolver-rules=MAP merchant.example 127.0.0.1"], async (browser) => {
    const { page, code, message } = await errorIn(browser, `http://merchant.example:${site.port}/`);
    assert.equal(await page.evaluate(() => isSecureContext), false);
    assert.equal(code, "insecure_context");
    assert.match(message, /https/);
    await picture(page, "insecure-context");
  }));

test("where no policy can be read, a policy around the page and an absent camera are still told apart", async () => {
  // As in Firefox: there a page in a frame without `allow="camera"` sees no device, and is refused the camera.
  const asFirefox = () => {
    const { featurePolicy } = document;
    const see = MediaDevices.prototype.enumerateDevices;
    MediaDevices.prototype.enumerateDevices = async function () {
      return featurePolicy.allowsFeature("camera") ? see.call(this) : [];
    };
    delete Document.prototype.featurePolicy;
  };
  const found = async (browser, path) => {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(asFirefox);
    await page.goto(path);
    const merchant = page.frames().find((one) => one.url() === `${site.merchant}/`);
    return merchant.evaluate(async () => (await import("/idv/idv-journey.js")).preflight("camera"));
  };
  const frame = (allow) => `<iframe src="${site.merchant}/" allow="${allow}"></iframe>`;
  site.put("/blind", frame(""));
  site.put("/blind-allow", frame("camera"));
  await inBrowser(CAMERA, async (browser) => {
    assert.equal(await found(browser, `${site.provider}/blind`), "camera_blocked_by_policy");
    assert.equal(await found(browser, `${site.provider}/blind-allow`), null);
    assert.equal(await found(browser, `${site.merchant}/`), null);
  });
  await inBrowser([], async (browser) => {
    assert.equal(await found(browser, `${site.provider}/blind-allow`), "camera_none");
    assert.equal(await found(browser, `${site.merchant}/`), "camera_none");
  });
});

test("a frame around the page without allow=\"camera\" is told of and explained; with it, all is well", () =>
  inBrowser(CAMERA, async (browser) => {
    site.put("/outer", `<iframe src="${site.merchant}/" width="800" height="600"></iframe>`);
    site.put("/outer-allow", `<iframe src="${site.merchant}/" width="800" height="600" allow="camera"></iframe>`);
    const nested = async (path) => {
      const page = await open(browser, site.provider + path);
      const merchant = page.frames().find((one) => one.url() === `${site.merchant}/`);
      await merchant.evaluate((journey) => (document.getElementById("one").journey = journey), journey());
      return { page, merchant };
    };
    const { page, merchant } = await nested("/outer");
    await merchant.waitForFunction(() => window.told.some((one) => one.name === "error"));
    const error = (await merchant.evaluate(() => window.told)).find((one) => one.name === "error");
    assert.equal(error.code, "camera_blocked_by_policy");
    assert.match(error.message, /allow="camera" is missing/);
    assert.equal(site.asked.includes("/provider"), false);
    await picture(page, "nested-without-allow");

    const allowed = await nested("/outer-allow");
    await allowed.merchant.waitForFunction(() => window.told.some((one) => one.phase === "shown"));
    site.asked.length = 0;
  }));

test("headers of the page itself: nobody may, or the page but not the provider", () =>
  inBrowser(CAMERA, async (browser) => {
    site.put("/nobody", merchantPage(), { headers: { "permissions-policy": "camera=()" } });
    site.put("/self", merchantPage(), { headers: { "permissions-policy": "camera=(self)" } });
    assert.equal((await errorIn(browser, `${site.merchant}/nobody`)).code, "camera_blocked_by_policy");
    const page = await open(browser, `${site.merchant}/self`);
    await give(page, journey());
    assert.equal((await until(page, { name: "error" })).code, "camera_blocked_by_policy");
    await page.context().close();
    site.asked.length = 0;
  }));

test("a redirect looks for a camera, and asks nobody; what needs none is not held up", () =>
  inBrowser([], async (browser) => {
    const page = await open(browser, `${site.merchant}/`);
    const redirect = { type: "redirect", url: `${site.provider}/provider`, shareable: true, finish: [] };
    await give(page, { ...journey(), ways: [redirect, ...journey().ways] });
    assert.equal((await until(page, { name: "error" })).code, "camera_none");
    await page.getByRole("button", { name: "Continue anyway" }).click();
    await page.getByRole("link", { name: "Continue" }).waitFor();

    await give(page, journeyOf([redirect], { id: "journey-2" }));
    await page.getByRole("link", { name: "Continue" }).waitFor();
    assert.equal((await told(page, "error")).length, 1);

    // As the page wishes: never, or in any case.
    await page.evaluate(() => document.getElementById("one").setAttribute("preflight", "off"));
    await give(page, { ...journey(), id: "journey-3" });
    await until(page, { name: "progress", phase: "loading" });
    await page.evaluate(() => document.getElementById("one").setAttribute("preflight", "camera"));
    await give(page, journeyOf([redirect], { id: "journey-4" }));
    await page.waitForFunction(() => window.told.filter((one) => one.name === "error").length === 2);
  }));

test("the camera is let go of at once", () =>
  inBrowser(CAMERA, async (browser) => {
    const page = await open(browser, `${site.merchant}/`);
    const states = await page.evaluate(async () => {
      const streams = [];
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      MediaDevices.prototype.getUserMedia = async (wish) => streams[streams.push(await ask(wish)) - 1];
      const { preflight } = await import("/idv/idv-journey.js");
      const found = [await preflight("fullscreen"), await preflight("camera;fullscreen")];
      return [...found, ...streams.flatMap((stream) => stream.getTracks().map((track) => track.readyState))];
    });
    assert.deepEqual(states, [null, null, "ended"]);
  }));
