// The page: signs in, shows the newest photos day by day, and looks for new ones.

import { getSession, listCameras, listPhotos, SignedOutError, signIn, signOut } from "./api.js";
import { openAccount } from "./account.js";
import { closeAlerts, countAlerts, openAlerts } from "./alerts.js";
import { byId, element, form, input, messageOf, moment, report, select, setChildren } from "./dom.js";
import { day, describe, showSmall, timeIsUncertain, timeOfDay } from "./media.js";
import { addPhotos, belongsToShown, isShown, resetState, state } from "./state.js";
import { openPhoto, setUpViewer, updateNeighbours } from "./viewer.js";

/** @import { Photo } from "./api.js" */

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 200; // of the API
const MAX_PAGES = 20; // read at once, where few photos match the filter
const CLOCK_TOLERANCE = 300_000; // ms; a device whose clock differs by more reports it as an alert
const POLL_INTERVAL = 15_000; // ms; only while the page is visible, since each poll costs a call

/** @type {ReturnType<typeof setTimeout> | undefined} */
let pollTimer;

/** Return the chosen filter. Days and hours are those of the zone in which the page is read. */
function filter() {
  const from = input("since").value && new Date(`${input("since").value}T00:00`);
  const to = input("until").value && new Date(`${input("until").value}T00:00`);
  if (to) to.setDate(to.getDate() + 1);
  const hours = { time_from: input("time-from").value, time_to: input("time-to").value };
  const hasHours = hours.time_from || hours.time_to;
  return {
    camera: select("camera").value,
    trigger: select("trigger").value,
    from: from && from.toISOString(),
    to: to && to.toISOString(),
    ...hours,
    zone: hasHours && Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

const isFiltered = () => Object.values(filter()).some(Boolean);

const daysAreReversed = () =>
  Boolean(input("since").value && input("until").value) && input("since").value > input("until").value;

async function showNewest() {
  if (!state.session) {
    state.session = await getSession();
    setUpViewer(state.session.scopes, removeFromList);
    byId("photo-now").hidden = !state.session.scopes.includes("control");
    addCameraOptions(await listCameras());
  }
  const version = state.requestVersion;
  const isFirst = state.photos.length === 0;
  const read = isFirst ? await readFirst() : await readNew();
  if (version !== state.requestVersion) return; // the filter was changed meanwhile
  if (!read.isJoined) {
    state.photos = [];
    state.cursor = read.next_cursor;
  }
  const hasNew = addPhotos(read.photos);
  if (isFirst || hasNew) render();
  byId("sign-in").hidden = true;
  showTools(true);
}

async function readFirst() {
  const page = daysAreReversed() ? { photos: [], next_cursor: null }
    : await listPhotos({ ...filter(), limit: PAGE_SIZE }, MAX_PAGES);
  return { ...page, isJoined: false };
}

/**
 * Read the list from its top, as far as it is shown: a late photo belongs further down. Read on while there are new
 * photos. `isJoined` is false if they are too many to reach those that are shown: the list then begins anew.
 */
async function readNew() {
  const limit = Math.min(Math.max(state.photos.length, PAGE_SIZE), MAX_PAGE_SIZE);
  /** @type {Photo[]} */
  const photos = [];
  /** @type {string | null} */
  let cursor = null;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await listPhotos({ ...filter(), limit, cursor }, 1);
    photos.push(...page.photos.filter(belongsToShown));
    cursor = page.next_cursor;
    if (cursor === null || page.photos.every((photo) => isShown(photo) || !belongsToShown(photo))) {
      return { photos, next_cursor: cursor, isJoined: true };
    }
  }
  return { photos, next_cursor: cursor, isJoined: false };
}

async function showOlder() {
  const version = state.requestVersion;
  const page = await listPhotos({ ...filter(), limit: PAGE_SIZE, cursor: state.cursor }, MAX_PAGES);
  if (version !== state.requestVersion) return;
  state.cursor = page.next_cursor;
  addPhotos(page.photos);
  render();
}

/** Show the photos. Those that are on the page already stay where they are on the screen, and keep the focus. */
function render() {
  /** @type {NodeListOf<HTMLElement>} */
  const found = document.querySelectorAll(".photo");
  const shown = [...found];
  const cards = new Map(shown.map((one) => [one.dataset.id, one]));
  const sections = new Map([...byId("days").children].map((one) => [one.firstElementChild?.textContent, one]));
  /** @type {Map<string, HTMLElement[]>} */
  const days = new Map();
  for (const photo of state.photos) {
    const ofDay = days.get(day(photo)) ?? [];
    days.set(day(photo), ofDay);
    ofDay.push(cards.get(photo.id) ?? card(photo));
  }
  const inView = scrollY > 0 ? shown.find((one) => one.getBoundingClientRect().bottom > 0) : undefined;
  const top = inView?.getBoundingClientRect().top ?? 0;
  setChildren(byId("days"), [...days].map(([name, ofDay]) => {
    const section = sections.get(name)
      ?? element("section", {}, element("h2", {}, name), element("div", { className: "photos" }));
    if (section.lastElementChild) setChildren(section.lastElementChild, ofDay);
    return section;
  }));
  if (inView?.isConnected) scrollBy({ top: inView.getBoundingClientRect().top - top, behavior: "instant" });
  byId("older").hidden = state.cursor === null;
  byId("summary").textContent = newestTime();
  byId("nothing").textContent = whyEmpty();
  byId("nothing").hidden = state.photos.length > 0;
  byId("all").hidden = !isFiltered();
  addCameraOptions(state.photos.map((photo) => photo.camera));
  updateNeighbours();
}

/** Say when the newest photo was taken. A photo of the future has a wrong time: it is not the newest. */
function newestTime() {
  const newest = state.photos.find((photo) => Date.parse(photo.captured_at) <= Date.now() + CLOCK_TOLERANCE);
  if (!newest) return "";
  const isToday = new Date(newest.captured_at).toDateString() === new Date().toDateString();
  return `Newest: ${isToday ? timeOfDay(newest) : moment(newest.captured_at, { dateStyle: "medium", timeStyle: "medium" })}`;
}

function whyEmpty() {
  if (!isFiltered()) return "No photos yet: the first one appears here by itself.";
  if (daysAreReversed()) return "The start date is after the end date.";
  return state.cursor ? "No such photos among the newest ones; there are older ones to look through." : "No such photos.";
}

/** @param {Photo} photo */
function card(photo) {
  const label = element("span", { className: "label" },
    element("b", {}, photo.camera),
    element("time", { dateTime: photo.captured_at }, timeOfDay(photo)));
  if (timeIsUncertain(photo)) label.append(element("i", { title: "The device's clock was not set." }, "time uncertain"));
  const made = element("button", { type: "button", className: "photo", title: photo.id }, showSmall(photo), label);
  made.dataset.id = photo.id;
  made.setAttribute("aria-label", `Open ${describe(photo)}`);
  made.addEventListener("click", () => openPhoto(photo));
  return made;
}

/** @param {string[]} names */
function addCameraOptions(names) {
  const cameras = select("camera");
  const present = new Set([...cameras.options].map((option) => option.value));
  for (const name of [...new Set(names)].sort()) {
    if (!present.has(name)) cameras.append(element("option", { value: name }, name));
  }
  byId("camera-choice").hidden = cameras.options.length < 3;
}

/** @param {Photo} photo that was deleted */
function removeFromList(photo) {
  state.photos = state.photos.filter((one) => one.id !== photo.id);
  render();
}

/** Forget a camera that was removed. If it was chosen, the filter is all cameras now. @param {string} name */
function onCameraRemoved(name) {
  [...select("camera").options].find((option) => option.value === name)?.remove();
  onFilterChanged();
}

/** @param {boolean} areShown */
function showTools(areShown) {
  /** @type {NodeListOf<HTMLElement>} */
  const tools = document.querySelectorAll(".tools");
  for (const one of tools) one.hidden = !areShown;
}

/** Show the sign-in form, and nothing of what the last session saw. @param {string} [reason] */
function askToSignIn(reason = "") {
  clearTimeout(pollTimer);
  byId("sign-in-problem").textContent = reason;
  /** @type {NodeListOf<HTMLDialogElement>} */
  const dialogs = document.querySelectorAll("dialog[open]");
  for (const one of dialogs) one.close();
  closeAlerts();
  resetState();
  byId("days").replaceChildren();
  byId("older").hidden = true;
  showTools(false);
  for (const option of [...select("camera").options].slice(1)) option.remove();
  form("choice").reset();
  byId("nothing").hidden = true;
  byId("summary").textContent = "";
  byId("sign-in").hidden = false;
  input("password").focus();
}

function onFilterChanged() {
  state.requestVersion += 1;
  state.photos = [];
  state.cursor = null;
  attempt(showNewest);
}

/**
 * Run an action; whatever goes wrong is shown on the page, never only in the console.
 *
 * @param {() => unknown} action
 */
async function attempt(action) {
  try {
    await action();
    byId("notice").hidden = true;
  } catch (problem) {
    if (problem instanceof SignedOutError) {
      askToSignIn(state.session ? "You were signed out. Sign in again to go on." : "");
      return;
    }
    byId("notice").textContent = messageOf(problem);
    byId("notice").hidden = false;
  }
}

async function poll() {
  clearTimeout(pollTimer);
  if (document.visibilityState === "hidden") return;
  pollTimer = setTimeout(poll, POLL_INTERVAL);
  await attempt(async () => { await showNewest(); await countAlerts(); });
}

// Where there is room, the filter is open; on a phone it would push the photos out of sight.
const hasRoom = matchMedia("(min-width: 600px)"); // as in gallery.css

function openFilter() {
  byId("filter", HTMLDetailsElement).open = hasRoom.matches;
}

form("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  report(byId("sign-in-problem"), async () => {
    await signIn(input("name").value.trim(), input("password").value);
    input("password").value = "";
    await poll();
  });
});
byId("sign-out").addEventListener("click", () => attempt(async () => { await signOut(); askToSignIn(); }));
byId("older").addEventListener("click", () => attempt(showOlder));
byId("alerts").addEventListener("click", () => attempt(openAlerts));
byId("photo-now").addEventListener("click", () => attempt(async () => {
  const { openPhotoNow } = await import("./photo_now.js"); // few visits need it
  await openPhotoNow(async (photo) => { await attempt(showNewest); openPhoto(photo); });
}));
byId("account").addEventListener("click", () =>
  state.session && openAccount(state.session, { onSignedOut: askToSignIn, onCameraRemoved }));
form("choice").addEventListener("submit", (event) => event.preventDefault());
form("choice").addEventListener("change", onFilterChanged);
// The event comes before the fields are empty.
form("choice").addEventListener("reset", () => setTimeout(() => state.session && onFilterChanged()));
document.addEventListener("visibilitychange", poll);
hasRoom.addEventListener("change", openFilter);

openFilter();
poll();
