// Have Lighthouse look at pages as somebody who is signed in: node lighthouse.js CHROME COOKIES URL... The cookies are
// "name=value; ...". Prints a line of JSON for each page: its address, its scores, and which audits it failed.

import process from "node:process";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";

const [executablePath, cookies, ...urls] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox"] });
for (const pair of cookies.split("; ")) {
  const [name, ...value] = pair.split("=");
  await browser.setCookie({ name, value: value.join("="), domain: new URL(urls[0]).hostname });
}
const flags = { onlyCategories: ["accessibility", "best-practices"], disableStorageReset: true, logLevel: "error" };
for (const url of urls) {
  const page = await browser.newPage();
  const { lhr } = await lighthouse(url, flags, undefined, page);
  const scores = Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, score && Math.round(100 * score)]));
  const failed = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs)
    .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1)
    .map(({ id }) => ({ id, items: lhr.audits[id].details?.items?.slice(0, 3) ?? [] }));
  console.log(JSON.stringify({ url, shown: lhr.finalDisplayedUrl, error: lhr.runtimeError?.message ?? null, scores, failed }));
  await page.close();
}
await browser.close();
