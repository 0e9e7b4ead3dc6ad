// The page of a day: the calendar in place, the slider of the lanes, and new photos of today.

import { call, SignedOutError } from "./api.js";
import { paint, setUpChoice } from "./choose.js";
import { byId, dialog, form, morph } from "./dom.js";
import { bodyOf, follow } from "./follow.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { retryThumbnails } from "./thumbnails.js";
import { formatTime, rewriteTimes } from "./times.js";

const MINUTE = 60_000; // ms

const day = byId("day");
const calendar = dialog("calendar");
const filter = form("filter");
const start = Date.parse(day.dataset.start ?? "");
/** @type {Element | null} what the pointer is on */
let underPointer = null;

/** Whether the browser follows a link as it would without this page's script. @param {MouseEvent} event */
const isForBrowser = (event) => event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

// The page was made in UTC, since the browser had not said its zone: now it has.
if (!document.documentElement.dataset.zone && /(^|;\s*)zone=/.test(document.cookie)) location.reload();

// -- New photos -------------------------------------------------------------------------------------------------------

/** Return where the part of a page is that its script reads. @param {string} path */
function partOf(path) {
  const url = new URL(path, location.href);
  url.searchParams.set("part", "");
  return url.pathname + url.search;
}

/** @param {HTMLElement} wanted */
function show(wanted) {
  for (const { id, open } of day.querySelectorAll("details")) wanted.querySelector(`#${CSS.escape(id)}`)?.toggleAttribute("open", open);
  keepInPlace(() => {
    morph(day, wanted);
    rewriteTimes(day);
    showSlider();
    paint();
    markMissing();
  });
}

/** Change the page so that what has the focus, is under the pointer, or is looked at stays where it is. @param {() => void} change */
function keepInPlace(change) {
  const kept = anchor();
  const before = kept?.getBoundingClientRect().top ?? 0;
  change();
  if (kept?.isConnected) scrollBy({ top: kept.getBoundingClientRect().top - before, behavior: "instant" });
}

function anchor() {
  const events = byId("events");
  for (const one of [underPointer, document.activeElement]) if (one?.isConnected && events.contains(one)) return one;
  if (events.getBoundingClientRect().top > 0) return null; // the newest ones are in sight, and may move
  return [...events.querySelectorAll(".event")].find((one) => one.getBoundingClientRect().bottom > 0) ?? null;
}

// -- The slider -------------------------------------------------------------------------------------------------------

const slider = () => /** @type {HTMLInputElement | null} */ (document.getElementById("slider"));

function showSlider() {
  document.getElementById("slider-label")?.removeAttribute("hidden");
}

/** Say what each camera did at a minute of the day. @param {number} minute */
function describe(minute) {
  const range = slider();
  if (!range) return;
  const lines = [...day.querySelectorAll("svg.lanes [role='list']")].map((lane) => {
    const bars = [...lane.querySelectorAll("rect")].filter(({ dataset }) => Number(dataset.first) <= minute && minute < Number(dataset.end));
    const bar = bars.at(-1); // a photo's lies on that of a silence
    return `${lane.getAttribute("aria-label")}, ${bar?.getAttribute("aria-label") ?? t("day.script.nothing_known")}`;
  });
  const text = [formatTime(start + minute * MINUTE, "short"), ...lines].join("\n");
  byId("at").textContent = text;
  range.setAttribute("aria-valuetext", text);
}

/** Show the event that was going on at a minute of the day, or the last one before. @param {number} minute */
function goTo(minute) {
  const end = start + (minute + 1) * MINUTE - 1;
  const events = /** @type {HTMLElement[]} */ ([...day.querySelectorAll(".event")]);
  const found = events.find((one) => Date.parse(one.dataset.first ?? "") <= end);
  const isCut = document.getElementById("continues") !== null;
  if (found && !(document.getElementById("later") && found === events[0])) found.scrollIntoView({ block: "start" });
  else if (isCut || document.getElementById("later")) {
    const url = new URL(location.href);
    url.searchParams.set("from", new Date(end).toISOString());
    location.assign(url);
  }
}

day.addEventListener("input", (event) => {
  if (event.target === slider()) describe(Number(slider()?.value));
});
day.addEventListener("change", (event) => {
  if (event.target === slider()) goTo(Number(slider()?.value));
});
day.addEventListener("click", (event) => {
  const picture = event.target instanceof SVGRectElement ? event.target.closest("svg.lanes") : null;
  const range = slider();
  if (!picture || !range) return;
  const box = picture.getBoundingClientRect();
  const minute = Math.floor(((event.clientX - box.left) / box.width) * Number(range.max));
  range.value = String(minute);
  describe(minute);
});
// Of each lane the Tab key reaches one bar; the arrows lead to the others.
day.addEventListener("keydown", (event) => {
  const bar = event.target instanceof SVGRectElement ? event.target : null;
  const step = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key];
  const other = bar && step ? bar[/** @type {"nextElementSibling"} */ (step)] : null;
  if (!bar || !(other instanceof SVGRectElement)) return;
  event.preventDefault();
  bar.setAttribute("tabindex", "-1");
  other.setAttribute("tabindex", "0");
  other.focus();
});
day.addEventListener("pointerover", (event) => { underPointer = event.target instanceof Element ? event.target.closest(".event") : null; });
day.addEventListener("pointerleave", () => { underPointer = null; });

// -- The calendar -----------------------------------------------------------------------------------------------------

/** @param {string} path */
async function showMonth(path) {
  const body = await bodyOf(await call(partOf(path), { cache: "no-store" }));
  byId("month").replaceChildren(...body.childNodes);
  rewriteTimes(calendar);
  if (!calendar.open) calendar.showModal();
  byId("calendar-title").focus();
}

/** Show a month in place; where that fails, as the page that it is. @param {string} path */
function openMonth(path) {
  showMonth(path).catch((problem) => {
    if (problem instanceof SignedOutError) askToSignIn();
    else location.assign(path);
  });
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || isForBrowser(event) || link.pathname !== "/days") return;
  if (link.id !== "open-calendar" && !calendar.contains(link)) return;
  event.preventDefault();
  openMonth(link.pathname + link.search);
});
calendar.addEventListener("click", (event) => {
  if (event.target === calendar) calendar.close(); // beside it
});
byId("close-calendar").addEventListener("click", () => calendar.close());
calendar.addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = /** @type {[string, string][]} */ ([...new FormData(/** @type {HTMLFormElement} */ (event.target))]);
  openMonth(`/days?${new URLSearchParams(fields)}`);
});

// -- The beginning ----------------------------------------------------------------------------------------------------

for (const choice of filter.querySelectorAll("select")) choice.addEventListener("change", () => filter.requestSubmit());
showSlider();
const markMissing = retryThumbnails(day);
day.querySelector("details[open]")?.closest(".event")?.scrollIntoView({ block: "start" });
const look = follow(day, () => partOf(location.href), show, { byItself: "today" in day.dataset });
setUpChoice(look);
