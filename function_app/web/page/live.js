// The live pictures of one camera, once a second while somebody looks.

import { contentUrl, getSession, SignedOutError } from "./api.js";
import { getLivePicture, look, takePhoto } from "./commands.js";
import { byId, element, messageOf, report } from "./dom.js";
import { describe, showFull } from "./media.js";

const LOOK_INTERVAL = 60_000; // ms; the device sends pictures for two minutes after each
const PICTURE_INTERVAL = 1000; // ms
const STALE_AFTER = 10; // seconds
const IDLE_AFTER = 120_000; // ms without a touch

const camera = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const picture = byId("picture", HTMLCanvasElement);

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let lookedAt = -Infinity; // these are milliseconds of performance.now()
let touchedAt = performance.now();
/** @type {number | null} */
let takenAt = null;
let startedAt = touchedAt;
let shownVersion = "";
let round = 0; // counts the starts, so that what an earlier one still waits for is dropped

function start() {
  stop();
  if (document.visibilityState === "hidden") return;
  byId("resume").hidden = true;
  touchedAt = startedAt = performance.now();
  byId("state").textContent = "Asking the device for pictures\u2026 This can take half a minute.";
  tick(round);
}

function stop() {
  clearTimeout(timer);
  round += 1;
}

/** @param {number} current the round to which this belongs */
async function tick(current) {
  const began = performance.now();
  if (began - touchedAt >= IDLE_AFTER) {
    stop();
    byId("state").textContent = "Paused: nobody touched the page for two minutes.";
    byId("resume").hidden = false;
    return;
  }
  try {
    await show(current);
    if (current === round) byId("problem").textContent = "";
  } catch (problem) {
    if (current !== round) return;
    byId("problem").textContent = messageOf(problem);
    if (problem instanceof SignedOutError) {
      stop();
      byId("state").textContent = "Sign in on the gallery's page, then come back.";
      return;
    }
  }
  if (current !== round) return;
  showAge();
  timer = setTimeout(() => tick(current), Math.max(0, PICTURE_INTERVAL - (performance.now() - began)));
}

/** Look if it is time to, and draw the picture if there is a new one. @param {number} current */
async function show(current) {
  if (performance.now() - lookedAt >= LOOK_INTERVAL) {
    await look(camera);
    lookedAt = performance.now();
  }
  const found = await getLivePicture(camera);
  if (!found || current !== round || found.version === shownVersion) return;
  // A canvas, since the page's policy allows no pictures from elsewhere, and so no blob: addresses.
  const bitmap = await createImageBitmap(found.content);
  picture.width = bitmap.width;
  picture.height = bitmap.height;
  picture.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  shownVersion = found.version;
  takenAt = performance.now() - found.age * 1000;
}

function showAge() {
  const age = takenAt === null ? null : Math.max(0, Math.round((performance.now() - takenAt) / 1000));
  const waited = Math.round((performance.now() - startedAt) / 1000);
  const isStale = age === null || age >= STALE_AFTER;
  picture.classList.toggle("stale", isStale);
  byId("age").textContent = age === null ? "" : ago(age);
  if (!isStale) byId("state").textContent = "";
  else if (waited >= STALE_AFTER) {
    byId("state").textContent = age === null ? "No picture yet. Devices says whether the camera can send any."
      : "No new picture.";
  }
}

/** @param {number} seconds */
function ago(seconds) {
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

async function offerPhotos() {
  const { scopes } = await getSession();
  byId("take").hidden = !scopes.includes("control");
}

async function take() {
  const made = byId("take", HTMLButtonElement);
  const place = element("p", { role: "status" });
  const problem = element("p", { className: "problem", role: "alert" });
  byId("photo").replaceChildren(place, problem);
  made.disabled = true;
  await report(problem, async () => {
    try {
      const photo = await takePhoto(camera, place);
      if (photo) byId("photo").append(element("a", { href: contentUrl(photo), title: describe(photo) }, showFull(photo)));
    } catch (error) {
      place.textContent = "";
      throw error;
    }
  });
  made.disabled = false;
}

byId("camera").textContent = camera;
document.title = `${camera} live - Nightjar`;
picture.setAttribute("aria-label", `The live picture of ${camera}`);
byId("resume").addEventListener("click", start);
byId("take").addEventListener("click", take);
for (const kind of ["pointerdown", "pointermove", "keydown"]) {
  document.addEventListener(kind, () => { touchedAt = performance.now(); });
}
document.addEventListener("visibilitychange", () => {
  if (byId("resume").hidden) start();
});
report(byId("problem"), offerPhotos);
start();
