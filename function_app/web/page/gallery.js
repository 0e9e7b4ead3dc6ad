// The page: signs in, shows the newest photos day by day, and keeps looking for new ones.

import { listCameras, listPhotos, SignedOut, signIn, signOut, whoAmI } from "./api.js";
import { openAccount } from "./account.js";
import { countAlerts, forgetAlerts, openAlerts } from "./alerts.js";
import { day, describe, element, show, timeIsUncertain, timeOfDay } from "./media.js";
import { openPhoto, photosChanged, viewerOffers } from "./viewer.js";

const PAGE = 50;
const PAGES = 20; // asked for at the most until one is full, where few photos are what was asked for
const LOOK_AGAIN = 15_000; // ms; only while the page is looked at, since each look costs a call

const byId = (id) => document.getElementById(id);

let photos = []; // newest first, as shown
let cursor = null;
let looking = null;
let me = null;
let leaving = false; // by one's own wish
let choice = 0; // counts the changes of what is asked for

// What the page is asked for: days and hours count as they are where the page is looked at.
function sieve() {
  const from = byId("since").value && new Date(`${byId("since").value}T00:00`);
  const to = byId("until").value && new Date(`${byId("until").value}T00:00`);
  if (to) to.setDate(to.getDate() + 1);
  const hours = { time_from: byId("time-from").value, time_to: byId("time-to").value };
  const zone = (hours.time_from || hours.time_to) && Intl.DateTimeFormat().resolvedOptions().timeZone;
  return {
    camera: byId("camera").value, trigger: byId("trigger").value,
    from: from && from.toISOString(), to: to && to.toISOString(), ...hours, zone,
  };
}

const daysAreReversed = () =>
  Boolean(byId("since").value && byId("until").value) && byId("since").value > byId("until").value;

const isSieved = () => Object.values(sieve()).some(Boolean);

async function showNewest() {
  if (!me) {
    me = await whoAmI();
    viewerOffers(me.scopes, { remove: forget });
    offerCameras(await listCameras());
  }
  const asked = choice;
  const page = daysAreReversed() ? { photos: [], next_cursor: null }
    : await listPhotos({ ...sieve(), limit: PAGE }, photos.length > 0 ? 1 : PAGES);
  if (asked !== choice) return; // somebody chose otherwise meanwhile
  const known = new Set(photos.map((photo) => photo.id));
  const fresh = page.photos.filter((photo) => !known.has(photo.id));
  // A late photo (from a backlog) belongs further down; and where more than a page has come since,
  // there would be a gap. Both are rare: start again from the top then.
  const onTop = photos.length === 0 || fresh.every((photo) => photo.captured_at >= photos[0].captured_at);
  if (!onTop || fresh.length === page.photos.length) {
    photos = page.photos;
    cursor = page.next_cursor;
    render();
  } else if (fresh.length > 0) {
    photos.unshift(...fresh);
    render();
  }
  signedIn();
}

async function showOlder() {
  const asked = choice;
  const page = await listPhotos({ ...sieve(), limit: PAGE, cursor }, PAGES);
  if (asked !== choice) return;
  photos.push(...page.photos);
  cursor = page.next_cursor;
  render();
}

// Photos that are on the page already keep their element, so that nothing flickers or loads twice.
function render() {
  const cards = new Map([...document.querySelectorAll(".photo")].map((card) => [card.dataset.id, card]));
  const days = new Map();
  for (const photo of photos) {
    if (!days.has(day(photo))) days.set(day(photo), element("div", { className: "photos" }));
    days.get(day(photo)).append(cards.get(photo.id) ?? card(photo));
  }
  byId("days").replaceChildren(
    ...[...days].map(([name, grid]) => element("section", {}, element("h2", {}, name), grid)),
  );
  byId("older").hidden = cursor === null;
  byId("summary").textContent = photos.length > 0 ? `Newest: ${timeOfDay(photos[0])}` : "";
  byId("nothing").textContent = !isSieved() ? "No photos yet: the first one appears here by itself."
    : daysAreReversed() ? "The first day is after the last one: no photo lies between them."
    : cursor ? "No such photos among the newest ones; there are older ones to look through." : "No such photos.";
  byId("nothing").hidden = photos.length > 0;
  byId("all").hidden = !isSieved();
  offerCameras(photos.map((photo) => photo.camera));
  photosChanged();
}

function card(photo) {
  const label = element("span", { className: "label" },
    element("b", {}, photo.camera),
    element("time", { dateTime: photo.captured_at }, timeOfDay(photo)));
  if (timeIsUncertain(photo)) label.append(element("i", { title: "The device's clock was not set." }, "time uncertain"));
  const made = element("button", { type: "button", className: "photo", title: photo.id }, show(photo, { full: false }), label);
  made.dataset.id = photo.id;
  made.setAttribute("aria-label", `Open ${describe(photo)}`);
  made.addEventListener("click", () => openPhoto(() => photos, photo));
  return made;
}

function offerCameras(names) {
  const choice = byId("camera");
  const offered = new Set([...choice.options].map((option) => option.value));
  for (const name of [...new Set(names)].sort()) {
    if (!offered.has(name)) choice.append(element("option", { value: name }, name));
  }
  byId("camera-choice").hidden = choice.options.length < 3;
}

// A photo that was deleted in the viewer.
function forget(photo) {
  photos = photos.filter((one) => one.id !== photo.id);
  render();
}

// A camera that was removed with its photos. If it was chosen, all cameras are.
function forgetCamera(name) {
  [...byId("camera").options].find((option) => option.value === name)?.remove();
  choose();
}

function signedIn() {
  byId("sign-in").hidden = true;
  showTools(true);
}

function showTools(shown) {
  for (const tools of document.querySelectorAll(".tools")) tools.hidden = !shown;
}

function askToSignIn() {
  clearTimeout(looking);
  byId("sign-in-problem").textContent = me && !leaving ? "You were signed out. Sign in again to go on." : "";
  leaving = false;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  forgetAlerts();
  photos = [];
  cursor = null;
  byId("days").replaceChildren();
  byId("older").hidden = true;
  me = null;
  showTools(false);
  for (const option of [...byId("camera").options].slice(1)) option.remove();
  byId("choice").reset();
  byId("nothing").hidden = true;
  byId("summary").textContent = "";
  byId("sign-in").hidden = false;
  byId("password").focus();
}

// Where there is room, what to choose by lies open; on a phone it would push the photos out of sight.
const roomy = matchMedia("(min-width: 600px)"); // as in gallery.css

function unfold() {
  byId("sieve").open = roomy.matches;
}

function leave() {
  leaving = true;
  askToSignIn();
}

function choose() {
  choice += 1;
  photos = [];
  cursor = null;
  attempt(showNewest);
}

// Every call goes through here: what goes wrong is said on the page, never only in the console.
async function attempt(action) {
  try {
    await action();
    byId("notice").hidden = true;
  } catch (problem) {
    if (problem instanceof SignedOut) return askToSignIn();
    byId("notice").textContent = problem.message;
    byId("notice").hidden = false;
  }
}

async function keepLooking() {
  clearTimeout(looking);
  if (document.visibilityState === "hidden") return;
  looking = setTimeout(keepLooking, LOOK_AGAIN);
  await attempt(async () => { await showNewest(); await countAlerts(); });
}

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("sign-in-problem").textContent = "";
  try {
    await signIn(byId("name").value.trim(), byId("password").value);
    byId("password").value = "";
    await keepLooking();
  } catch (problem) {
    byId("sign-in-problem").textContent = problem.message;
  }
});
byId("sign-out").addEventListener("click", () => attempt(async () => { await signOut(); leave(); }));
byId("older").addEventListener("click", () => attempt(showOlder));
byId("alerts").addEventListener("click", () => attempt(openAlerts));
byId("account").addEventListener("click", () => openAccount(me, leave, forgetCamera));
byId("choice").addEventListener("submit", (event) => event.preventDefault());
byId("choice").addEventListener("change", choose);
byId("choice").addEventListener("reset", () => setTimeout(() => me && choose())); // once it is reset
document.addEventListener("visibilitychange", keepLooking);
roomy.addEventListener("change", unfold);

unfold();
keepLooking();
