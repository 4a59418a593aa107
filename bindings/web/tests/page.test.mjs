// The element as a guest in a page: policies, removal, frameworks, keyboard, languages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { CAMERA, SPEAKING, frameJourney, give, journeyOf, launch, merchantPage, open, picture, pressInFrame, startSite, told, until } from "./support.mjs";

let site;
let browser;

const LIBRARY = `window.Flow = class { constructor(options) { this.options = options; }
  launch() { window.launches = (window.launches ?? 0) + 1; window.options = this.options; document.querySelector("#box").append("inside"); } };`;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launch(...CAMERA)]);
  site.put("/", merchantPage());
  site.put("/two", merchantPage('<idv-journey id="one"></idv-journey><idv-journey id="two"></idv-journey>'));
  site.put("/provider", SPEAKING);
  site.put("/lib.js", LIBRARY, { type: "text/javascript" });
});
after(async () => {
  await browser.close();
  site.stop();
});

const framed = (more) => ({ ...frameJourney(`${site.provider}/provider`), ...more });
const scripted = (more) =>
  journeyOf(
    [
      {
        type: "script",
        src: `${site.provider}/lib.js`,
        module: false,
        global: "Flow",
        construct: true,
        method: "launch",
        options: [],
        container: "#box",
        listen: [{ on: { type: "event", name: "finish" }, when: [], means: "finished", carry: [] }],
      },
    ],
    more,
  );
const shown = (page, by = "one") => until(page, { name: "progress", phase: "shown", by });

test("a strict content security policy with nonces is kept, for every way", async () => {
  const nonce = "cmFuZG9tLW5vbmNl";
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    "style-src 'none'",
    "connect-src 'self'",
    `frame-src ${site.provider}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const inside = `<idv-journey id="one" nonce="${nonce}" lang="de"></idv-journey>`;
  site.put("/strict", merchantPage(inside, { nonce }), { headers: { "content-security-policy": policy } });
  const page = await open(browser, `${site.merchant}/strict`);
  await page.evaluate(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  const journeys = [
    framed({ id: "frame" }),
    scripted({ id: "script" }),
    journeyOf([{ type: "redirect", url: `${site.provider}/provider`, shareable: true, finish: [] }], { id: "redirect" }),
    journeyOf([{ type: "upload", images: [{ slot: "front", required: true }], types: ["image/png"], max_bytes: 1e6, max_pixels: 100 }], { id: "upload" }),
  ];
  for (const [index, journey] of journeys.entries()) {
    await give(page, journey);
    await page.waitForFunction((count) => window.told.filter((one) => one.phase === "shown").length === count, index + 1);
  }
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  assert.deepEqual(page.faults, []);
  assert.equal(await page.getByRole("button", { name: "Bilder senden" }).count(), 1, "the language file was blocked");
  // The same without the nonce: what shows that the policy is strict.
  await page.evaluate(() => (document.getElementById("one").nonce = ""));
  await give(page, scripted({ id: "no-nonce", ways: [{ ...scripted().ways[0], src: `${site.provider}/lib.js?2` }] }));
  assert.equal((await until(page, { name: "error" })).code, "script_failed");
  assert.match((await page.evaluate(() => window.violations)).join(), /^script-src-elem/);
  await page.context().close();
});

/** What listens on the window and the document, as the browser's own debugger sees it, of this script only. */
async function listeners(page) {
  const session = await page.context().newCDPSession(page);
  const scripts = new Set();
  session.on("Debugger.scriptParsed", ({ scriptId, url }) => url.endsWith("/idv-journey.js") && scripts.add(scriptId));
  await session.send("Debugger.enable");
  const found = [];
  for (const expression of ["window", "document", "document.body", "document.documentElement"]) {
    const { result } = await session.send("Runtime.evaluate", { expression });
    const { listeners } = await session.send("DOMDebugger.getEventListeners", { objectId: result.objectId });
    found.push(...listeners.filter((one) => scripts.has(one.scriptId)).map((one) => one.type));
  }
  await session.detach();
  assert.equal(scripts.size, 1);
  return found.sort();
}

test("removed in mid-journey, it leaves no listener, script, frame or container behind", async () => {
  const page = await open(browser, `${site.merchant}/two`);
  await give(page, framed(), "one");
  await give(page, scripted({ id: "journey-2" }), "two");
  await Promise.all([shown(page, "one"), shown(page, "two")]);
  assert.deepEqual(await listeners(page), ["finish", "message"]);

  const inside = page.frames().find((one) => one.url().endsWith("/provider"));
  await page.evaluate(() => {
    window.kept = document.getElementById("one");
    for (const id of ["one", "two"]) document.getElementById(id).remove();
  });
  assert.deepEqual(await listeners(page), []);
  if (!inside.isDetached()) await page.waitForEvent("framedetached");
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("script[src], iframe, #box")].map((one) => one.src)), [`${site.merchant}/idv/idv-journey.js`]);
  assert.equal(await page.evaluate(() => window.kept.shadowRoot.querySelector("iframe")), null);
  // What is still under way does not come back.
  const count = (await told(page)).length;
  await page.evaluate(() => dispatchEvent(new CustomEvent("finish")));
  await page.waitForTimeout(200);
  assert.equal((await told(page)).length, count);
  await page.context().close();
});

test("removed at every moment before it is shown, it never shows", async () => {
  const page = await open(browser, `${site.merchant}/`);
  site.put("/lib-slow.js", LIBRARY, { type: "text/javascript", delay: 400 });
  const slow = scripted();
  slow.ways[0].src = `${site.provider}/lib-slow.js`;
  const left = await page.evaluate(async (journeys) => {
    // The camera takes its time, so that a removal meets the check, too.
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    MediaDevices.prototype.getUserMedia = (wish) => wait(100).then(() => ask(wish));
    const all = [];
    for (const journey of journeys) {
      for (const pause of [0, 1, 3, 10, 30, 60]) {
        const element = Object.assign(document.createElement("idv-journey"), { journey: { ...journey, id: String(pause) } });
        all.push(element);
        document.body.append(element);
        if (pause) await wait(pause);
        element.remove();
      }
    }
    await wait(1000);
    return all.map((element) => element.shadowRoot.textContent + element.shadowRoot.querySelectorAll("iframe").length);
  }, [framed(), slow]);
  assert.deepEqual(new Set(left), new Set(["0"]));
  assert.equal(await page.evaluate(() => window.launches), undefined);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("iframe, #box, script[src*='lib']")].length), 0);
  assert.deepEqual(await listeners(page), []);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("mounted, unmounted and mounted again, as React's strict mode does: one launch", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate((journey) => {
    const element = Object.assign(document.createElement("idv-journey"), { id: "strict", journey });
    document.body.append(element);
    element.remove();
    document.body.append(element);
  }, scripted());
  await shown(page, "strict");
  assert.equal(await page.evaluate(() => window.launches), 1);
  assert.equal(await page.locator("#box").count(), 1);
  await page.context().close();
});

test("two journeys on one page do not hear each other", async () => {
  const page = await open(browser, `${site.merchant}/two`);
  await give(page, framed(), "one");
  await give(page, framed({ id: "journey-2" }), "two");
  await Promise.all([shown(page, "one"), shown(page, "two")]);
  await pressInFrame(page.locator("#two").locator("iframe").contentFrame().getByRole("button", { name: "Finish" }));
  await until(page, { name: "end", by: "two" });
  assert.deepEqual(await told(page, "end"), [{ name: "end", by: "two", kind: "success" }]);
  assert.match((await told(page, "hint")).at(-1).text, /"journey-2"/);
  await page.context().close();
});

test("present and close, without HTML", async () => {
  site.put("/bare", merchantPage('<div id="place"></div>'));
  const page = await open(browser, `${site.merchant}/bare`);
  await page.evaluate(async (journey) => {
    const { present } = await import("/idv/idv-journey.js");
    window.heard = [];
    const hear = (name) => (detail) => window.heard.push([name, detail.kind ?? detail.phase ?? "", detail.text ?? ""]);
    const place = document.getElementById("place");
    const old = present(place, journey, { onHint: () => window.heard.push("an old handler"), preflight: "off", loadTimeout: 5000, lang: "ru" });
    window.shown = present(place, journey, { onHint: hear("hint"), onEnd: hear("end"), onClosed: hear("closed"), onProgress: hear("progress") });
    window.same = old.element === window.shown.element;
  }, framed());
  await pressInFrame(page.locator("iframe").contentFrame().getByRole("button", { name: "Finish" }));
  await page.waitForFunction(() => window.heard.some(([name]) => name === "end"));
  assert.deepEqual(await page.evaluate(() => [window.same, document.querySelector("idv-journey").outerHTML]), [
    true,
    '<idv-journey preflight="off" load-timeout="5000" lang="ru"></idv-journey>',
  ]);
  await page.evaluate(() => window.shown.close());
  const heard = await page.evaluate(() => window.heard);
  assert.deepEqual(heard.slice(-2), [
    ["hint", "closed", '{"journey":"journey-1","kind":"closed","data":{}}'],
    ["closed", "", ""],
  ]);
  assert.equal(await page.evaluate(() => document.getElementById("place").children.length), 0);
  await page.context().close();
});

test("a handle of before neither closes nor removes the journey that came after it", async () => {
  const page = await open(browser, `${site.merchant}/bare`);
  const left = await page.evaluate(async ([one, two]) => {
    const { present } = await import("/idv/idv-journey.js");
    const place = document.getElementById("place");
    const heard = [];
    const old = present(place, one, { onHint: () => heard.push("old") });
    const now = present(place, two, { onHint: ({ text }) => heard.push(text) });
    old.close();
    old.remove();
    const kept = [place.children.length, now.element.journey?.id];
    now.close();
    now.close();
    return [...kept, heard, place.children.length];
  }, [framed(), framed({ id: "journey-2" })]);
  assert.deepEqual(left, [1, "journey-2", ['{"journey":"journey-2","kind":"closed","data":{}}'], 0]);
  await page.context().close();
});

test("removed by a listener while it begins, nothing comes of it later", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate(() => document.addEventListener("idv-progress", ({ target, detail }) => detail.phase === window.moment && target.remove()));
  for (const moment of ["preflight", "loading"]) {
    for (const journey of [framed(), scripted()]) {
      await page.evaluate(([moment, journey]) => {
        window.moment = moment;
        const element = Object.assign(document.createElement("idv-journey"), { id: `${moment}-${journey.id}` });
        element.setAttribute("load-timeout", "100");
        element.setAttribute("preflight", "camera");
        // Once removed, its events reach nobody but itself.
        for (const name of ["hint", "end", "error"]) element.addEventListener(`idv-${name}`, ({ detail }) => (window.late ??= []).push(detail));
        document.body.append(element);
        element.journey = journey;
      }, [moment, { ...journey, id: journey.ways[0].type }]);
      await until(page, { name: "progress", phase: moment, by: `${moment}-${journey.ways[0].type}` });
    }
  }
  await page.waitForTimeout(400);
  assert.deepEqual(await page.evaluate(() => window.late ?? []), []);
  assert.deepEqual((await told(page)).map(({ phase }) => phase).filter((phase) => phase === "shown"), []);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("moved with append, it begins anew, and ends once; another journey ends for itself", async () => {
  site.put("/move", merchantPage('<main></main><aside></aside>'));
  const page = await open(browser, `${site.merchant}/move`);
  const finish = async (count) => {
    await page.waitForFunction((count) => window.told.filter((one) => one.phase === "shown").length === count, count);
    await pressInFrame(page.locator("iframe").contentFrame().getByRole("button", { name: "Finish" }));
    await page.waitForFunction((count) => window.told.filter((one) => one.kind === "success" && one.name === "hint").length === count, count);
  };
  await page.evaluate((journey) => document.querySelector("main").append(Object.assign(document.createElement("idv-journey"), { id: "one", journey })), framed());
  await finish(1);
  await page.evaluate(() => document.querySelector("aside").append(document.getElementById("one")));
  await finish(2);
  assert.equal((await told(page, "end")).length, 1);
  await give(page, framed({ id: "journey-2" }));
  await finish(3);
  assert.equal((await told(page, "end")).length, 2);
  await page.context().close();
});

test("busy is what loads, not the line that says so", async () => {
  const page = await open(browser, `${site.merchant}/`);
  site.put("/busy", "", { hang: true });
  await give(page, frameJourney(`${site.provider}/busy`));
  await page.getByRole("status").filter({ hasText: "Loading" }).waitFor();
  const busy = () => page.evaluate(() => {
    const root = document.getElementById("one").shadowRoot;
    return [!!root.querySelector("[role=status]").closest("[aria-busy=true]"), !!root.querySelector("iframe").closest("[aria-busy=true]")];
  });
  assert.deepEqual(await busy(), [false, true]);
  await give(page, framed({ id: "journey-2" }));
  await shown(page);
  assert.deepEqual(await busy(), [false, false]);
  await page.context().close();
});

test("the language that was chosen last is spoken, whichever file comes first", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await page.route("**/locales/de.js", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    await route.continue();
  });
  await give(page, framed());
  await shown(page);
  const arrived = page.waitForResponse("**/locales/de.js");
  await page.evaluate(() => {
    const one = document.getElementById("one");
    one.lang = "de";
    setTimeout(() => (one.lang = "ru"), 20);
  });
  await arrived;
  await page.waitForTimeout(300);
  assert.equal(await page.locator("iframe").getAttribute("title"), "Проверка личности");
  await page.context().close();
});

test("a journey set before the element is defined, and as an attribute", async () => {
  const text = JSON.stringify(framed()).replaceAll('"', "&quot;");
  site.put(
    "/early",
    `<!doctype html><html lang="en"><idv-journey id="one"></idv-journey><idv-journey id="two" journey="${text}"></idv-journey>
    <script>document.getElementById("one").journey = ${JSON.stringify(framed({ id: "early" }))}</script>
    <script type="module" src="/idv/idv-journey.js"></script>`,
  );
  const page = await open(browser, `${site.merchant}/early`);
  await Promise.all([shown(page, "one"), shown(page, "two")]);
  await page.context().close();
});

test("by keyboard only, the focus is never lost, and everything has a name", async () => {
  site.put("/form", merchantPage('<button id="first">First</button><idv-journey id="one" load-timeout="300"></idv-journey><button id="last">Last</button>'));
  site.put("/hung", "", { hang: true });
  const page = await open(browser, `${site.merchant}/form`);
  await give(page, frameJourney(`${site.provider}/hung`));
  await until(page, { name: "error" });
  const active = () =>
    page.evaluate(() => {
      let one = document.activeElement;
      while (one.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
      return one.title || one.textContent.trim() || one.localName;
    });
  await page.locator("#first").focus();
  await page.keyboard.press("Tab");
  assert.equal(await active(), "Try again");
  site.put("/hung", SPEAKING);
  await page.keyboard.press("Enter");
  await shown(page);
  // The button is gone, and the focus waits on the frame that took its place.
  assert.equal(await active(), "Identity verification");
  const inside = page.frames().find((one) => one.url().endsWith("/hung"));
  await inside.getByRole("button", { name: "Finish" }).waitFor();
  // The browser hands the focus over to the frame's process, and a key pressed meanwhile leads past the frame. That was seen
  // in some of a hundred runs also half a second later (Chromium 156; why, is not known): the way back leads into it.
  await page.waitForTimeout(500);
  const finish = () => inside.waitForFunction(() => document.activeElement.textContent === "Finish", null, { timeout: 3000 });
  await page.keyboard.press("Tab");
  await finish().catch(() => page.keyboard.press("Shift+Tab").then(finish));
  await page.keyboard.press("Enter");
  await until(page, { name: "end" });
  await page.keyboard.press("Tab");
  assert.equal(await active(), "Last");
  const tree = await page.locator("idv-journey").ariaSnapshot();
  assert.match(tree, /region "Identity verification"/);
  assert.match(tree, /status: Your part is done/);
  await page.context().close();
});

test("reduced motion is respected", async () => {
  site.put("/hang", "", { hang: true });
  const animation = async (reducedMotion) => {
    const page = await open(browser, `${site.merchant}/`, { reducedMotion });
    await give(page, frameJourney(`${site.provider}/hang`));
    await until(page, { name: "progress", phase: "loading" });
    const name = await page.getByRole("status").evaluate((status) => getComputedStyle(status).animationName);
    if (reducedMotion === "reduce") await picture(page, "loading");
    await page.context().close();
    return name;
  };
  assert.deepEqual([await animation("reduce"), await animation("no-preference")], ["none", "busy"]);
});

test("right to left, the layout is mirrored", async () => {
  site.put("/rtl", merchantPage(undefined, { dir: "rtl", lang: "ar" }));
  const page = await open(browser, `${site.merchant}/rtl`, { viewport: { width: 600, height: 400 } });
  await give(page, journeyOf([]));
  await until(page, { name: "error", code: "way_unsupported" });
  const borders = await page.getByRole("alert").evaluate((alert) => [getComputedStyle(alert).borderLeftWidth, getComputedStyle(alert).borderRightWidth].map(parseFloat));
  assert(borders[1] > borders[0], String(borders));
  await give(page, journeyOf([{ type: "redirect", url: `${site.provider}/provider`, shareable: true, finish: [] }], { id: "journey-2" }));
  const { x, width } = await page.getByRole("link").boundingBox();
  assert(x + width > 550, "the button is not at the right");
  // The element speaks English here, whose full stop stays at the sentence's end.
  assert.equal(await page.getByText("You will continue").evaluate((text) => getComputedStyle(text).unicodeBidi), "plaintext");
  await picture(page, "right-to-left");
  await page.context().close();
});

const UPLOAD = { type: "upload", images: [{ slot: "front", required: true }, { slot: "back", required: false }], types: ["image/png"], max_bytes: 1e6, max_pixels: 100 };

/** Every state that people look at for longer, on what they look at it. */
test("every state, on a desktop and a phone, light and dark, left to right and right to left: nothing sticks out", async () => {
  const head = "<style>:root { color-scheme: light dark; font-family: system-ui } body { margin: 1rem }</style>";
  site.put("/hung", "", { hang: true });
  for (const dir of ["ltr", "rtl"]) {
    site.put(`/${dir}`, merchantPage(undefined, { dir, lang: dir === "rtl" ? "ar" : "de", head }));
    for (const [device, viewport] of Object.entries({ desktop: { width: 1100, height: 700 }, phone: { width: 360, height: 640 } })) {
      for (const colorScheme of ["light", "dark"]) {
        const page = await open(browser, `${site.merchant}/${dir}`, { viewport, colorScheme });
        const fits = async (state) => {
          assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${state}: wider than the ${device}`);
          await picture(page, `element-${state}-${device}-${colorScheme}-${dir}`);
        };
        await give(page, framed({ id: "frame" }));
        await shown(page);
        await fits("frame");
        await give(page, journeyOf([UPLOAD], { id: "upload" }));
        await page.locator("input").first().waitFor();
        await page.locator("form button").click();
        await page.locator("[aria-invalid=true]").waitFor();
        await fits("upload");
        await give(page, journeyOf([{ type: "redirect", url: `${site.provider}/provider`, shareable: true, finish: [] }], { id: "redirect" }));
        await page.getByRole("link").waitFor();
        await fits("redirect");
        await page.evaluate(() => document.getElementById("one").setAttribute("load-timeout", "200"));
        await give(page, frameJourney(`${site.provider}/hung`));
        await until(page, { name: "error", code: "load_timeout" });
        await fits("late");
        await page.context().close();
      }
    }
  }
});

test("each language, also changed while the frame is shown, and dark", async () => {
  const page = await open(browser, `${site.merchant}/`, { colorScheme: "dark" });
  await page.addStyleTag({ content: ":root { color-scheme: light dark }" });
  await give(page, framed());
  await shown(page);
  await page.evaluate(() => (document.getElementById("one").shadowRoot.querySelector("iframe").marked = true));
  const titles = {};
  for (const [lang, title] of Object.entries({ ru: "Проверка личности", "kk-KZ": "Жеке басын растау", "de-AT": "Identitätsprüfung", hi: "पहचान सत्यापन", xx: "Identity verification" })) {
    await page.evaluate((lang) => (document.getElementById("one").lang = lang), lang);
    await page.waitForFunction((title) => document.getElementById("one").shadowRoot.querySelector("iframe").title === title, title);
    titles[lang] = await page.locator("section").getAttribute("lang");
  }
  assert.deepEqual(titles, { ru: "ru", "kk-KZ": "kk", "de-AT": "de", hi: "hi", xx: "en" });
  assert(await page.evaluate(() => document.getElementById("one").shadowRoot.querySelector("iframe").marked), "the frame was loaded anew");
  await give(page, journeyOf([{ type: "redirect", url: `${site.provider}/provider`, shareable: true, finish: [] }], { id: "journey-2" }));
  await page.getByRole("link").waitFor();
  await picture(page, "dark");
  await page.context().close();
});

test("without its language file, or while that hangs, it is English", async () => {
  for (const lose of [(route) => route.abort(), () => {}]) {
    const page = await open(browser, "about:blank");
    await page.route("**/locales/kk.js", lose);
    await page.goto(`${site.merchant}/`);
    await page.evaluate(() => (document.getElementById("one").lang = "kk"));
    await give(page, journeyOf([]));
    assert.equal((await until(page, { name: "error" })).message, "This verification cannot be shown in a web page.");
    await page.context().close();
  }
});

test("a language tag may be any text", async () => {
  const page = await open(browser, `${site.merchant}/`);
  for (const [index, lang] of ["constructor", "__proto__", "de.js", "", "-"].entries()) {
    await page.evaluate((lang) => (document.getElementById("one").lang = lang), lang);
    await give(page, journeyOf([], { id: `tag-${index}` }));
    await page.waitForFunction((count) => window.told.filter((one) => one.name === "error").length === count, index + 1);
  }
  for (const { message } of await told(page, "error")) assert.equal(message, "This verification cannot be shown in a web page.");
  await page.context().close();
});

test("a page of a server that renders it may import the file", async () => {
  const { IdvJourney, readReturn } = await import("../dist/idv-journey.js");
  assert.equal(typeof IdvJourney, "function");
  assert.throws(readReturn);
});
