import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, mock, test } from "node:test";
import { newDocument, provide, script, STRINGS } from "./browser.js";

class HTMLElement {
  constructor() {
    this.textContent = "";
    this.dataset = /** @type {Record<string, string>} */ ({ etag: '"1"' });
  }

  cloneNode() {
    return Object.assign(new HTMLElement(), { append: () => {} });
  }
}

/** @type {{ headers: Record<string, string> }[]} */
let asked = [];
/** @type {() => Promise<unknown>} */
let answer;
const strings = { textContent: readFileSync(STRINGS, "utf-8") };
let page = newDocument({ elements: { strings } });
let problem = new HTMLElement();
/** @type {string[]} */
let left = [];
const unchanged = async () => ({ status: 304, ok: false });

provide("HTMLElement", HTMLElement);
provide("DOMParser", class { parseFromString = () => ({ body: { childNodes: [] } }); });
provide("location", { pathname: "/days/2026-11-20", search: "?camera=gate", replace: (/** @type {string} */ url) => left.push(url) });
provide("fetch", (/** @type {string} */ path, /** @type {{ headers: Record<string, string> }} */ options) => {
  asked.push(options);
  return answer();
});
mock.timers.enable({ apis: ["setTimeout"] });

/** Let what was asked for be answered. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

/** @param {number} seconds */
async function pass(seconds) {
  mock.timers.tick(seconds * 1000);
  await settle();
}

provide("document", page);
const { follow } = await script("follow.js");

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  [asked, left, answer, problem] = [[], [], unchanged, new HTMLElement()];
  page = newDocument({ elements: { problem } });
  provide("document", page);
});

test("a page looks every fifteen seconds, and every minute once nothing has changed for long", async () => {
  follow(new HTMLElement(), () => "/?tiles", () => {});
  for (let look = 1; look <= 20; look += 1) {
    await pass(15);
    assert.equal(asked.length, look);
  }
  assert.equal(asked[0]?.headers["If-None-Match"], '"1"');
  await pass(59);
  assert.equal(asked.length, 20);
  await pass(1);
  assert.equal(asked.length, 21);
});

test("a page that nobody sees looks every five minutes, and at once when it is seen again", async () => {
  follow(new HTMLElement(), () => "/?tiles", () => {});
  page.visibilityState = "hidden";
  await pass(15);
  assert.equal(asked.length, 1);
  await pass(299);
  assert.equal(asked.length, 1);
  page.visibilityState = "visible";
  page.send("visibilitychange");
  await settle();
  assert.equal(asked.length, 2);
  await pass(15);
  assert.equal(asked.length, 3);
});

test("a page that expects a change looks each second until it has come", async () => {
  let isExpecting = true;
  follow(new HTMLElement(), () => "/?tiles", () => {}, { isExpecting: () => isExpecting });
  await pass(1);
  await pass(1);
  assert.equal(asked.length, 2);
  isExpecting = false;
  await pass(1);
  assert.equal(asked.length, 3);
  await pass(14);
  assert.equal(asked.length, 3);
  await pass(1);
  assert.equal(asked.length, 4);
});

test("what changed is shown with its ETag, and the page is no longer quiet", async () => {
  const shown = /** @type {HTMLElement[]} */ ([]);
  follow(new HTMLElement(), () => "/?tiles", (/** @type {HTMLElement} */ wanted) => shown.push(wanted));
  for (let look = 0; look < 20; look += 1) await pass(15);
  answer = async () => ({ status: 200, ok: true, text: async () => "", headers: new Map([["ETag", '"2"']]) });
  await pass(60);
  assert.equal(shown[0]?.dataset.etag, '"2"');
  await pass(15);
  assert.equal(asked.length, 22);
});

test("the answer to an older look is not shown after that to a newer one", async () => {
  const shown = /** @type {HTMLElement[]} */ ([]);
  const look = follow(new HTMLElement(), () => "/?tiles", (/** @type {HTMLElement} */ wanted) => shown.push(wanted));
  const [older, newer] = ['"2"', '"3"'].map((etag) => {
    let send = () => {};
    const response = { status: 200, ok: true, text: async () => "", headers: new Map([["ETag", etag]]) };
    answer = () => new Promise((resolve) => { send = () => resolve(response); });
    look();
    return send;
  });
  newer?.();
  await settle();
  older?.();
  await settle();
  assert.deepEqual(shown.map(({ dataset }) => dataset.etag), ['"3"']);
});

test("what goes wrong is said until it is over", async () => {
  const lost = /** @type {number[]} */ ([]);
  const began = Date.now();
  follow(new HTMLElement(), () => "/?tiles", () => {}, { onLost: (/** @type {number} */ seenAt) => lost.push(seenAt) });
  answer = () => Promise.reject(new TypeError("offline"));
  await pass(15);
  assert.ok(lost.length === 1 && (lost[0] ?? 0) >= began);
  assert.match(problem.textContent, /cannot be reached/);
  answer = unchanged;
  await pass(15);
  assert.equal(problem.textContent, "");
});

test("without a session the page leads to the form, and asks no more", async () => {
  follow(new HTMLElement(), () => "/?tiles", () => {});
  answer = async () => ({ status: 200, ok: true, redirected: true, url: "https://nightjar.example/sign-in", headers: new Map() });
  await pass(15);
  assert.deepEqual(left, ["/sign-in?next=%2Fdays%2F2026-11-20%3Fcamera%3Dgate&ended=1"]);
  await pass(600);
  assert.equal(asked.length, 1);
});
