// A person's way through the gallery in Firefox, by WebDriver BiDi: the steps of tests/e2e/gallery/test_walk.py.
// The environment's WALK has what it needs, as JSON. It prints each step, and ends with 1 where one fails.

import puppeteer from "puppeteer-core";

const { firefox, site, password, photo, day, time, camera, first, before, upload, size, picture } = JSON.parse(process.env.WALK);
const TIMEOUT = 60_000; // ms: much more than a page that is right needs on a busy machine
const LOOK = 'document.dispatchEvent(new Event("visibilitychange"))'; // it looks again now

const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true, defaultViewport: size, timeout: TIMEOUT });
/** @type {string[]} what the browser blocked or missed */
const complaints = [];

/** @param {import("puppeteer-core").BrowserContext} context */
async function newPage(context) {
  const made = await context.newPage();
  made.setDefaultTimeout(TIMEOUT);
  made.on("pageerror", (/** @type {Error} */ error) => complaints.push(String(error)));
  made.on("console", (message) => { if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text()); });
  return made;
}

const page = await newPage(browser.defaultBrowserContext());

/** @param {string} text @param {import("puppeteer-core").Page} [where] */
const press = (text, where = page) => where.locator(`::-p-xpath(//button[normalize-space()="${text}"])`).click();
/** @param {string} selector @param {import("puppeteer-core").Page} [where] */
const seen = (selector, where = page) => where.waitForSelector(selector, { visible: true });
/** @param {string} selector @param {string} text */
const says = (selector, text) => page.waitForFunction(
  (where, wanted) => [...document.querySelectorAll(where)].some((one) => one.textContent?.includes(wanted)), {}, selector, text);
/** Open the filter on a small screen, where it is folded. */
const unfoldFilter = async () => (await page.$("#which:not([open]) > summary"))?.click();
/** @param {string} id */
const isShown = (id) => seen(`#photo[data-id="${id}"]`);
/** Do what leads to another page, and wait until its scripts have run: they handle the keys. @param {() => Promise<unknown>} action */
const follow = async (action) => {
  await page.evaluate(() => { document.documentElement.dataset.left = ""; });
  await action();
  await page.waitForFunction(() => !("left" in document.documentElement.dataset) && document.readyState === "complete");
};
/** @param {string} selector */
const followLink = (selector) => follow(() => page.locator(selector).click());
/** @param {string} selector */
const hasFocus = (selector) => page.waitForFunction((one) => document.activeElement?.matches(one), {}, selector);

/** @type {Record<string, () => Promise<unknown>>} */
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
    await page.locator('#filter [name="from"]').click();
    await follow(() => page.keyboard.press("Enter"));
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
  async "open a photo, and leaf over midnight"() {
    await followLink(`a.cover[href^="/photos/${first}"]`);
    await isShown(first);
    await page.keyboard.press("j");
    await isShown(before);
  },
  async "enlarge it"() {
    await page.locator("#picture").click();
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
  async "see a new photo arrive while an older one has the focus"() {
    await followLink('nav a[href="/"]');
    await seen("#tile-entry a.picture");
    await page.focus("#tile-entry a.picture");
    const { path, headers } = upload;
    const reply = await fetch(site + path, { method: "PUT", headers, body: Buffer.from(picture, "base64") });
    if (reply.status !== 201) throw new Error(await reply.text());
    await page.evaluate(LOOK);
    await seen(`#tile-gate img[src="/api/photos/${headers["X-Photo-Id"]}/thumbnail"]`);
    await hasFocus("#tile-entry a.picture");
  },
  async "sign out"() {
    await follow(() => press("Sign out"));
    await seen("#password");
    await page.goBack();
    await seen("#password");
  },
};

try {
  for (const [name, step] of Object.entries(steps)) {
    await step();
    console.log(name);
  }
  if (complaints.length > 0) throw new Error(complaints.join("\n"));
} catch (problem) {
  console.error(problem, page.url());
  await page.screenshot({ path: ".local/screenshots/firefox-failed.png" }).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
}
