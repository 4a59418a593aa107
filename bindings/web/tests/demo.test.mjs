// Each provider and way from open to outcome, through the demo site, in a real browser.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";

import { begin, browser, codeIn, demo, flowx, frameOf, kazakh, kazakhDocument, leave, press, startDemo, startSandboxInRealTime, useDemo, verdict, visit } from "./demo.mjs";
import { inBrowser, picture, storageOf, told, until } from "./support.mjs";

useDemo();

/** Each way that a page can show: what to choose, what the person does, and what it comes to. */
const JOURNEYS = {
  "Jumio in a frame": {
    flow: "jumio authentication",
    way: "frame",
    shown: "web/v4/app",
    go: async (page) => press(await frameOf(page, "web/v4/app"), "acceptable"),
  },
  "Jumio by a link": {
    flow: "jumio authentication",
    way: "redirect",
    go: async (page) => {
      await leave(page);
      await press(page, "acceptable");
    },
  },
  "Attestr by its library": { flow: "attestr flowx", shown: "flowx.html", go: flowx, outcome: "completed" },
  "biometric.kz by its widget": {
    flow: "biometric_kz flow",
    way: "script",
    shown: "remote/flow/",
    go: async (page) => kazakh(await frameOf(page, "remote/flow/")),
  },
  "biometric.kz by its link": {
    flow: "biometric_kz flow",
    way: "redirect",
    go: async (page) => {
      // Its end page leads nowhere, so the user comes back alone.
      const back = page.url();
      await leave(page);
      await kazakh(page);
      await page.getByRole("heading", { name: "Finished" }).waitFor();
      await page.goto(back);
    },
  },
  "Signicat with images by the merchant": {
    flow: "signicat document",
    go: async (page) => {
      const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } });
      for (const name of ["Front of the document", "Back of the document (optional)"]) {
        await page.getByLabel(name).setInputFiles({ name: "a.png", mimeType: "image/png", buffer });
      }
      await page.getByRole("button", { name: "Send images" }).click();
    },
  },
  "Signicat by an app's SDK": { flow: "signicat sdk", go: (page) => page.getByRole("button", { name: "Play the SDK" }).click() },
  "Signicat's capture page": {
    flow: "signicat capture",
    go: async (page) => {
      await leave(page);
      await press(page, "submit");
    },
  },
  "Signicat with an eID": {
    flow: "signicat eid",
    go: async (page) => {
      await leave(page);
      await press(page, "authenticate");
    },
  },
};

for (const [name, { flow, way, shown, go, outcome = "approved" }] of Object.entries(JOURNEYS)) {
  test(`${name}: from open to outcome`, async () => {
    const page = await visit(browser, demo);
    await begin(page, flow, { way });
    if (shown) {
      const frame = await frameOf(page, shown);
      await frame.locator("h1").waitFor();
      // All of these journeys run without third-party storage.
      assert.deepEqual(await storageOf(frame), ["", "SecurityError"]);
      await picture(page, `demo-${name}`);
    }
    await go(page);
    assert.equal(await verdict(page), outcome);
    await picture(page, `demo-${name}-outcome`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

test("a declined person cannot forge an approval, neither by a redirect nor by a message", async () => {
  const page = await visit(browser, demo);
  await begin(page, "jumio authentication", { way: "frame", scenario: "declined" });
  const frame = await frameOf(page, "web/v4/app");
  for (const what of ["Forge the redirect", "Forge the message"]) {
    await page.locator("#forged").evaluate((one) => (one.textContent = ""));
    await page.getByRole("button", { name: what }).click();
    await page.locator("#forged").filter({ hasText: "Nothing has changed" }).waitFor();
  }
  assert.deepEqual(await told(page, "end"), [], "the element believed a message of the page's own window");
  await picture(page, "demo-forged");
  // The claims of a success were heard; the user still has the floor, or the shop looks and finds nothing.
  if (frame.isDetached()) await page.reload();
  await press(await frameOf(page, "web/v4/app"), "acceptable");
  assert.equal(await verdict(page), "declined");
  await page.getByRole("button", { name: "Forge the message" }).click();
  await page.locator("#forged").filter({ hasText: "Nothing has changed" }).waitFor();
  assert.equal(await verdict(page), "declined");
  await page.context().close();
});

test("a message of the frame's own origin, from another window, brings nobody an approval", async () => {
  const page = await visit(browser, demo);
  await begin(page, "jumio authentication", { way: "frame" });
  const { name, url } = await frameOf(page, "web/v4/app").then((frame) => ({ name: frame.name(), url: frame.url() }));
  await until(page, { name: "hint", kind: "loaded" });
  await page.evaluate((url) => document.body.append(Object.assign(document.createElement("iframe"), { src: url, id: "other" })), url);
  await page.locator("#other").contentFrame().locator("h1").waitFor();
  await page.waitForTimeout(300);
  assert.equal((await told(page, "hint")).length, 1, `heard another frame than ${name}`);
  await page.context().close();
});

test("reloaded in mid-journey, it goes on where it was", async () => {
  const page = await visit(browser, demo);
  await begin(page, "biometric_kz flow", { way: "script" });
  const frame = await frameOf(page, "remote/flow/");
  await press(frame, "submit");
  await press(frame, "send_code");
  await frame.locator("[data-otp]").waitFor();
  await page.reload();
  const again = await frameOf(page, "remote/flow/");
  // The provider says where it goes on; the code that was sent is still good.
  await again.locator("form button[value=submit]:visible, form button[value=send_code]:visible").first().waitFor();
  if (!(await again.locator("[data-otp]").count())) await press(again, "send_code");
  await again.locator("input[name=otp]").fill(await codeIn(again));
  await press(again, "submit");
  assert.equal(await verdict(page), "approved");
  await page.context().close();
});

test("reloaded in Attestr's library, which can be launched once: another try goes on with the same handshake", async () => {
  const page = await visit(browser, demo);
  await begin(page, "attestr flowx");
  await press(await frameOf(page, "flowx.html"), "begin");
  await page.reload();
  assert.match(await verdict(page), /^failed/);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator("#verdict").waitFor({ state: "hidden" });
  await flowx(page);
  assert.equal(await verdict(page), "completed");
  await page.context().close();
});

/** Goes half through a journey, kills the demo, starts it again on the same file, and sees it through. */
async function killed(options, again) {
  const file = join(mkdtempSync(join(tmpdir(), "idvkit-")), "demo.sqlite");
  let own = await startDemo("0", "--data", file, ...options);
  try {
    const page = await visit(browser, own);
    await begin(page, "biometric_kz flow", { way: "script" });
    await press(await frameOf(page, "remote/flow/"), "submit");
    await page.locator("#timeline").getByText("callback").first().waitFor();
    const { port } = own;
    await own.stop("SIGKILL");
    own = await startDemo(port, "--data", file, ...again(own));
    await page.reload();
    const frame = await frameOf(page, "remote/flow/");
    await frame.getByRole("heading").first().waitFor();
    await picture(page, `demo-killed${options.length ? "-shop-only" : ""}`);
    await (await frame.locator("button[value=send_code]:visible").count() ? kazakhDocument(frame) : kazakh(frame));
    assert.equal(await verdict(page), "approved");
    await page.context().close();
  } finally {
    await own.stop();
    rmSync(dirname(file), { recursive: true });
  }
}

test("killed and started again in mid-journey, it goes on where it was, and so does the sandbox", () =>
  killed([], (own) => ["--sandbox-port", own.sandboxPort]));

test("killed and started again while the provider goes on", async () => {
  const sandbox = await startSandboxInRealTime();
  try {
    await killed(["--sandbox", sandbox.url], () => ["--sandbox", sandbox.url]);
  } finally {
    await sandbox.stop();
  }
});

test("no camera at all: the user is told before, goes on, and the provider's own error is passed on", () =>
  inBrowser([], async (blind) => {
    const page = await visit(blind, demo);
    await begin(page, "jumio authentication", { way: "frame" });
    assert.equal((await until(page, { name: "error" })).code, "camera_none");
    await picture(page, "demo-no-camera");
    await page.getByRole("button", { name: "Continue anyway" }).click();
    await press(await frameOf(page, "web/v4/app"), "deny_camera");
    await until(page, { name: "hint", kind: "error" });
  }));

test("no camera at all: a library that takes pictures is not even loaded before the user is told", () =>
  inBrowser([], async (blind) => {
    const page = await visit(blind, demo);
    await begin(page, "attestr flowx");
    assert.equal((await until(page, { name: "error" })).code, "camera_none");
    assert.equal(await page.evaluate(() => document.querySelectorAll("script[src*='flowx']").length), 0);
    await page.getByRole("button", { name: "Continue anyway" }).click();
    await frameOf(page, "flowx.html");
  }));

/** What a provider's script or frame has put into the page. */
const foreign = (page) =>
  page.evaluate(() => [...document.querySelectorAll("iframe, script[src^='http://127'], #idv-flow, #flow-widget, body > div")].map((one) => one.outerHTML));

for (const [name, flow, way, path] of [
  ["Jumio's frame", "jumio authentication", "frame", "web/v4/app"],
  ["Attestr's library", "attestr flowx", "", "flowx.html"],
  ["biometric.kz's widget", "biometric_kz flow", "script", "remote/flow/"],
]) {
  test(`left in mid-journey, ${name} is gone from the site with all it brought, and comes back with the session`, async () => {
    const page = await visit(browser, demo);
    const before = await foreign(page);
    await begin(page, flow, { way });
    const frame = await frameOf(page, path);
    // A button is there once the flow was launched.
    await frame.locator("button[value]:visible").first().waitFor();
    await page.evaluate(() => (window.same = true));
    await page.goBack();
    await page.locator("#session").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => window.same), true, "another page was loaded");
    assert.equal(await page.locator("idv-journey").count(), 0);
    if (!frame.isDetached()) await page.waitForEvent("framedetached");
    assert.deepEqual(await foreign(page), before);
    // What is still under way brings nothing back.
    await page.waitForTimeout(500);
    assert.deepEqual(await foreign(page), before);
    assert.equal(page.frames().length, 1);
    assert.deepEqual((await told(page)).filter(({ name, kind }) => name === "end" || name === "closed" || kind === "closed"), []);
    await page.goForward();
    await page.locator("#session").waitFor();
    // Attestr's handshake can be launched once: its library ends at once, as after a reload.
    if (path === "flowx.html") assert.match(await verdict(page), /^failed/);
    else await (await frameOf(page, path)).locator("h1").waitFor();
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

/** The widths and colours that people have. */
const DEVICES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
};

for (const [device, size] of Object.entries(DEVICES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the site on a ${device}, ${colorScheme}: nothing sticks out`, async () => {
      const page = await visit(browser, demo, { ...size, colorScheme });
      const fits = async (moment) => {
        assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${moment}: wider than the ${device}`);
        // A library covers the window, not the page.
        await picture(page, `site-${device}-${colorScheme}-${moment}`, moment !== "library");
      };
      await page.locator("#flow option").first().waitFor({ state: "attached" });
      await fits("start");
      await begin(page, "jumio authentication", { way: "frame" });
      await (await frameOf(page, "web/v4/app")).locator("h1").waitFor();
      await until(page, { name: "hint", kind: "loaded" });
      await fits("frame");
      await press(await frameOf(page, "web/v4/app"), "acceptable");
      assert.equal(await verdict(page), "approved");
      await fits("outcome");
      await begin(page, "signicat document");
      await page.getByLabel("Front of the document").waitFor();
      await fits("upload");
      await begin(page, "attestr flowx");
      await (await frameOf(page, "flowx.html")).locator("h1").waitFor();
      await fits("library");
      await page.context().close();
    });
  }
}

test("another language, on a phone, in the dark", async () => {
  const page = await visit(browser, demo, { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true });
  await page.locator("#language").selectOption("hi");
  await begin(page, "jumio authentication", { way: "frame" });
  await (await frameOf(page, "web/v4/app")).locator("h1").waitFor();
  await page.locator("idv-journey").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector("idv-journey").shadowRoot.querySelector("section").lang === "hi");
  await until(page, { name: "hint", kind: "loaded" });
  await picture(page, "demo-phone");
  assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than the phone");
  await page.context().close();
});
