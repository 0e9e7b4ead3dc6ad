// One photo in full, with its neighbours an arrow key away, and the dialog that shares it.

import { contentUrl, deletePhoto, sharePhoto } from "./api.js";
import { byId, dialog, input, messageOf, moment, report, select } from "./dom.js";
import { day, describe, sentBy, showFull, timeIsUncertain } from "./media.js";
import { state } from "./state.js";

/** @import { Photo } from "./api.js" */

const EXTENSIONS = /** @type {Record<string, string>} */ ({ "image/jpeg": "jpg", "video/mp4": "mp4" });
const HOUR = 3_600_000; // ms
// 7 days: soft delete in infra/main.bicep. To restore: docs/operate.md, "One photo".
const AFTER_DELETION = "Nobody sees it here any more. In Azure, whoever runs the storage can restore it for 7 days.";

/** @type {(photo: Photo) => void} */
let onDeleted = () => {};

/**
 * Show the buttons that this session may use.
 *
 * @param {string[]} scopes
 * @param {(photo: Photo) => void} deleted called with a photo that was deleted here
 */
export function setUpViewer(scopes, deleted) {
  onDeleted = deleted;
  byId("delete").hidden = !scopes.includes("delete");
  byId("share").hidden = !scopes.includes("admin");
}

/** @param {Photo} photo */
export function openPhoto(photo) {
  showPhoto(photo);
  if (!dialog("viewer").open) dialog("viewer").showModal();
}

/** Update the arrows after the list changed: the open photo stays, with other neighbours. */
export function updateNeighbours() {
  const position = positionOfOpenPhoto();
  byId("newer-photo", HTMLButtonElement).disabled = position <= 0;
  byId("older-photo", HTMLButtonElement).disabled = position === -1 || position === state.photos.length - 1;
}

const positionOfOpenPhoto = () => state.photos.findIndex((one) => one.id === state.openPhoto?.id);

/** @param {number} offset 1 for the next older photo, -1 for the next newer one */
function step(offset) {
  const position = positionOfOpenPhoto();
  const next = position === -1 ? undefined : state.photos[position + offset];
  if (next) showPhoto(next);
}

/** @param {Photo} photo */
function showPhoto(photo) {
  state.openPhoto = photo;
  byId("picture").replaceChildren(showFull(photo));
  const facts = [day(photo), describe(photo), timeIsUncertain(photo) && "time uncertain", sentBy(photo)];
  byId("caption").textContent = facts.filter(Boolean).join(" \u00b7 ");
  const original = byId("original", HTMLAnchorElement);
  original.href = contentUrl(photo);
  original.download = `${photo.id}.${EXTENSIONS[photo.content_type] ?? "dng"}`;
  updateNeighbours();
}

/** @param {Photo} photo */
async function deleteAfterQuestion(photo) {
  if (!confirm(`Delete ${describe(photo)}?\n\n${AFTER_DELETION}`)) return;
  try {
    await deletePhoto(photo);
    dialog("viewer").close();
    onDeleted(photo);
  } catch (problem) {
    byId("caption").textContent = messageOf(problem);
  }
}

byId("delete").addEventListener("click", () => state.openPhoto && deleteAfterQuestion(state.openPhoto));
byId("share").addEventListener("click", () => state.openPhoto && openShare(state.openPhoto));
byId("newer-photo").addEventListener("click", () => step(-1));
byId("older-photo").addEventListener("click", () => step(1));
byId("close").addEventListener("click", () => dialog("viewer").close());
byId("viewer").addEventListener("click", (event) => {
  if (event.target === byId("viewer")) dialog("viewer").close();
});
byId("viewer").addEventListener("close", () => {
  byId("picture").replaceChildren();
  state.openPhoto = null;
});
byId("viewer").addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});

/** @type {Photo | null} */
let sharedPhoto = null;

/** Open the dialog that makes a link to one photo. @param {Photo} photo */
function openShare(photo) {
  sharedPhoto = photo;
  byId("share-problem").textContent = "";
  byId("share-choice").hidden = false;
  byId("share-made").hidden = true;
  input("share-location").checked = false; // chosen anew for each link: the place may be somebody's home
  showExpiry();
  dialog("share-dialog").showModal();
}

const hoursShared = () => Number(select("share-hours").value);

/** @param {string | number} [until] */
function showExpiry(until = Date.now() + hoursShared() * HOUR) {
  byId("share-until").textContent = moment(until, { dateStyle: "full", timeStyle: "short" });
}

/** @param {Photo} photo */
async function makeLink(photo) {
  const make = byId("share-make", HTMLButtonElement);
  make.disabled = true;
  await report(byId("share-problem"), async () => {
    const { url, until } = await sharePhoto(photo, hoursShared(), input("share-location").checked);
    showExpiry(until);
    byId("share-choice").hidden = true;
    byId("share-made").hidden = false;
    input("share-url").value = url;
    input("share-url").select();
    byId("share-copy").textContent = "Copy";
    byId("share-copy").hidden = !navigator.clipboard; // browsers offer it over https alone
  });
  make.disabled = false;
}

byId("share-hours").addEventListener("change", () => showExpiry());
byId("share-make").addEventListener("click", () => sharedPhoto && makeLink(sharedPhoto));
byId("share-copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(input("share-url").value);
  byId("share-copy").textContent = "Copied";
});
byId("share-close").addEventListener("click", () => dialog("share-dialog").close());
