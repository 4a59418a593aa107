// Two sites over real HTTP, the real sandbox, and a real browser.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const PACKAGE = new URL("..", import.meta.url);
export const DIST = new URL("dist/", PACKAGE);
/** The folder of the vectors, the program with the sandbox, and where screenshots go: given by `cargo xtask web`. */
export const VECTORS = process.env.IDVKIT_VECTORS ?? fileURLToPath(new URL("../../crates/vectors/data", PACKAGE));
export const PROGRAM = process.env.IDVKIT_PROGRAM ?? fileURLToPath(new URL("../../target/debug/idvkit", PACKAGE));
const SCREENSHOTS = process.env.IDVKIT_SCREENSHOTS ?? fileURLToPath(new URL("build/screenshots", PACKAGE));
const CHROMIUM = process.env.IDVKIT_CHROMIUM ?? "/usr/bin/chromium";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** A camera that shows a test pattern, and a user who allows it. */
export const CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

export function vector(name) {
  return JSON.parse(readFileSync(`${VECTORS}/${name}.json`, "utf8"));
}

export function launch(...args) {
  return chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, ...args] });
}

/** Does something in a browser of its own. */
export async function inBrowser(args, what) {
  const browser = await launch(...args);
  try {
    return await what(browser);
  } finally {
    await browser.close();
  }
}

/** The same with a profile in which the user allows third-party storage; otherwise this browser blocks it. */
export async function inLaxBrowser(args, what) {
  const folder = mkdtempSync(join(tmpdir(), "idvkit-"));
  mkdirSync(join(folder, "Default"));
  const profile = { block_third_party_cookies: false, cookie_controls_mode: 0 };
  writeFileSync(join(folder, "Default", "Preferences"), JSON.stringify({ profile }));
  const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args: [...QUIET, ...args] });
  try {
    return await what({ newContext: () => context });
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a frame may keep: its cookies, and whether it has local storage. */
export const storageOf = (frame) =>
  frame.evaluate(() => {
    document.cookie = "kept=1; SameSite=None; Secure; Path=/";
    try {
      return [document.cookie, typeof localStorage];
    } catch (error) {
      return [document.cookie, error.name];
    }
  });

/** Presses a button in a frame, without the mouse: one of another process may not be hit yet when it has just come. */
export const pressInFrame = (button) => button.dispatchEvent("click");

/** Keeps a picture for people to look at. */
export async function picture(page, name, fullPage = false) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  // A frame of another site is painted a little later.
  if (page.frames().length > 1) await page.waitForTimeout(400);
  await page.screenshot({ path: `${SCREENSHOTS}/${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png`, fullPage });
}

/** The merchant is `localhost`, everybody else `127.0.0.1`: two sites, and one server. */
export async function startSite() {
  const pages = new Map();
  const asked = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    asked.push(pathname);
    const page = pages.get(pathname) ?? file(pathname) ?? (pathname === "/favicon.ico" && { status: 204 });
    if (page?.hang) return;
    if (page?.answer) return page.answer(request, response);
    if (page?.delay) await new Promise((resolve) => setTimeout(resolve, page.delay));
    response.writeHead(page?.status ?? (page ? 200 : 404), { "content-type": page?.type ?? "text/html; charset=utf-8", ...page?.headers });
    response.end(page?.body ?? "");
  });
  // Both families: `localhost` may be either.
  await new Promise((resolve) => server.listen(0, resolve));
  const { port } = server.address();
  return {
    merchant: `http://localhost:${port}`,
    provider: `http://127.0.0.1:${port}`,
    port,
    /** The paths asked for. */
    asked,
    put(path, body, more = {}) {
      pages.set(path, { body, ...more });
      return path;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function file(pathname) {
  if (!pathname.startsWith("/idv/")) return undefined;
  try {
    const body = readFileSync(new URL(pathname.slice("/idv/".length), DIST));
    return { body, type: pathname.endsWith(".json") ? "application/json" : "text/javascript" };
  } catch {
    return undefined;
  }
}

/** A merchant's page with the element in it. */
export function merchantPage(inside = '<idv-journey id="one"></idv-journey>', { lang = "en", dir = "ltr", nonce = "", head = "" } = {}) {
  const tag = nonce && ` nonce="${nonce}"`;
  return `<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8"><title>Merchant</title>
<meta name="viewport" content="width=device-width">${head}
<script type="module" src="/idv/idv-journey.js"${tag}></script></head>
<body>${inside}</body></html>`;
}

const EVENTS = ["hint", "progress", "end", "error", "closed", "images", "state", "done"];

/** Opens a page that writes down every event of every element. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  await page.addInitScript((names) => {
    window.told = [];
    for (const name of names) document.addEventListener(`idv-${name}`, (event) => window.told.push({ name, by: event.target.id, ...event.detail }));
  }, EVENTS);
  await page.goto(url);
  return page;
}

/** Gives a journey to an element of the page. */
export function give(page, journey, id = "one") {
  return page.evaluate(([id, journey]) => (document.getElementById(id).journey = journey), [id, journey]);
}

/** Everything that was told, or what has a name. */
export async function told(page, name) {
  const all = await page.evaluate(() => window.told);
  return name ? all.filter((one) => one.name === name) : all;
}

/** Waits until something was told. */
export async function until(page, wanted, timeout = 8000) {
  await page.waitForFunction((wanted) => window.told.some((one) => Object.entries(wanted).every(([key, value]) => one[key] === value)), wanted, {
    timeout,
  });
  return (await told(page)).find((one) => Object.entries(wanted).every(([key, value]) => one[key] === value));
}

/** A journey with one frame, which tells `loaded` and `success` as a message's `say`. */
export function frameJourney(url, more = {}) {
  const { origin } = new URL(url);
  const says = (text, means) => ({
    on: { type: "message", origins: [origin] },
    when: [{ path: "say", is: [text] }],
    means,
    carry: [{ name: "note", path: "note", max: 8 }],
  });
  const listen = [says("loaded", "loaded"), says("success", "success"), says("error", "error")];
  const way = { type: "frame", url, allow: "camera;fullscreen", allow_fullscreen: true, origins: [origin], sizes: [], listen, ...more };
  return journeyOf([way]);
}

export function journeyOf(ways, more = {}) {
  return { id: "journey-1", provider: "jumio", expires: null, ways, refused: [], ...more };
}

/** A provider's page that says at once that it has loaded, and has a button for the rest. */
export const SPEAKING = `<!doctype html><title>Provider</title><h1>Provider</h1><script>
const say = (data) => parent.postMessage(data, "*");
say({ say: "loaded", token: "secret-of-the-provider" });
</script><button onclick='say(JSON.stringify({ say: "success", note: "0123456789", token: "secret-of-the-provider" }))'>Finish</button>`;

const GREETING = "The sandbox listens on ";

/** The sandbox of `idvkit sandbox`, with what the tests need of it. */
export async function startSandbox() {
  const child = spawn(PROGRAM, ["sandbox", "--quiet", "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const line = text.split("\n").find((one) => one.startsWith(GREETING));
      if (line) resolve(line.slice(GREETING.length).trim());
    });
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`${PROGRAM} ended with ${code}`)));
  });
  const post = async (path, body, headers = {}) => {
    const answer = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", "user-agent": "Example Shop/1.0", ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.headers.get("x-sandbox-hint")}`);
    return answer.json();
  };
  return { url, post, stop: () => child.kill() };
}
