import assert from "node:assert/strict";
import { test } from "node:test";
import { newDocument, provide, script } from "./browser.js";

const AHEAD = 90_000; // ms by which the backend's clock is ahead of the browser's

class PerformanceNavigationTiming {
  responseStart = 0;
}

const { timeOrigin } = performance;
provide("PerformanceNavigationTiming", PerformanceNavigationTiming);
provide("performance", { timeOrigin, getEntriesByType: () => [new PerformanceNavigationTiming()] });
provide("navigator", { languages: ["de-DE", "en-GB"] });
const now = new Date(Math.floor(timeOrigin) + AHEAD).toISOString();
provide("document", newDocument({ data: { zone: "Asia/Tokyo", now } }));
const { formatAgo, formatTime, locale } = await script("times.js");

test("the form is the reader's own of the page's language", () => {
  assert.equal(locale, "en-GB");
  assert.equal(formatTime("2026-11-20T16:40:12.480Z", "date"), "21 Nov 2026");
  assert.equal(formatTime("2026-11-20T16:40:12.480Z", "seconds"), "01:40:12");
  assert.equal(formatTime(Date.parse("2026-11-20T16:40:12.480Z"), "short"), "01:40");
});

test("how long ago is said in minutes from 90 s on, then in the largest unit of which there are two or more", () => {
  const texts = [-5, 0, 1, 59, 89, 90, 120, 7199, 7200, 172_799, 172_800].map(formatAgo);
  assert.deepEqual(texts, ["now", "now", "1 second ago", "59 seconds ago", "89 seconds ago", "1 minute ago", "2 minutes ago",
    "119 minutes ago", "2 hours ago", "47 hours ago", "2 days ago"]);
});

test("how long ago counts by the backend's clock", () => {
  const at = Date.now() + AHEAD - 600_500;
  assert.equal(formatTime(at, "ago"), "10 minutes ago");
});
