// The page of one photo: leafing by keys and by swiping without a new page, zoom, and what can be done with it.

import { RequestError, SignedOutError } from "./api.js";
import { byId, messageOf } from "./dom.js";
import { sendInPlace } from "./in_place.js";
import { setUpActions } from "./photo_actions.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { rewriteTimes } from "./times.js";
import { rememberPhoto, returnToList } from "./visited.js";

/** @import { Zoom } from "./zoom.js" */

const KEYS = /** @type {Record<string, string>} */ ({
  ArrowLeft: "older", j: "older", ArrowRight: "newer", k: "newer", Home: "oldest", End: "newest",
});
const SWIPE = 60; // px across, and less than half of it down

let asked = 0; // counts what was asked for, so that a late page is dropped
let showsBox = true; // where the motion was
/** @type {Zoom | null} */
let zoom = null;
/** @type {Map<string, HTMLImageElement>} the neighbours' pictures, so that they stay in memory */
let preloaded = new Map();

const article = () => byId("photo");
const photoId = () => article().dataset.id ?? "";

/** Show another photo in place of this one. Back still leads to where one came from. @param {string} url */
async function open(url) {
  asked += 1;
  const version = asked;
  try {
    const response = await fetch(url, { credentials: "same-origin" }).catch((cause) => {
      throw new Error(t("photo.script.unreachable"), { cause });
    });
    if (response.redirected && new URL(response.url).pathname === "/sign-in") return askToSignIn();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const wanted = page.getElementById("photo");
    if (version !== asked) return undefined;
    if (!wanted) throw new Error(page.querySelector("h1")?.textContent ?? response.statusText);
    show(document.importNode(wanted, true), page.title);
    history.replaceState(null, "", new URL(response.url).pathname + new URL(response.url).search);
  } catch (problem) {
    if (version !== asked) return undefined;
    say(messageOf(problem));
  }
  return undefined;
}

/** @param {string} text */
function say(text) {
  byId("notice").textContent = text;
  byId("notice").hidden = false;
}

/** @param {HTMLElement} wanted @param {string} title */
function show(wanted, title) {
  const focused = article().contains(document.activeElement) ? document.activeElement?.id : "";
  const wasOpen = article().querySelector("details")?.open;
  keepBoxHidden(wanted);
  article().replaceWith(wanted);
  document.title = title;
  byId("notice").hidden = true;
  const details = wanted.querySelector("details");
  if (details && wasOpen) details.open = true;
  if (focused) (document.getElementById(focused) ?? byId("back")).focus({ preventScroll: true });
  setUp();
}

/** Hide where the motion was in the wanted photo, too, if it is hidden. @param {HTMLElement} wanted */
function keepBoxHidden(wanted) {
  const [before, after] = [article(), wanted].map((one) => one.querySelector("#show-box"));
  if (before instanceof HTMLInputElement) showsBox = before.checked;
  if (after instanceof HTMLInputElement) after.checked = showsBox;
}

/** Do what the shown photo needs. */
function setUp() {
  rememberPhoto(photoId());
  rewriteTimes(document);
  const shown = document.querySelector("#picture img, #picture video");
  shown?.addEventListener("error", () => byId("picture").classList.add("missing"));
  // It may have failed before this script ran.
  if (shown instanceof HTMLImageElement && shown.complete && !shown.naturalWidth) retry(shown);
  if (shown instanceof HTMLImageElement && !shown.complete) shown.addEventListener("load", preload);
  else preload();
  sayWhyLate();
  setUpActions(() => open(location.pathname + location.search));
}

/** Load the neighbours' pictures, once the shown one is there. Browsers that save data do without. */
function preload() {
  if (/** @type {{ connection?: { saveData?: boolean } }} */ (navigator).connection?.saveData) return;
  const next = new Map();
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-preload]"))) {
    const url = link.dataset.preload ?? "";
    const image = preloaded.get(url) ?? new Image();
    if (!image.src) image.src = url;
    next.set(url, image);
  }
  preloaded = next;
}

/** Say why a photo came late. Nobody misses it where it is not known. */
async function sayWhyLate() {
  const place = document.getElementById("why");
  const response = place && await fetch(`/photos/${photoId()}?why`, { credentials: "same-origin" }).catch(() => null);
  if (!place || !response?.ok || response.redirected) return;
  place.textContent = new DOMParser().parseFromString(await response.text(), "text/html").body.textContent;
}

/** Find out whether a picture really cannot be shown. @param {HTMLImageElement} image */
function retry(image) {
  image.src = image.getAttribute("src") ?? "";
}

/** Return to where one came from, or to the list. */
function leave() {
  returnToList();
  const from = document.referrer ? new URL(document.referrer) : null;
  // A form of this page leads to it anew.
  if (from?.origin === location.origin && from.pathname !== location.pathname && from.pathname !== "/sign-in" && history.length > 1) history.back();
  else location.assign(byId("back", HTMLAnchorElement).href);
}

/** @param {string} id of a link to another photo */
function leaf(id) {
  const link = document.getElementById(id);
  if (link instanceof HTMLAnchorElement && link.href) open(link.href); // at an end of the list it leads nowhere
}

async function enlarge() {
  try {
    const { openZoom } = await import("./zoom.js"); // with the library, which few visits need
    zoom = await openZoom(article(), (id) => open(`/photos/${id}${article().dataset.query ?? ""}`), () => { zoom = null; });
    byId("notice").hidden = true;
  } catch (problem) {
    if (problem instanceof SignedOutError) askToSignIn();
    else say(problem instanceof RequestError ? problem.message : t("photo.script.unreachable"));
  }
}

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  // While a dialog waits, the focus may be nowhere.
  if (target?.closest("input:not([type='checkbox']), select, textarea, video") || document.querySelector("dialog[open]:not(.pswp)")) return;
  const id = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (zoom) {
    if (event.key === "j" || event.key === "k") zoom.step(event.key === "j" ? -1 : 1);
  } else if (event.key === "Escape") leave();
  else if (id) {
    event.preventDefault(); // Home and End scroll
    leaf(id);
  }
});

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element)) return;
  const link = event.target.closest("#photo a");
  if (!link) return;
  if (link.id === "picture") {
    event.preventDefault();
    enlarge();
  } else if (link.id === "back") {
    event.preventDefault();
    leave();
  } else if (link instanceof HTMLAnchorElement && ["newer", "older", "newest", "oldest"].includes(link.id)) {
    event.preventDefault();
    leaf(link.id);
  }
});

/** @type {Touch | null} */
let touched = null;
document.addEventListener("touchstart", (event) => {
  const isPicture = event.target instanceof Element && event.target.closest("a.picture");
  touched = isPicture && event.touches.length === 1 ? event.touches[0] ?? null : null;
}, { passive: true });
document.addEventListener("touchend", (event) => {
  const end = event.changedTouches[0];
  if (!touched || !end || zoom) return;
  const across = end.clientX - touched.clientX;
  if (Math.abs(across) > SWIPE && Math.abs(end.clientY - touched.clientY) < Math.abs(across) / 2) leaf(across > 0 ? "older" : "newer");
}, { passive: true });

setUp();
if (document.getElementById("answer")) sendInPlace(() => {}); // who may share
