// How each kind of photo is shown: a picture, a clip, or (DNG, which no browser draws) its name.

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
  const url = contentUrl(photo);
  if (photo.content_type === "image/jpeg") {
    const src = full ? url : thumbnailUrl(photo);
    return element("img", { src, alt: describe(photo), loading: full ? "eager" : "lazy", decoding: "async" });
  }
  if (photo.content_type === "video/mp4") {
    return element("video", { src: url, controls: full, muted: true, autoplay: full, preload: "metadata", playsInline: true });
  }
  return element("span", { className: "raw" }, "DNG", element("small", {}, "raw picture, to download"));
}
