// The element with `src`: what it asks of a server with the hosting kit, and what it shows of the answers. The kits of each language
// are tried with it by shop.test.mjs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { CAMERA, SPEAKING, frameJourney, journeyOf, launch, merchantPage, open, picture, pressInFrame, startSite, told, until } from "./support.mjs";

let site;
let browser;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launch(...CAMERA)]);
  site.put("/provider", SPEAKING);
  site.put("/page", merchantPage('<idv-journey id="one" src="/host/verifications/7"></idv-journey>'));
});
after(async () => {
  await browser.close();
  site.stop();
});

const framed = (id = "journey-1") => ({ id: "7", state: "journey", journey: { ...frameJourney(`${site.provider}/provider`), id }, until: 0 });
const upload = { images: [{ slot: "front", required: true }], types: ["image/png"], max_bytes: 1e6, max_pixels: 1000 };
const WAITING = { id: "7", state: "waiting", until: 0 };
const done = (outcome = { type: "decided", decision: "approved" }) => ({ id: "7", state: "done", outcome });
const FAILED = { type: "failed", fault: { code: "flow_error", message: "The light was too dim." } };

/** A server with one verification, whose state the test says. */
function host(state, { path = "/host/verifications/7", stream = true } = {}) {
  const streams = new Set();
  const posts = [];
  const answers = {};
  const server = {
    posts,
    streams,
    asked: 0,
    /** Status by what is posted; a list is used up from its beginning. */
    answers,
    status: 200,
    now(next) {
      state = next;
      for (const one of streams) one.write(`event: state\ndata: ${JSON.stringify(state)}\n\n`);
    },
  };
  site.put(path, "", {
    answer(_, response) {
      server.asked += 1;
      response.writeHead(server.status, { "content-type": "application/json" }).end(JSON.stringify(state));
    },
  });
  site.put(`${path}/events`, "", {
    answer(_, response) {
      if (!stream) return; // as a proxy that holds it up
      response.writeHead(200, { "content-type": "text/event-stream" }).write(`event: state\ndata: ${JSON.stringify(state)}\n\n`);
      streams.add(response);
      response.on("close", () => streams.delete(response));
    },
  });
  for (const what of ["hint", "images", "retry"]) {
    site.put(`${path}/${what}`, "", {
      async answer(request, response) {
        const body = Buffer.concat(await request.toArray());
        posts.push({ what, body, type: request.headers["content-type"] });
        const status = answers[what]?.shift() ?? 204;
        response.writeHead(status).end();
        if (what === "retry" && status < 300) server.now(framed("journey-2"));
      },
    });
  }
  return server;
}

async function inPage(what, { path = "/page", prepare } = {}) {
  const context = await browser.newContext();
  if (prepare) await context.addInitScript(prepare);
  const page = await open({ newContext: () => context }, `${site.merchant}${path}`);
  try {
    await what(page);
  } finally {
    await context.close();
  }
}

const finish = (page) => pressInFrame(page.frameLocator("iframe").getByRole("button", { name: "Finish" }));
const eventually = async (page, there) => {
  for (const stop = Date.now() + 8000; !there(); await page.waitForTimeout(20)) assert(Date.now() < stop, `${there}`);
};

test("from waiting to the end, by the stream of events", () => {
  const server = host(WAITING);
  return inPage(async (page) => {
    await page.getByText("One moment, please.").waitFor();
    await eventually(page, () => server.streams.size === 1);
    server.now(framed());
    await finish(page);
    await eventually(page, () => server.posts.length === 2);
    assert.deepEqual(server.posts.map(({ body }) => JSON.parse(body).kind), ["loaded", "success"]);
    assert.match(server.posts[0].type, /^text\/plain/);
    server.now(WAITING);
    await page.getByText("One moment, please.").waitFor();
    assert.equal(await page.locator("iframe").count(), 0);
    server.now(done());
    await page.getByText("Thank you. The verification is complete.").waitFor();
    assert.equal(await page.getByRole("button").count(), 0);
    await picture(page, "hosted-done");
    await eventually(page, () => server.streams.size === 0);
    assert.equal(server.asked, 1);
    assert.deepEqual((await told(page, "state")).map(({ state }) => state), ["waiting", "journey", "waiting", "done"]);
    assert.deepEqual((await told(page, "done")).map(({ outcome }) => outcome), [{ type: "decided", decision: "approved" }]);
    assert.deepEqual(page.faults.filter((fault) => !fault.includes("404")), []);
  });
});

test("where events cannot be streamed, it asks again and again until the end", async () => {
  for (const stream of [true, false]) {
    const server = host(WAITING, { stream });
    await inPage(
      async (page) => {
        await eventually(page, () => server.asked >= 2);
        server.now(framed());
        await page.locator("iframe").waitFor();
        server.status = 503; // away for a moment
        await page.waitForTimeout(1500);
        assert.equal(await page.locator("iframe").count(), 1);
        server.status = 200;
        server.now(done());
        await page.getByText("Thank you.").waitFor();
        const { asked } = server;
        await page.waitForTimeout(1500);
        assert.equal(server.asked, asked, "it asks on and on");
      },
      { prepare: stream ? () => delete window.EventSource : undefined },
    );
  }
});

test("after a reload it goes on where it was", () => {
  const server = host(framed());
  return inPage(async (page) => {
    await page.locator("iframe").waitFor();
    await page.reload();
    await finish(page);
    await until(page, { name: "end" });
    server.now(done({ type: "expired" }));
    await page.reload();
    await page.getByText("has run out").waitFor();
  });
});

test("a failure says why, and can be tried again where the provider allows it", () => {
  const server = host(done(FAILED));
  server.answers.retry = [503, 204, 409];
  return inPage(async (page) => {
    await page.getByText("The light was too dim.").waitFor();
    const again = page.getByRole("button", { name: "Try again" });
    await again.click();
    await eventually(page, () => server.posts.length === 1);
    await page.locator("button:not([aria-disabled])").click();
    await page.locator("iframe").waitFor();
    server.now(done({ type: "abandoned" }));
    await page.getByText("You left the verification.").waitFor();
    await again.click();
    await again.waitFor({ state: "detached" });
    assert.equal(server.posts.filter(({ what }) => what === "retry").length, 3);
    assert.equal((await told(page, "done")).length, 2);
  });
});

test("images are posted by their slots; those that are refused are chosen anew", () => {
  const server = host({ id: "7", state: "journey", journey: journeyOf([{ type: "upload", ...upload }]), until: 0 });
  server.answers.images = [400];
  return inPage(async (page) => {
    const send = async () => {
      const buffer = await page.screenshot({ clip: { x: 0, y: 0, width: 10, height: 10 } });
      await page.getByLabel("Front of the document").setInputFiles({ name: "a.png", mimeType: "image/png", buffer });
      await page.getByRole("button", { name: "Send images" }).click();
    };
    await send();
    await page.getByText("These images were not accepted.").waitFor();
    assert.match(`${server.posts[0].body}`, /name="front"; filename="front"\r\nContent-Type: image\/png/);
    await send();
    await page.getByText("Your images are on their way.").waitFor();
    assert.equal(server.posts.length, 2);
  });
});

test("a hint is not lost by a server that is away for a moment", () => {
  const server = host(framed());
  server.answers.hint = [503];
  return inPage(async (page) => {
    await finish(page);
    await eventually(page, () => server.posts.length === 3);
    assert.deepEqual(server.posts.map(({ body }) => JSON.parse(body).kind), ["loaded", "loaded", "success"]);
  });
});

test("what the user may not see is said once, and not asked for again", () => {
  const server = host(WAITING);
  server.status = 403;
  return inPage(async (page) => {
    const error = await until(page, { name: "error" });
    assert.equal(error.code, "state_refused");
    assert.match(error.reason, /verifications\/7: 403$/);
    await page.getByText(error.message).waitFor();
    await page.waitForTimeout(1500);
    assert.equal(server.asked, 1);
  });
});

test("in a provider's frame that came back to the merchant, it shows and asks nothing", async () => {
  const server = host(framed());
  site.put("/back", `<!doctype html><script>location.replace(${JSON.stringify(`${site.merchant}/page`)})</script>`);
  server.now({ ...framed(), journey: frameJourney(`${site.provider}/back`) });
  await inPage(async (page) => {
    const back = await page.waitForEvent("framenavigated", { predicate: (frame) => frame.url() === `${site.merchant}/page` && frame.parentFrame() });
    await back.waitForFunction(() => customElements.get("idv-journey"));
    await page.waitForTimeout(500);
    assert.equal(await back.evaluate(() => document.querySelector("idv-journey").shadowRoot.textContent.trim()), "");
    assert.equal(server.asked, 1);
  });
  // A merchant's page in a frame of somebody else's is no such frame.
  site.put("/portal", `<!doctype html><title>Portal</title><iframe src="${site.merchant}/page"></iframe>`);
  await inPage((page) => page.frameLocator("iframe").getByText("One moment, please.").or(page.frameLocator("iframe").locator("iframe")).first().waitFor(), {
    path: "/portal",
  });
  assert.equal(server.asked, 2);
});

test("removed, it hears no more; moved, it goes on; with another `src`, it shows the other", () => {
  const server = host(framed());
  const other = host(WAITING, { path: "/host/verifications/8" });
  return inPage(async (page) => {
    await page.locator("iframe").waitFor();
    await eventually(page, () => server.streams.size === 1);
    await page.evaluate(() => {
      window.kept = document.getElementById("one");
      const place = document.body.appendChild(document.createElement("div"));
      place.append(window.kept);
    });
    await page.waitForTimeout(200);
    assert.equal(server.asked, 1);
    await page.evaluate(() => window.kept.setAttribute("src", "/host/verifications/8/"));
    await page.getByText("One moment, please.").waitFor();
    await eventually(page, () => server.streams.size === 0 && other.streams.size === 1);
    await page.evaluate(() => window.kept.remove());
    await eventually(page, () => other.streams.size === 0);
    await page.evaluate(() => document.body.append(window.kept));
    await eventually(page, () => other.streams.size === 1);
    await page.evaluate(() => window.kept.removeAttribute("src"));
    await eventually(page, () => other.streams.size === 0);
  });
});

test("a journey that the user closed does not come back", () => {
  const server = host(framed());
  return inPage(async (page) => {
    await page.locator("iframe").waitFor();
    await page.evaluate(() => document.getElementById("one").close());
    await eventually(page, () => server.posts.some(({ body }) => JSON.parse(body).kind === "closed"));
    server.now({ ...framed(), until: 1 });
    await page.waitForTimeout(300);
    assert.equal(await page.locator("iframe").count(), 0);
    server.now(framed("journey-2"));
    await page.locator("iframe").waitFor();
  });
});
