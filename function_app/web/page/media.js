// How each kind of photo is shown: a picture, a clip, or (DNG, which no browser draws) its preview.

import { contentUrl, thumbnailUrl } from "./api.js";

export const timeOfDay = (photo) =>
  new Date(photo.captured_at).toLocaleTimeString([], { timeStyle: "medium" });

export const day = (photo) =>
  new Date(photo.captured_at).toLocaleDateString([], { dateStyle: "full" });

const TRIGGERS = { motion: "motion", gpio: "pin", schedule: "timer", demand: "by hand" };

export const describe = (photo) =>
  [photo.camera, timeOfDay(photo), TRIGGERS[photo.trigger]].filter(Boolean).join(" \u00b7 ");

// The clock of the device was never set, so its time is a guess.
export const timeIsUncertain = (photo) => photo.clock === "unsynced";

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export function show(photo, { full }) {
  switch (photo.content_type) {
    case "image/jpeg":
      return full ? image(contentUrl(photo), photo, true) : thumbnail(photo);
    case "video/mp4":
      return full ? clip(photo, true) : element("span", { className: "clip" }, thumbnail(photo, () => clip(photo)));
    default:
      return element("span", { className: "raw" }, thumbnail(photo, () => ""),
        element("b", {}, "DNG"), element("small", {}, "raw picture, to download"));
  }
}

// The thumbnail; `otherwise` makes what stands there for a photo that carries no preview. While many
// thumbnails are made, the backend answers 503: then ask again.
function thumbnail(photo, otherwise) {
  const shown = image(thumbnailUrl(photo), photo, false);
  let triesLeft = 10;
  shown.addEventListener("error", async () => {
    if (triesLeft-- > 0 && (await willCome(thumbnailUrl(photo)))) {
      setTimeout(() => (shown.src = thumbnailUrl(photo)), 2000);
    } else if (otherwise) {
      shown.replaceWith(otherwise());
    }
  });
  return shown;
}

async function willCome(url) {
  try {
    return [200, 503].includes((await fetch(url)).status);
  } catch {
    return false;
  }
}

function image(src, photo, now) {
  return element("img", { src, alt: describe(photo), loading: now ? "eager" : "lazy", decoding: "async" });
}

function clip(photo, full = false) {
  return element("video", { src: contentUrl(photo), controls: full, muted: true, autoplay: full, preload: "metadata", playsInline: true });
}
