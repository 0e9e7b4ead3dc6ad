// The page: signs in, shows the newest photos day by day, and looks for new ones.

import { getSession, listCameras, listPhotos, SignedOutError, signIn, signOut } from "./api.js";
import { openAccount } from "./account.js";
import { closeAlerts, countAlerts, openAlerts } from "./alerts.js";
import { byId, element, form, input, messageOf, report, select } from "./dom.js";
import { day, describe, showSmall, timeIsUncertain, timeOfDay } from "./media.js";
import { resetState, state } from "./state.js";
import { openPhoto, setUpViewer, updateNeighbours } from "./viewer.js";

/** @import { Photo } from "./api.js" */

const PAGE_SIZE = 50;
const MAX_PAGES = 20; // read at once, where few photos match the filter
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
    addCameraOptions(await listCameras());
  }
  const version = state.requestVersion;
  const page = daysAreReversed() ? { photos: [], next_cursor: null }
    : await listPhotos({ ...filter(), limit: PAGE_SIZE }, state.photos.length > 0 ? 1 : MAX_PAGES);
  if (version !== state.requestVersion) return; // the filter was changed meanwhile
  const shownIds = new Set(state.photos.map((photo) => photo.id));
  const fresh = page.photos.filter((photo) => !shownIds.has(photo.id));
  // A late photo (from a backlog) belongs further down, and more than a page of new ones would leave a
  // gap. Both are rare: start again from the top then.
  const [top] = state.photos;
  const belongOnTop = !top || fresh.every((photo) => photo.captured_at >= top.captured_at);
  if (!belongOnTop || fresh.length === page.photos.length) {
    state.photos = page.photos;
    state.cursor = page.next_cursor;
    render();
  } else if (fresh.length > 0) {
    state.photos.unshift(...fresh);
    render();
  }
  byId("sign-in").hidden = true;
  showTools(true);
}

async function showOlder() {
  const version = state.requestVersion;
  const page = await listPhotos({ ...filter(), limit: PAGE_SIZE, cursor: state.cursor }, MAX_PAGES);
  if (version !== state.requestVersion) return;
  state.photos.push(...page.photos);
  state.cursor = page.next_cursor;
  render();
}

/** Show the photos. Those that are on the page already keep their element: nothing flickers or loads twice. */
function render() {
  /** @type {NodeListOf<HTMLElement>} */
  const shown = document.querySelectorAll(".photo");
  const cards = new Map([...shown].map((one) => [one.dataset.id, one]));
  /** @type {Map<string, HTMLElement>} */
  const grids = new Map();
  for (const photo of state.photos) {
    const grid = grids.get(day(photo)) ?? element("div", { className: "photos" });
    grids.set(day(photo), grid);
    grid.append(cards.get(photo.id) ?? card(photo));
  }
  byId("days").replaceChildren(
    ...[...grids].map(([name, grid]) => element("section", {}, element("h2", {}, name), grid)),
  );
  byId("older").hidden = state.cursor === null;
  byId("summary").textContent = state.photos[0] ? `Newest: ${timeOfDay(state.photos[0])}` : "";
  byId("nothing").textContent = whyEmpty();
  byId("nothing").hidden = state.photos.length > 0;
  byId("all").hidden = !isFiltered();
  addCameraOptions(state.photos.map((photo) => photo.camera));
  updateNeighbours();
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
