// The pages of the README, as they stand there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { CAMERA, SPEAKING, frameJourney, journeyOf, launch, open, pressInFrame, startSite, until } from "./support.mjs";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const [plain, back] = [...README.matchAll(/```html\n([^]*?)```/g)].map(([, html]) => `<!doctype html><html lang="en">${html}`);

test("plain HTML: a hint, the images and the return reach the server", async () => {
  const [site, browser] = await Promise.all([startSite(), launch(...CAMERA)]);
  try {
    site.put("/plain", plain);
    site.put("/back", back);
    site.put("/provider", SPEAKING);
    const journey = (value) => site.put("/api/sessions/7/journey", JSON.stringify(value), { type: "application/json" });
    journey(frameJourney(`${site.provider}/provider`));
    const page = await open(browser, `${site.merchant}/plain`);
    const posts = [];
    page.on("request", (request) => request.method() === "POST" && posts.push([new URL(request.url()).pathname, request.postData()]));
    await pressInFrame(page.frameLocator("iframe").getByRole("button", { name: "Finish" }));
    await until(page, { name: "end" });
    assert.deepEqual(posts.map(([path, body]) => [path, JSON.parse(body).kind]), [
      ["/api/sessions/7/hint", "loaded"],
      ["/api/sessions/7/hint", "success"],
    ]);

    journey(journeyOf([{ type: "upload", images: [{ slot: "front", required: true }], types: ["image/png"], max_bytes: 1e6, max_pixels: 100 }]));
    await page.reload();
    const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: 10, height: 10 } });
    await page.getByLabel("Front of the document").setInputFiles({ name: "a.png", mimeType: "image/png", buffer });
    await Promise.all([page.waitForRequest("**/images"), page.getByRole("button", { name: "Send images" }).click()]);

    await Promise.all([page.waitForRequest("**/api/return"), page.goto(`${site.merchant}/back?state=1#x`)]);
    assert.deepEqual(posts.at(-1), ["/api/return", `${site.merchant}/back?state=1#x`]);
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("404")), []);
  } finally {
    await browser.close();
    site.stop();
  }
});
