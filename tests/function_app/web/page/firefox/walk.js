// A person's way through the gallery in Firefox, by WebDriver BiDi: the steps of tests/e2e/gallery/test_walk.py.
// The environment's WALK has what it needs, as JSON. It prints each step, and ends with 1 where one fails.

import { readFile, readdir } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import puppeteer from "puppeteer-core";

import { connection } from "./connection.js";
import { ARGUMENTS, PREFERENCES, connectMarionette } from "./marionette.js";

/** @typedef {{ path: string, headers: Record<string, string>, file: string }} Upload */
/** @typedef {{ name: string, window: { width: number, height: number }, photo: Upload, clip: Upload }} Walk */

const {
  firefox, profile, downloads, port, password, photo, day, time, camera, first, before, burst, cameras, clipSeconds, walks,
} = JSON.parse(process.env.WALK ?? "");
const TIMEOUT = 60_000; // ms: much more than a page that is right needs on a busy machine
const INTERVAL = 50; // ms
const LOOK = 'document.dispatchEvent(new Event("visibilitychange"))'; // it looks again now

/** @type {import("puppeteer-core").DownloadBehavior} */
const downloadBehavior = { policy: "allow", downloadPath: downloads };
const backend = await connection(port);
const site = `http://localhost:${backend.port}`; // passkeys need a name
const browser = await puppeteer.launch({
  browser: "firefox", executablePath: firefox, headless: true, userDataDir: profile, args: ARGUMENTS, timeout: TIMEOUT,
  extraPrefsFirefox: { ...PREFERENCES, "browser.download.alwaysOpenPanel": false }, // which would take the focus
});
const marionette = await connectMarionette(profile);
/** @type {string[]} what the browser blocked or missed */
const complaints = [];
/** @type {import("puppeteer-core").Page} */
let page;

/** Open a page with cookies of its own, as a private window has. @param {{ width: number, height: number }} size */
async function newPage(size) {
  const context = await browser.createBrowserContext({ downloadBehavior });
  const made = await context.newPage();
  await made.setViewport(size);
  made.setDefaultTimeout(TIMEOUT);
  made.on("pageerror", (error) => complaints.push(String(error)));
  made.on("console", (message) => { if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text()); });
  return made;
}

/** @param {string} selector */
const seen = async (selector) => /** @type {import("puppeteer-core").ElementHandle} */ (await page.waitForSelector(selector, { visible: true }));
/** Press what is there by the keyboard: under the pointer it may move away. @param {string} selector */
const enter = async (selector) => (await seen(selector)).press("Enter");
/** @param {string} text */
const press = (text) => enter(`::-p-xpath(//button[normalize-space()="${text}" and not(@disabled)])`);
/** @param {string} selector @param {string} text @param {import("puppeteer-core").Page} [where] */
const says = (selector, text, where = page) => where.waitForFunction(
  (one, wanted) => [...document.querySelectorAll(one)].some(({ textContent }) => textContent?.includes(wanted)), {}, selector, text);
/** @param {string} selector @param {number} count @param {import("puppeteer-core").Page} [where] */
const has = (selector, count, where = page) => where.waitForFunction(
  (one, wanted) => document.querySelectorAll(one).length === wanted, {}, selector, count);
/** Open the filter on a small screen, where it is folded. */
const unfoldFilter = async () => (await page.$("#which:not([open]) > summary"))?.press("Enter");
/** @param {string} id */
const isShown = (id) => seen(`#photo[data-id="${id}"]`);
/** Do what leads to another page, and wait until its scripts have run: they handle the keys. @param {() => Promise<unknown>} action */
const follow = async (action) => {
  await page.evaluate(() => { document.documentElement.dataset.left = ""; });
  await action();
  await page.waitForFunction(() => !("left" in document.documentElement.dataset) && document.readyState === "complete");
};
/** @param {string} selector */
const followLink = (selector) => follow(() => enter(selector));
/** @param {string} selector */
const hasFocus = (selector) => page.waitForFunction((one) => document.activeElement?.matches(one), {}, selector);
/** Wait until so many files are saved to their end: before it Firefox has one with another ending beside each. @param {number} count */
async function areSaved(count) {
  const end = performance.now() + TIMEOUT;
  for (;;) {
    const names = await readdir(downloads);
    if (names.length === count && names.every((one) => one.endsWith(".zip"))) return;
    if (performance.now() > end) throw new Error(`saved: ${names}`);
    await pause(INTERVAL);
  }
}
/** Send a photo, and have the page look for it. @param {Upload} upload @returns {Promise<string>} its id */
async function arrive({ path, headers, file }) {
  const reply = await fetch(site + path, { method: "PUT", headers, body: await readFile(file) });
  if (reply.status !== 201) throw new Error(await reply.text());
  await page.evaluate(LOOK);
  return headers["X-Photo-Id"] ?? "";
}

/** @type {Record<string, (walk: Walk) => Promise<unknown>>} */
const steps = {
  async "sign in with a wrong password, and with the right one"() {
    await page.goto(site);
    await page.locator("#password").fill("not the password");
    await press("Sign in");
    await says('[role="alert"]', "wrong");
    await page.locator("#password").fill(password);
    await follow(() => press("Sign in"));
    await seen(".tile");
  },
  async "open a photo of any day in two actions"() {
    await followLink('nav a[href="/days"]');
    await followLink('main a[href^="/days/"]');
    await seen("#day");
    await unfoldFilter();
    await page.locator('#filter [name="date"]').fill(day);
    await page.locator('#filter [name="from"]').fill(time);
    await follow(() => enter('#filter [name="from"]'));
    await followLink(`details[open] a[href="/photos/${photo}"]`);
    await isShown(photo);
    await follow(() => page.keyboard.press("Escape"));
    await hasFocus(`a[href="/photos/${photo}"]`);
  },
  async "filter by camera"() {
    await unfoldFilter();
    await page.locator('#filter [name="from"]').fill("");
    await follow(() => page.select('#filter [name="camera"]', camera));
    await page.waitForFunction((one) => location.search.includes(`camera=${one}`), {}, camera);
    const shown = await page.$$eval(".event .about h3", (all) => [...new Set(all.map((one) => one.textContent))]);
    if (shown.join() !== camera) throw new Error(`shown: ${shown}`);
  },
  async "choose two events, and save them as a ZIP"(walk) {
    for (const box of (await page.$$(".event > .choose input")).slice(0, 2)) await box.press(" ");
    await says("#chosen", `${2 * burst} photos chosen`);
    await press("Download");
    await says("#answers", `All ${2 * burst} photos are in the ZIP.`);
    await areSaved(walks.indexOf(walk) + 1);
  },
  async "share them, open the link in a private window, and revoke it"({ window }) {
    await press("Share");
    await press("Make the link");
    const link = await (await seen("#share-url")).evaluate((field) => /** @type {HTMLTextAreaElement} */ (field).value);
    const guest = await newPage(window);
    await guest.goto(link);
    await has("figure", 2 * burst, guest);
    await page.bringToFront(); // what is behind another one is not drawn, and waits
    await enter("#close-answer");
    await press("Share");
    await press("Revoke");
    await says("#answer-part", "The link no longer opens anything.");
    await guest.bringToFront();
    await guest.reload();
    await says("main", "has expired, was revoked", guest);
    await guest.browserContext().close();
    for (let i = 0; i < 2; i += 1) await page.keyboard.press("Escape"); // the dialog, and the choice
    await page.waitForSelector("#choice", { hidden: true });
  },
  async "open a photo, and leaf over midnight"() {
    await followLink(`a.cover[href^="/photos/${first}"]`);
    await isShown(first);
    await page.keyboard.press("j");
    await isShown(before);
  },
  async "enlarge it"() {
    await enter("#picture");
    await seen(".pswp--ui-visible img.pswp__img");
    await page.keyboard.press("z");
    await seen(".pswp--zoomed-in");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => !document.querySelector(".pswp"));
    await page.keyboard.press("k");
    await isShown(first);
  },
  async "delete it, and undo that"() {
    await press("Delete");
    await hasFocus("#undo");
    await page.keyboard.press("Enter");
    await says('[role="status"]', "The photo is back.");
  },
  async "see a new photo arrive while an older one has the focus"(walk) {
    await followLink('nav a[href="/"]');
    await seen("#tile-entry a.picture");
    await page.focus("#tile-entry a.picture");
    const id = await arrive(walk.photo);
    await seen(`#tile-gate img[src="/api/photos/${id}/thumbnail"]`);
    await hasFocus("#tile-entry a.picture");
  },
  async "play a clip, which is read by parts"({ clip }) {
    const id = await arrive(clip);
    /** @type {Set<number>} */
    const statuses = new Set();
    page.on("response", (one) => { if (one.url().endsWith(`${id}/content`)) statuses.add(one.status()); });
    await followLink(`#tile-drive a.picture[href="/photos/${id}"]`);
    await isShown(id);
    const end = await page.$eval("#picture video", (one) => new Promise((done, failed) => {
      const video = /** @type {HTMLVideoElement} */ (one);
      video.onended = () => done(video.currentTime);
      video.onerror = () => failed(new Error(video.error?.message));
      video.playbackRate = 8;
      video.currentTime = 6;
      video.play();
    }));
    if (Math.round(/** @type {number} */ (end)) !== clipSeconds) throw new Error(`it ended after ${end} s`);
    if ([...statuses].join() !== "206") throw new Error(`statuses: ${[...statuses]}`);
    await page.keyboard.press("Escape");
    await hasFocus("#tile-drive a.picture");
  },
  async "lose the connection, and have it again"() {
    backend.cut();
    await page.evaluate(LOOK);
    await says("#problem", "cannot be reached");
    await has(".tile", cameras);
    await backend.restore();
    await page.evaluate(LOOK);
    await page.waitForFunction(() => document.getElementById("problem")?.textContent === "");
  },
  async "add a passkey"({ name }) {
    await page.evaluate(() => location.assign("/settings/account")); // page.goto() does not see its end any more
    await page.locator("#label").fill(`Firefox, ${name}`);
    await press("Add a passkey");
    await says("#passkeys", `Firefox, ${name}`);
  },
  async "sign out"() {
    await follow(() => press("Sign out"));
    await seen("#password");
    await page.evaluate(() => history.back());
    await page.waitForFunction(() => location.search.includes("next="));
    await seen("#password");
    await has(".tile", 0);
  },
  async "sign in by the passkey"() {
    await press("Use a passkey");
    await seen(".sign-out button");
  },
};

try {
  for (const walk of /** @type {Walk[]} */ (walks)) {
    const authenticator = await marionette.addAuthenticator();
    page = await newPage(walk.window);
    for (const [name, step] of Object.entries(steps)) {
      await step(walk);
      console.log(`${walk.name}: ${name}`);
    }
    await page.browserContext().close();
    await marionette.removeAuthenticator(authenticator);
  }
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
} catch (problem) {
  console.error(problem, page?.url());
  await page?.screenshot({ path: ".local/screenshots/firefox-failed.png" }).catch(() => {});
  process.exitCode = 1;
} finally {
  marionette.close();
  browser.process()?.kill("SIGKILL"); // one that asks whether to leave a page would not end
  backend.cut();
}
