// The demo site: a merchant on `localhost`, the providers' stand-in on `127.0.0.1`, and what a person does there.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before } from "node:test";

import { CAMERA, PROGRAM, launch, open } from "./support.mjs";

/** What `useDemo` started. */
export let demo;
export let browser;

/** Starts the site and a browser for the tests of a file, and stops them in the end. */
export function useDemo() {
  before(async () => {
    demo = await startDemo("0", "--data", ":memory:");
    browser = await launch(...CAMERA);
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
  });
}

/** Starts a program of `idvkit` and waits for the first line that fits. */
async function start(args, pattern) {
  const child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`idvkit ${args.join(" ")} ended with ${code}: ${text}`);
  });
  ended.catch(() => {});
  while (!pattern.test(text)) await Promise.race([once(child.stdout, "data"), ended]);
  return {
    url: pattern.exec(text)[0],
    text,
    async stop(signal) {
      child.kill(signal);
      await ended.catch(() => {});
    },
  };
}

export const startSandboxInRealTime = () => start(["sandbox", "--quiet", "--listen", "127.0.0.1:0", "--real-time"], /http:\/\/127\.0\.0\.1:\d+/);
/** The two sites; they print the merchant's address first. */
export async function startDemo(...more) {
  const demo = await start(["demo", "--web", "--seed", "7", "--port", ...more], /http:\/\/localhost:\d+[^]*127\.0\.0\.1:\d+/);
  const [url, sandbox] = demo.text.match(/http:\/\/(localhost|127\.0\.0\.1):\d+/g);
  return { ...demo, url, port: new URL(url).port, sandboxPort: new URL(sandbox).port };
}

/** The page of the merchant, open for a new customer. */
export async function visit(browser, demo, options) {
  return open(browser, `${demo.url}/`, { viewport: { width: 1280, height: 1500 }, ...options });
}

/** Chooses a flow and starts it. */
export async function begin(page, flow, { way = "", scenario } = {}) {
  await page.locator("#flow option").first().waitFor({ state: "attached" });
  // Folded away while a session is open.
  await page.evaluate(() => (document.getElementById("starter").open = true));
  const before = page.url();
  await page.locator("#flow").selectOption(flow);
  await page.locator("#way").selectOption(way);
  if (scenario) await page.locator("#scenario").selectOption(scenario);
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.waitForURL((url) => url.searchParams.has("session") && url.href !== before);
}

/** The frame of that path, wherever it is nested. */
export async function frameOf(page, path) {
  for (const stop = Date.now() + 10_000; Date.now() < stop; await page.waitForTimeout(50)) {
    const frame = page.frames().find((one) => new URL(one.url(), "http://none").pathname.includes(path));
    if (frame) return frame;
  }
  throw new Error(`no frame shows ${path}: ${page.frames().map((one) => one.url())}`);
}

export const press = (place, action) => place.locator(`button[value=${action}]:visible`).click();

/** On to the provider's page in this tab. */
export async function leave(page) {
  await page.getByRole("link", { name: "Continue" }).click();
  await page.waitForURL(/^http:\/\/127\.0\.0\.1/);
}

/** What came of it; time passes, so that nobody waits for the plan of the provider. */
export async function verdict(page) {
  const text = page.locator("#verdict");
  for (const stop = Date.now() + 25_000; Date.now() < stop; ) {
    if (await text.waitFor({ timeout: 700 }).then(() => true, () => false)) return text.textContent();
    await page.getByRole("button", { name: "+1 min" }).click();
  }
  throw new Error(`no outcome: ${await page.locator("#status").textContent()}`);
}

/** Goes through Attestr's stages: a number, a code by SMS, a picture. */
export async function flowx(page) {
  const frame = await frameOf(page, "flowx.html");
  await press(frame, "begin");
  await frame.locator("input[name=pan]").fill("ABCPE1234F");
  await press(frame, "submit");
  await frame.locator("input[name=mobile]").fill("9876543210");
  await press(frame, "send_code");
  await frame.locator("input[name=otp]").fill(await codeIn(frame));
  await press(frame, "submit");
  await frame.getByRole("heading", { name: "Face match" }).waitFor();
  await press(frame, "submit");
}

/** Goes through the pages of biometric.kz: liveness, the document with a code from 1414, and the comparison. */
export async function kazakh(place) {
  await press(place, "submit");
  await kazakhDocument(place);
}

export async function kazakhDocument(place) {
  await press(place, "send_code");
  await place.locator("input[name=otp]").fill(await codeIn(place));
  await press(place, "submit");
}

/** The code that a phone would have got. */
export const codeIn = (place) => place.locator("[data-otp]").getAttribute("data-otp");
