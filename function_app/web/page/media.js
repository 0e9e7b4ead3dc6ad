// How each kind of photo is shown: a picture, a clip, or the preview of a DNG, which no browser draws.

import { contentUrl, thumbnailUrl } from "./api.js";
import { element } from "./dom.js";

/** @import { Photo } from "./api.js" */

const MAX_TRIES = 10;
const RETRY_DELAY = 2000; // ms
const TRIGGERS = { motion: "motion", gpio: "contact", schedule: "schedule", demand: "on demand" };

/** @param {Photo} photo */
export const timeOfDay = (photo) => new Date(photo.captured_at).toLocaleTimeString([], { timeStyle: "medium" });

/** @param {Photo} photo */
export const day = (photo) => new Date(photo.captured_at).toLocaleDateString([], { dateStyle: "full" });

/** @param {Photo} photo */
export const describe = (photo) =>
  [photo.camera, timeOfDay(photo), photo.trigger && TRIGGERS[photo.trigger]].filter(Boolean).join(" \u00b7 ");

/**
 * Whether the device's clock was never set, so that the photo's time is a guess.
 *
 * @param {Photo} photo
 */
export const timeIsUncertain = (photo) => photo.clock === "unsynced";

/**
 * Say who sent a photo, as far as its signature tells; nothing for one of a camera without a key.
 *
 * @param {Photo} photo
 */
export function sentBy({ standing, device }) {
  if (standing === "verified") return `signed by ${device}`;
  return standing === "unknown" ? "unknown device" : "";
}

/**
 * Make what shows a photo in the list.
 *
 * @param {Photo} photo
 */
export function showSmall(photo) {
  if (photo.content_type === "image/jpeg") return thumbnail(photo);
  if (photo.content_type === "video/mp4") return element("span", { className: "clip" }, thumbnail(photo, () => clip(photo)));
  return rawPicture(photo);
}

/**
 * Make what shows a photo in full.
 *
 * @param {Photo} photo
 */
export function showFull(photo) {
  if (photo.content_type === "image/jpeg") return image(contentUrl(photo), photo, "eager");
  if (photo.content_type === "video/mp4") return Object.assign(clip(photo), { controls: true, autoplay: true });
  return rawPicture(photo);
}

/** @param {Photo} photo */
const rawPicture = (photo) =>
  element("span", { className: "raw" }, thumbnail(photo, () => ""),
    element("b", {}, "DNG"), element("small", {}, "raw picture, to download"));

/**
 * Make a thumbnail. Retry on 503 (busy).
 *
 * @param {Photo} photo
 * @param {() => Node | string} [makeFallback] makes what stands there if the photo has no preview
 */
function thumbnail(photo, makeFallback) {
  const shown = image(thumbnailUrl(photo), photo, "lazy");
  let triesLeft = MAX_TRIES;
  shown.addEventListener("error", async () => {
    if (triesLeft-- > 0 && (await isExpected(thumbnailUrl(photo)))) {
      setTimeout(() => (shown.src = thumbnailUrl(photo)), RETRY_DELAY);
    } else if (makeFallback) {
      shown.replaceWith(makeFallback());
    }
  });
  return shown;
}

/** @param {string} url */
async function isExpected(url) {
  try {
    return [200, 503].includes((await fetch(url)).status);
  } catch {
    return false;
  }
}

/**
 * @param {string} src
 * @param {Photo} photo
 * @param {"eager" | "lazy"} loading
 */
const image = (src, photo, loading) => element("img", { src, alt: describe(photo), loading, decoding: "async" });

/** @param {Photo} photo */
const clip = (photo) => element("video", { src: contentUrl(photo), muted: true, preload: "metadata", playsInline: true });
