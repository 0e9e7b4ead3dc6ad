// The live pictures of one camera, once a second while somebody looks.

import { contentUrl, SignedOutError, thumbnailUrl } from "./api.js";
import { getCameraStatus, getLivePicture, look, takePhoto, whyUnreachable } from "./commands.js";
import { byId, element, messageOf, report, whileBusy } from "./dom.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { formatAgo } from "./times.js";

/** @import { Photo } from "./api.js" */

const LOOK_INTERVAL = 60_000; // ms; the device sends pictures for two minutes after each
const PICTURE_INTERVAL = 1000; // ms
const RETRY_INTERVAL = 5000; // ms after a request that failed
const STALE_AFTER = 10; // seconds
const FIRST_AFTER = 30; // seconds; a device that nobody looks at reads its commands every 20 s
const IDLE_AFTER = 120_000; // ms without a touch

const camera = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const picture = byId("picture", HTMLCanvasElement);
/** Absent for who may only look. */
const take = /** @type {HTMLButtonElement | null} */ (document.getElementById("take"));

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let lookedAt = -Infinity; // these are milliseconds of performance.now()
let touchedAt = performance.now();
/** @type {number | null} */
let takenAt = null;
let startedAt = touchedAt;
let shownVersion = "";
let why = ""; // the device cannot be asked, as of the last look
let round = 0; // counts the starts, so that what an earlier one still waits for is dropped

function start() {
  stop();
  if (document.visibilityState === "hidden") return;
  byId("resume").hidden = true;
  touchedAt = startedAt = performance.now();
  byId("state").textContent = t("live.script.asking");
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
    byId("state").textContent = t("live.script.paused");
    byId("age").textContent = ""; // nobody counts it meanwhile
    picture.classList.add("stale");
    byId("resume").hidden = false;
    return;
  }
  let interval = PICTURE_INTERVAL;
  try {
    await show(current);
    if (current !== round) return;
    byId("problem").textContent = "";
    showAge();
  } catch (problem) {
    interval = RETRY_INTERVAL;
    if (current !== round) return;
    if (problem instanceof SignedOutError) {
      stop();
      askToSignIn();
      return;
    }
    byId("problem").textContent = messageOf(problem);
    showAge();
    byId("state").textContent = ""; // the problem says more
  }
  timer = setTimeout(() => tick(current), Math.max(0, interval - (performance.now() - began)));
}

/** Look if it is time to, and draw the picture if there is a new one. @param {number} current */
async function show(current) {
  if (performance.now() - lookedAt >= LOOK_INTERVAL) {
    await look(camera);
    lookedAt = performance.now();
    const status = await getCameraStatus(camera);
    if (current !== round) return;
    why = whyUnreachable(camera, status);
    if (take) take.disabled = why !== "";
  }
  const found = await getLivePicture(camera);
  if (!found || current !== round || found.version === shownVersion) return;
  // A canvas, since the page's policy allows no pictures from elsewhere, and so no blob: addresses.
  const bitmap = await createImageBitmap(found.content);
  picture.width = bitmap.width;
  picture.height = bitmap.height;
  picture.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  picture.hidden = false;
  byId("still").hidden = true;
  shownVersion = found.version;
  takenAt = performance.now() - found.age * 1000;
  if (found.age < STALE_AFTER) why = "";
}

function showAge() {
  const age = takenAt === null ? null : Math.max(0, Math.round((performance.now() - takenAt) / 1000));
  const waited = Math.round((performance.now() - startedAt) / 1000);
  const isStale = age === null || age >= STALE_AFTER;
  picture.classList.toggle("stale", isStale);
  byId("age").textContent = age === null ? "" : formatAgo(age);
  if (!isStale) byId("state").textContent = "";
  else if (why) byId("state").textContent = why;
  else if (waited >= (age === null ? FIRST_AFTER : STALE_AFTER)) {
    byId("state").textContent = t(age === null ? "live.script.none_yet" : "live.script.none_new");
  } else if (age === null) byId("state").textContent = t("live.script.asking");
}

async function takeOne() {
  const place = element("p", { role: "status" });
  const problem = element("p", { className: "problem", role: "alert" });
  byId("photo").replaceChildren(place, problem);
  await report(problem, async () => {
    try {
      const photo = await takePhoto(camera, place);
      if (photo) byId("photo").append(element("a", { href: `/photos/${photo.id}` }, showPhoto(photo)));
    } catch (error) {
      place.textContent = "";
      throw error;
    }
  });
}

/** Make what shows a photo: a picture, a clip, or the preview of a DNG, which no browser draws. @param {Photo} photo */
function showPhoto(photo) {
  if (photo.content_type === "video/mp4") {
    return element("video", { src: contentUrl(photo), muted: true, controls: true, autoplay: true, playsInline: true });
  }
  const src = photo.content_type === "image/jpeg" ? contentUrl(photo) : thumbnailUrl(photo);
  return element("img", { src, alt: t("live.script.photo", { camera }), decoding: "async" });
}

byId("resume").addEventListener("click", start);
take?.form?.addEventListener("submit", (event) => {
  event.preventDefault();
  whileBusy(take, takeOne);
});
for (const kind of ["pointerdown", "pointermove", "keydown"]) {
  document.addEventListener(kind, () => { touchedAt = performance.now(); });
}
document.addEventListener("visibilitychange", () => {
  if (byId("resume").hidden) start();
});
start();
