// A provider's script in the page.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";

import { give, journeyOf, launch, merchantPage, open, picture, startSite, told, until } from "./support.mjs";

/** A library as the providers make them: a class with options, an overlay in the body, and a widget that looks for its container. */
const LIBRARY = `
window.loads = (window.loads ?? 0) + 1;
window.Flow = class {
  constructor(options) { this.options = options; }
  launch(...rest) {
    window.launched = [...(window.launched ?? []), { names: Object.keys(this.options), rest }];
    window.options = this.options;
    document.body.append(Object.assign(document.createElement("div"), { className: "overlay", textContent: "overlay" }));
  }
};
window.Widget = {
  start(options) {
    window.widget = options;
    const button = Object.assign(document.createElement("button"), { textContent: "Finish the widget" });
    button.onclick = () => dispatchEvent(new CustomEvent("finish", { detail: { passed: true } }));
    document.querySelector(options.selector).append(button);
  },
};`;

let site;
let browser;

before(async () => {
  [site, browser] = await Promise.all([startSite(), launch()]);
  site.put("/", merchantPage());
  site.put("/two", merchantPage('<idv-journey id="one"></idv-journey><idv-journey id="two"></idv-journey>'));
  for (const name of ["a", "b", "c"]) site.put(`/${name}.js`, LIBRARY, { type: "text/javascript", headers: { "access-control-allow-origin": "*" } });
});
after(async () => {
  await browser.close();
  site.stop();
});

const text = (name, value) => ({ name, value: { type: "text", value } });

const flow = (more = {}) => ({
  type: "script",
  src: `${site.provider}/a.js`,
  module: false,
  global: "Flow",
  construct: true,
  method: "launch",
  options: [
    text("key", "k"),
    { name: "language", value: { type: "null" } },
    { name: "values", value: { type: "texts", value: [{ name: "b", value: "1" }, { name: "a", value: "2" }] } },
    { name: "retry", value: { type: "flag", value: false } },
  ],
  container: null,
  listen: [
    { on: { type: "handler", names: ["onDone", "onComplete"] }, when: [], means: "success", carry: [{ name: "proof", path: "proof", max: 4 }] },
    { on: { type: "handler", names: ["onSkip"] }, when: [], means: "skipped", carry: [] },
  ],
  ...more,
});

const widget = (more = {}) =>
  flow({
    src: `${site.provider}/b.js`,
    module: true,
    global: "Widget",
    construct: false,
    method: "start",
    options: [text("id", "s"), text("selector", "#flow-widget")],
    container: "#flow-widget",
    listen: [{ on: { type: "event", name: "finish" }, when: [], means: "finished", carry: [] }],
    ...more,
  });

const shown = (page, by = "one") => until(page, { name: "progress", phase: "shown", by });

test("a class with options and handlers: in order, under all names, and heard", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([flow()]));
  await shown(page);
  const { launched, values, language } = await page.evaluate(() => ({ launched: window.launched, values: window.options.values, language: window.options.language }));
  assert.deepEqual(launched, [{ names: ["key", "language", "values", "retry", "onDone", "onComplete", "onSkip"], rest: [] }]);
  assert.deepEqual(Object.entries(values), [["b", "1"], ["a", "2"]]);
  assert.equal(language, null);
  await page.evaluate(() => window.options.onComplete({ proof: "123456789", token: "secret" }));
  assert.equal((await until(page, { name: "hint" })).text, '{"journey":"journey-1","kind":"success","data":{"proof":"1234"}}');
  await page.evaluate(() => window.options.onSkip());
  await until(page, { name: "hint", kind: "skipped" });
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("a widget gets its container in the page, and its event on the window is heard", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([widget()]));
  await shown(page);
  assert.equal(await page.evaluate(() => document.querySelector("#flow-widget").parentElement.id), "one");
  await page.getByRole("button", { name: "Finish the widget" }).click();
  assert.equal((await until(page, { name: "hint" })).text, '{"journey":"journey-1","kind":"finished","data":{}}');
  await picture(page, "script-widget");
  await page.context().close();
});

test("a script is loaded once, however many journeys and however often", async () => {
  const page = await open(browser, `${site.merchant}/two`);
  await give(page, journeyOf([flow()]), "one");
  await give(page, journeyOf([flow()], { id: "journey-2" }), "two");
  await Promise.all([shown(page, "one"), shown(page, "two")]);
  assert.deepEqual(await page.evaluate(() => [window.loads, window.launched.length, document.querySelectorAll("script[src$='a.js']").length]), [1, 2, 1]);
  // The one leaves, and the other keeps what it needs.
  await page.evaluate(() => document.getElementById("one").remove());
  assert.deepEqual(await page.evaluate(() => [document.querySelectorAll("script[src$='a.js']").length, document.querySelectorAll(".overlay").length]), [1, 1]);
  await page.evaluate(() => document.getElementById("two").remove());
  assert.deepEqual(await page.evaluate(() => [document.querySelectorAll("script[src$='a.js']").length, document.querySelectorAll(".overlay").length]), [0, 0]);
  await page.evaluate((journey) => {
    const element = Object.assign(document.createElement("idv-journey"), { id: "three", journey });
    document.body.append(element);
  }, journeyOf([flow()], { id: "journey-3" }));
  await shown(page, "three");
  assert.equal(await page.evaluate(() => window.loads), 1);
  await page.context().close();
});

test("a local copy of a library, by its path: read against the page, or its base, and loaded once", async () => {
  site.put("/js/flow.js", LIBRARY, { type: "text/javascript" });
  site.put("/in/a/folder", merchantPage('<idv-journey id="one"></idv-journey><idv-journey id="two"></idv-journey>', { head: '<base href="/js/">' }));
  const page = await open(browser, `${site.merchant}/in/a/folder`);
  await give(page, journeyOf([flow({ src: "/js/flow.js" })]), "one");
  await give(page, journeyOf([flow({ src: "flow.js" })], { id: "journey-2" }), "two");
  await Promise.all([shown(page, "one"), shown(page, "two")]);
  assert.deepEqual(await page.evaluate(() => [window.loads, window.launched.length]), [1, 2]);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("script[src$='flow.js']")].map(({ src }) => src)), [`${site.merchant}/js/flow.js`]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test("a script that does not come, has nothing to call, or breaks", async () => {
  site.put("/empty.js", "", { type: "text/javascript" });
  site.put("/broken.js", "window.Flow = class { launch() { throw new Error('out of order'); } };", { type: "text/javascript" });
  const page = await open(browser, `${site.merchant}/`);
  const reason = async (name, id) => {
    await give(page, journeyOf([flow({ src: `${site.provider}/${name}.js` })], { id }));
    await page.waitForFunction((id) => window.told.filter((one) => one.name === "error").length === Number(id), id);
    const { code, reason } = (await told(page, "error")).at(-1);
    assert.equal(code, "script_failed");
    return reason.replace(site.provider, "");
  };
  assert.equal(await reason("gone", "1"), "Error: /gone.js did not load");
  assert.equal(await reason("empty", "2"), "Error: /empty.js defines no Flow");
  assert.equal(await reason("broken", "3"), "Error: out of order");
  // The reason is for developers: the user reads their own language, and nothing else.
  await page.evaluate(() => (document.getElementById("one").lang = "ru"));
  await page.getByRole("alert").getByText("Не удалось начать проверку").waitFor();
  assert.doesNotMatch(await page.getByRole("alert").textContent(), /[A-Za-z]/);
  await picture(page, "script-failed");
  // What failed to load is asked for again.
  site.put("/gone.js", LIBRARY, { type: "text/javascript" });
  await give(page, journeyOf([flow({ src: `${site.provider}/gone.js` })], { id: "again" }));
  await shown(page);
  await page.context().close();
});

test("a script that takes too long is told of, and \"try again\" waits for it anew", async () => {
  site.put("/slow.js", "", { hang: true });
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate(() => document.getElementById("one").setAttribute("load-timeout", "200"));
  await give(page, journeyOf([flow({ src: `${site.provider}/slow.js` })]));
  assert.equal((await until(page, { name: "error" })).code, "load_timeout");
  const asked = () => site.asked.filter((path) => path === "/slow.js").length;
  const eventually = async (holds, message) => {
    for (let left = 100; left && !holds(); left--) await page.waitForTimeout(50);
    assert(holds(), message);
  };
  await eventually(() => asked() === 1, "the script was not asked for once");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForFunction(() => window.told.filter((one) => one.code === "load_timeout").length === 2);
  await eventually(() => asked() === 2, "the first request, which never comes, was waited for");
  // The network is well again.
  site.put("/slow.js", LIBRARY, { type: "text/javascript" });
  await page.getByRole("button", { name: "Try again" }).click();
  await shown(page);
  assert.equal(await page.getByRole("alert").textContent(), "");
  await page.context().close();
});

test("a journey that was replaced or removed says nothing any more, whatever its script does", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([flow()]));
  await shown(page);
  await page.evaluate(() => (window.old = window.options));
  await give(page, journeyOf([flow()], { id: "journey-2" }));
  await page.waitForFunction(() => window.options !== window.old);
  await page.evaluate(() => window.old.onDone({ proof: "late" }));
  await page.evaluate(() => window.options.onDone({ proof: "now" }));
  assert.deepEqual((await told(page, "hint")).map(({ text }) => text), ['{"journey":"journey-2","kind":"success","data":{"proof":"now"}}']);
  assert.equal((await told(page, "end")).length, 1);
  await page.evaluate(() => document.getElementById("one").remove());
  await page.evaluate(() => window.options.onSkip());
  assert.equal((await told(page, "hint")).length, 1);
  await page.context().close();
});

/** Waits until so many overlays are in the page. */
const overlays = (page, count) => page.waitForFunction((count) => document.querySelectorAll(".overlay").length === count, count);
const lay = (page, wait = 0) =>
  page.evaluate((wait) => {
    const add = () => document.body.append(Object.assign(document.createElement("div"), { className: "overlay" }));
    return wait ? new Promise((resolve) => setTimeout(() => resolve(add()), wait)) : add();
  }, wait);

test("an overlay that comes later goes with the journey, too; what the page adds after the end stays", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([flow()]));
  await shown(page);
  await lay(page, 50);
  await overlays(page, 2);
  await page.evaluate(() => document.head.append(document.createElement("style")));
  await page.evaluate(() => window.options.onDone({}));
  await until(page, { name: "end" });
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("dialog"), { id: "thanks" })));
  await page.evaluate(() => document.getElementById("one").remove());
  await overlays(page, 0);
  assert.deepEqual(await page.evaluate(() => [document.querySelectorAll("#thanks").length, document.querySelectorAll("head style").length]), [1, 1]);
  // Nobody looks after the end.
  await lay(page);
  await overlays(page, 1);
  await page.context().close();
});

test("an overlay in the very moment of the removal goes, too", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([flow()]));
  await shown(page);
  await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement("div"), { className: "overlay" }));
    document.getElementById("one").remove();
  });
  await overlays(page, 0);
  await page.context().close();
});

test("removed by its own script's call, it leaves nothing", async () => {
  site.put("/leaving.js", LIBRARY.replace("launch(...rest) {", "launch(...rest) { this.options.onSkip();"), { type: "text/javascript" });
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate(() => document.addEventListener("idv-end", ({ target }) => target.remove()));
  await give(page, journeyOf([flow({ src: `${site.provider}/leaving.js` })]));
  await until(page, { name: "end" });
  await overlays(page, 0);
  assert.deepEqual(page.faults, []);
  assert.deepEqual((await told(page)).at(-1).name, "end");
  await page.context().close();
});

test("two scripts on one page: neither hears the other, and each takes away its own", async () => {
  const page = await open(browser, `${site.merchant}/two`);
  await give(page, journeyOf([flow()]), "one");
  await shown(page, "one");
  await page.evaluate(() => (window.first = window.options));
  await give(page, journeyOf([flow()], { id: "journey-2" }), "two");
  await shown(page, "two");
  await page.evaluate(() => document.querySelectorAll(".overlay").forEach((one, index) => (one.id = `of-${index}`)));
  // Whose this is, nobody can tell: it goes with the last of them.
  await lay(page, 20);
  await page.evaluate(() => window.first.onDone({ proof: "1" }));
  await until(page, { name: "end", by: "one" });
  assert.deepEqual((await told(page, "hint")).map(({ by, text }) => [by, JSON.parse(text).journey]), [["one", "journey-1"]]);
  assert.deepEqual((await told(page, "end")).map(({ by }) => by), ["one"]);
  await page.evaluate(() => document.getElementById("one").remove());
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll(".overlay")].map((one) => one.id)), ["of-1", ""]);
  await page.evaluate(() => window.options.onDone({ proof: "2" }));
  await until(page, { name: "end", by: "two" });
  assert.deepEqual((await told(page, "hint")).map(({ by, text }) => [by, JSON.parse(text).journey]), [["one", "journey-1"], ["two", "journey-2"]]);
  await page.evaluate(() => document.getElementById("two").remove());
  await overlays(page, 0);
  await page.context().close();
});

test("an option that only an app can give", async () => {
  const page = await open(browser, `${site.merchant}/`);
  await give(page, journeyOf([flow({ options: [{ name: "activity", value: { type: "host", what: "activity" } }] })]));
  const { code, reason } = await until(page, { name: "error" });
  assert.deepEqual([code, reason], ["way_unsupported", "activity"]);
  assert.equal(await page.evaluate(() => document.querySelectorAll("script[src$='a.js']").length), 0);
  await page.context().close();
});

test("two widgets with the same container: the second says so, and the first goes on", async () => {
  const page = await open(browser, `${site.merchant}/two`);
  await give(page, journeyOf([widget()]), "one");
  await shown(page, "one");
  await page.evaluate(() => document.getElementById("two").setAttribute("load-timeout", "100"));
  await give(page, journeyOf([widget()], { id: "journey-2" }), "two");
  assert.match((await until(page, { name: "error", by: "two" })).reason, /#flow-widget is in use/);
  // Nothing was begun that could take too long.
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => window.told.filter((one) => one.name === "error" && one.by === "two").length), 1);
  await page.evaluate(() => document.getElementById("two").removeAttribute("load-timeout"));
  await page.getByRole("button", { name: "Finish the widget" }).click();
  await until(page, { name: "end", by: "one" });
  // Once the first has gone, the second can begin.
  await page.evaluate(() => document.getElementById("one").remove());
  await page.locator("#two").getByRole("button", { name: "Try again" }).click();
  await shown(page, "two");
  await page.context().close();
});

test("a container that the page has is used, and left empty in its place", async () => {
  site.put("/own", merchantPage('<main id="flow-widget"></main><idv-journey id="one"></idv-journey>'));
  const page = await open(browser, `${site.merchant}/own`);
  await give(page, journeyOf([widget()]));
  await shown(page);
  assert.equal(await page.locator("main button").count(), 1);
  await page.evaluate(() => document.getElementById("one").remove());
  assert.equal(await page.evaluate(() => document.querySelector("main").outerHTML.replace(' slot=""', "")), '<main id="flow-widget"></main>');
  await page.context().close();
});

test("integrity: the right digest loads, a wrong one is refused", async () => {
  const digest = `sha384-${createHash("sha384").update(LIBRARY).digest("base64")}`;
  const page = await open(browser, `${site.merchant}/`);
  await page.evaluate((digest) => document.getElementById("one").setAttribute("integrity", digest), `sha384-${"A".repeat(64)}`);
  await give(page, journeyOf([flow({ src: `${site.provider}/c.js` })]));
  assert.equal((await until(page, { name: "error" })).code, "script_failed");
  await page.evaluate((digest) => document.getElementById("one").setAttribute("integrity", digest), digest);
  await give(page, journeyOf([flow({ src: `${site.provider}/c.js` })], { id: "journey-2" }));
  await shown(page);
  await page.context().close();
});
