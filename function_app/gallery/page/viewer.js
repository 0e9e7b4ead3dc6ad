// One photo in full, with its neighbours an arrow key away.

import { contentUrl, deletePhoto, sharePhoto } from "./api.js";
import { day, describe, show, timeIsUncertain } from "./media.js";

const byId = (id) => document.getElementById(id);
const viewer = byId("viewer");

let photos = [];
let shown = -1;
let remove = () => {};

// What this person may do here; `remove` is told of a photo that was deleted.
export function viewerOffers(scopes, told) {
  remove = told.remove;
  byId("delete").hidden = !scopes.includes("delete");
  byId("share").hidden = !scopes.includes("admin");
}

// `all` is the list as the page shows it, newest first; it may grow while the viewer is open.
export function openPhoto(all, photo) {
  photos = all;
  step(all.indexOf(photo) - shown);
  if (!viewer.open) viewer.showModal();
}

function step(by) {
  const next = shown + by;
  if (next < 0 || next >= photos.length) return;
  shown = next;
  const photo = photos[shown];
  byId("picture").replaceChildren(show(photo, { full: true }));
  byId("caption").textContent =
    `${day(photo)} \u00b7 ${describe(photo)}${timeIsUncertain(photo) ? " \u00b7 time uncertain" : ""}`;
  byId("original").href = contentUrl(photo);
  byId("original").download = `${photo.id}.${{ "image/jpeg": "jpg", "video/mp4": "mp4" }[photo.content_type] ?? "dng"}`;
  byId("newer-photo").disabled = shown === 0;
  byId("older-photo").disabled = shown === photos.length - 1;
}

async function attempt(action) {
  try {
    await action(photos[shown]);
  } catch (problem) {
    byId("caption").textContent = problem.message;
  }
}

byId("delete").addEventListener("click", () => attempt(async (photo) => {
  if (!confirm("Delete this photo for ever?")) return;
  await deletePhoto(photo);
  viewer.close();
  remove(photo);
}));
byId("share").addEventListener("click", () => attempt(async (photo) => {
  byId("share-url").value = await sharePhoto(photo);
  byId("share-dialog").showModal();
  byId("share-url").select();
}));
byId("share-close").addEventListener("click", () => byId("share-dialog").close());
byId("newer-photo").addEventListener("click", () => step(-1));
byId("older-photo").addEventListener("click", () => step(1));
byId("close").addEventListener("click", () => viewer.close());
viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
viewer.addEventListener("close", () => {
  byId("picture").replaceChildren();
  shown = -1;
});
viewer.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
