// The other ways: a redirect, an upload, and those that are not for a page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { frameJourney, give, journeyOf, launch, merchantPage, open, picture, startSite, told, until } from "./support.mjs";

let site;
let browser;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launch()]);
  site.put("/", merchantPage());
});
after(async () => {
  await browser.close();
  site.stop();
});

const redirect = () => ({ type: "redirect", url: `${site.provider}/start?token=t`, shareable: false, finish: [] });

test("a redirect leaves in the same tab after a click, and readReturn gives the whole URL", async () => {
  site.put("/start", `<a href="${site.merchant}/return/7?dossierId=1&status=accepted#end">Done</a>`);
  site.put("/return/7", '<script type="module">import { readReturn } from "/idv/idv-journey.js"; document.title = readReturn();</script>');
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([redirect()]));
  const link = page.getByRole("link", { name: "Continue" });
  await link.waitFor();
  assert(page.url().startsWith(site.merchant), "it left without asking");
  assert.match(await page.locator("idv-journey").evaluate((one) => one.shadowRoot.textContent), new RegExp(`continue at 127.0.0.1:${site.port}`));
  await picture(page, "redirect");
  await page.evaluate(() => document.addEventListener("idv-progress", ({ detail }) => sessionStorage.setItem("last", detail.phase)));
  await link.click();
  await page.getByRole("link", { name: "Done" }).click();
  await page.waitForFunction(() => document.title);
  assert.equal(await page.title(), `${site.merchant}/return/7?dossierId=1&status=accepted#end`);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("last")), "leaving");
  assert.equal(page.context().pages().length, 1);
  await page.context().close();
});

test("with auto-redirect it leaves by itself", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate(() => document.getElementById("one").setAttribute("auto-redirect", ""));
  await give(page, journeyOf([redirect()]));
  await page.waitForURL(`${site.provider}/start?token=t`);
  await page.context().close();
});

test("a journey cannot make the page run a script", async () => {
  const page = await open(browser, `${site.merchant}/`);
  const ways = (url) => [{ ...redirect(), url }, { ...frameJourney("http://a.example/").ways[0], url }, { type: "script", src: url, options: [], listen: [] }];
  // The page around it is what a URL is read against, as a browser reads it, and the scheme is judged after that.
  const evils = ["javascript:window.hit=1", " JavaScript:window.hit=1", "java\nscript:window.hit=1", "data:text/javascript,window.hit=1", "http://[", "file:///a.js"];
  let count = 0;
  for (const way of evils.flatMap(ways)) {
    await give(page, journeyOf([way], { id: `${count++}` }));
    await page.waitForFunction((count) => window.told.filter((one) => one.code === "journey_malformed").length === count, count);
  }
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator("idv-journey").evaluate((one) => one.shadowRoot.querySelectorAll("a, iframe").length), 0);
  await page.context().close();
});

test("a link is read as a browser reads it: in capitals, or as a path on the page's own site", async () => {
  site.put("/in/a/folder", merchantPage());
  const page = await open(browser, `${site.merchant}/in/a/folder`);
  for (const [url, href] of [
    [`HTTP://127.0.0.1:${site.port}/start`, `${site.provider}/start`],
    ["/start", `${site.merchant}/start`],
    ["start?a=1", `${site.merchant}/in/a/start?a=1`],
  ]) {
    await give(page, journeyOf([{ ...redirect(), url }], { id: url }));
    await page.waitForFunction((href) => document.querySelector("idv-journey").shadowRoot.querySelector("a")?.href === href, href);
  }
  assert.deepEqual(await told(page, "error"), []);
  await page.context().close();
});

const upload = (more) => ({
  type: "upload",
  images: [
    { slot: "front", required: true },
    { slot: "back", required: false },
  ],
  types: ["image/jpeg", "image/png"],
  max_bytes: 200_000,
  max_pixels: 40,
  ...more,
});

/** A picture of that size, from the browser itself. */
const png = (page, side, type = "image/png") =>
  page.evaluate(
    async ([side, type]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: side, height: 2 });
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, type));
      return [...new Uint8Array(await blob.arrayBuffer())];
    },
    [side, type],
  );

test("images are asked for by name, checked, and handed over as blobs", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([upload()]));
  const front = page.getByLabel("Front of the document");
  const back = page.getByLabel("Back of the document (optional)");
  const send = page.getByRole("button", { name: "Send images" });
  const help = () => front.evaluate((input) => input.getRootNode().getElementById(input.getAttribute("aria-describedby")).textContent);
  assert.equal(await front.getAttribute("accept"), "image/jpeg,image/png");
  assert.equal(await help(), "JPEG, PNG, at most 0.2 MB.");
  await picture(page, "upload");

  const refused = async (file, pattern) => {
    await front.setInputFiles(file);
    await send.click();
    await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("idv-journey").shadowRoot.textContent), pattern);
    assert.equal(await front.getAttribute("aria-invalid"), "true");
    assert(await front.evaluate((input) => input.getRootNode().activeElement === input), "the focus is not on what is wrong");
  };
  const small = Buffer.from(await png(page, 40));
  await refused([], "choose an image");
  await refused({ name: "a.gif", mimeType: "image/gif", buffer: small }, "one of these types: JPEG, PNG");
  await refused({ name: "a.png", mimeType: "image/png", buffer: Buffer.alloc(200_001) }, "too big");
  await refused({ name: "a.png", mimeType: "image/png", buffer: Buffer.from("no image") }, "cannot be read");
  await refused({ name: "a.png", mimeType: "image/png", buffer: Buffer.from(await png(page, 41)) }, "at most 40 pixels");
  await picture(page, "upload-refused");
  assert.deepEqual(await told(page, "images"), []);

  await page.evaluate(() =>
    document.addEventListener("idv-images", async ({ detail }) => {
      window.images = await Promise.all(detail.images.map(async ({ slot, blob }) => [slot, blob.type, [...new Uint8Array(await blob.arrayBuffer())]]));
    }),
  );
  await front.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: small });
  await back.setInputFiles({ name: "b.jpg", mimeType: "image/jpeg", buffer: Buffer.from(await png(page, 20, "image/jpeg")) });
  await send.click();
  await page.waitForFunction(() => window.images);
  const images = await page.evaluate(() => window.images);
  assert.deepEqual(images.map(([slot, type]) => [slot, type]), [["front", "image/png"], ["back", "image/jpeg"]]);
  assert.deepEqual(Buffer.from(images[0][2]), small);
  assert.match(await page.getByRole("status").textContent(), /on their way/);
  assert.equal(await send.getAttribute("aria-disabled"), "true");
  assert(await send.evaluate((button) => button.getRootNode().activeElement === button), "the focus is lost");
  await send.press("Enter");
  await page.waitForTimeout(200);
  assert.equal((await told(page, "images")).length, 1, "sent twice");
  // The post may have failed: another choice can be sent.
  await back.setInputFiles([]);
  await send.click();
  await page.waitForFunction(() => window.told.filter((one) => one.name === "images").length === 2);
  await page.context().close();
});

test("ways for apps are refused, with the provider's own reasons", async () => {
  const page = await open(browser, `${site.merchant}/`);
  const native = { type: "native", platform: "ios", sdk: "S", calls: [], listen: [] };
  const view = { type: "web_view", url: `${site.provider}/`, permissions: ["camera"], finish: [] };
  const refused = [{ way: "frame", reason: "have your domain allow-listed" }];
  await give(page, journeyOf([native, view], { refused }));
  const error = await until(page, { name: "error" });
  assert.deepEqual([error.code, error.reason], ["way_unsupported", "frame: have your domain allow-listed; this journey has: native, web_view"]);
  // The reasons are for developers; the user is told in their own language only.
  assert.equal(await page.getByRole("alert").textContent(), "This verification cannot be shown in a web page.");
  assert.equal(await page.getByRole("button").count(), 0);
  await picture(page, "way-unsupported");
  await page.context().close();
});

test("the wished way, if the journey has it; the best for a page, if not; a forbidden one is told of", async () => {
  const page = await open(browser, `${site.merchant}/`);
  const both = { ...frameJourney(`${site.provider}/start`, { allow: "" }), refused: [{ way: "web_view", reason: "use the browser" }] };
  both.ways.push(redirect(), { type: "web_view", url: `${site.provider}/`, permissions: [], finish: [] });
  const with_ = async (way) => {
    await page.evaluate((way) => (way ? document.getElementById("one").setAttribute("way", way) : document.getElementById("one").removeAttribute("way")), way);
    await give(page, null);
    await give(page, both);
    return page.waitForFunction(() => {
      const root = document.getElementById("one").shadowRoot;
      return root.querySelector("iframe, a")?.localName ?? (root.querySelector("[role=alert] > *") && window.told.findLast((one) => one.name === "error").reason);
    }).then((handle) => handle.jsonValue());
  };
  assert.equal(await with_(null), "iframe");
  assert.equal(await with_("redirect"), "a");
  assert.equal(await with_("script"), "iframe");
  // What cannot be shown although it was wished is told of, with what there is instead.
  for (const way of ["web_view", "native"]) {
    if (way === "native") both.ways.push({ type: "native", platform: "ios", sdk: "S", calls: [], listen: [] });
    assert.match(await with_(way), /^web_view: use the browser; this journey has: frame, redirect, web_view/);
  }
  await page.context().close();
});

test("what is no journey is told of, and a good one after it is shown", async () => {
  const page = await open(browser, `${site.merchant}/`);
  for (const [count, bad] of ["{", "[]", '{"id":"x"}', { ways: [] }, 7].entries()) {
    await give(page, bad);
    await page.waitForFunction((count) => window.told.filter((one) => one.code === "journey_malformed").length === count, count + 1);
  }
  await give(page, journeyOf([redirect()]));
  await page.getByRole("link", { name: "Continue" }).waitFor();
  assert.equal(await page.getByRole("alert").textContent(), "");
  await page.context().close();
});
