// One photo in full, with its neighbours an arrow key away.

import { contentUrl, deletePhoto, sharePhoto } from "./api.js";
import { day, describe, show, timeIsUncertain } from "./media.js";

const byId = (id) => document.getElementById(id);
const viewer = byId("viewer");

// The days are those of infra/main.bicep; docs/operate.md tells how (One photo).
const WHAT_DELETING_IS = "Nobody sees it here any more. In Azure, whoever runs the storage can bring it back for 7 days.";

let listed = () => []; // what the page shows now, newest first
let shown = null; // the photo itself: its place changes as others come
let remove = () => {};

// What this person may do here; `remove` is told of a photo that was deleted.
export function viewerOffers(scopes, told) {
  remove = told.remove;
  byId("delete").hidden = !scopes.includes("delete");
  byId("share").hidden = !scopes.includes("admin");
}

// `photos` gives the list as the page shows it, newest first, which may change while one is shown.
export function openPhoto(photos, photo) {
  listed = photos;
  showPhoto(photo);
  if (!viewer.open) viewer.showModal();
}

// Others came or went: the one that is shown stays, with other neighbours.
export function photosChanged() {
  const place = placeOf(shown);
  byId("newer-photo").disabled = place <= 0;
  byId("older-photo").disabled = place === -1 || place === listed().length - 1;
}

const placeOf = (photo) => listed().findIndex((one) => one.id === photo?.id);

function step(by) {
  const place = placeOf(shown);
  const next = place === -1 ? undefined : listed()[place + by];
  if (next) showPhoto(next);
}

function showPhoto(photo) {
  shown = photo;
  byId("picture").replaceChildren(show(photo, { full: true }));
  byId("caption").textContent =
    `${day(photo)} \u00b7 ${describe(photo)}${timeIsUncertain(photo) ? " \u00b7 time uncertain" : ""}`;
  byId("original").href = contentUrl(photo);
  byId("original").download = `${photo.id}.${{ "image/jpeg": "jpg", "video/mp4": "mp4" }[photo.content_type] ?? "dng"}`;
  photosChanged();
}

async function attempt(action) {
  try {
    await action(shown);
  } catch (problem) {
    byId("caption").textContent = problem.message;
  }
}

byId("delete").addEventListener("click", () => attempt(async (photo) => {
  if (!confirm(`Delete ${describe(photo)}?\n\n${WHAT_DELETING_IS}`)) return;
  await deletePhoto(photo);
  viewer.close();
  remove(photo);
}));
byId("share").addEventListener("click", () => openShare(shown));
byId("newer-photo").addEventListener("click", () => step(-1));
byId("older-photo").addEventListener("click", () => step(1));
byId("close").addEventListener("click", () => viewer.close());
viewer.addEventListener("click", (event) => event.target === viewer && viewer.close());
viewer.addEventListener("close", () => {
  byId("picture").replaceChildren();
  shown = null;
});
viewer.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});

// The dialog that makes a link to one photo: it says until when the link opens before there is one.
let shared = null; // the photo

function openShare(photo) {
  shared = photo;
  byId("share-problem").textContent = "";
  byId("share-choice").hidden = false;
  byId("share-made").hidden = true;
  byId("share-location").checked = false; // asked for each link anew: a place may be somebody's home
  showEndOfShare();
  byId("share-dialog").showModal();
}

const hoursShared = () => Number(byId("share-hours").value);

function showEndOfShare(until = Date.now() + hoursShared() * 3_600_000) {
  byId("share-until").textContent = new Date(until).toLocaleString([], { dateStyle: "full", timeStyle: "short" });
}

async function makeLink() {
  byId("share-make").disabled = true;
  try {
    const { url, until } = await sharePhoto(shared, hoursShared(), byId("share-location").checked);
    showEndOfShare(until);
    byId("share-choice").hidden = true;
    byId("share-made").hidden = false;
    byId("share-url").value = url;
    byId("share-url").select();
    byId("share-copy").textContent = "Copy";
    byId("share-copy").hidden = !navigator.clipboard; // there is none without https
  } catch (problem) {
    byId("share-problem").textContent = problem.message;
  } finally {
    byId("share-make").disabled = false;
  }
}

byId("share-hours").addEventListener("change", () => showEndOfShare());
byId("share-make").addEventListener("click", makeLink);
byId("share-copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("share-url").value);
  byId("share-copy").textContent = "Copied";
});
byId("share-close").addEventListener("click", () => byId("share-dialog").close());
