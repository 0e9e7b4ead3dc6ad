// All that the page remembers between two clicks.

/** @import { Photo, Session } from "./api.js" */

export const state = {
  /** @type {Session | null} who is signed in */
  session: null,
  /** @type {Photo[]} as shown: the newest first */
  photos: [],
  /** @type {string | null} where the older photos begin */
  cursor: null,
  /** Counts the changes of the filter, so that a late reply to an old one is dropped. */
  requestVersion: 0,
  /** @type {Photo | null} the photo in the viewer */
  openPhoto: null,
  /** @type {string | null} where the older alerts begin */
  alertsCursor: null,
  /** When alerts were last counted, in milliseconds of performance.now(). */
  alertsCountedAt: -Infinity,
};

/** @param {Photo} photo */
export const isShown = (photo) => state.photos.some((one) => one.id === photo.id);

/** Whether a photo lies in the part of the list that is shown, and not on a later page. @param {Photo} photo */
export function belongsToShown(photo) {
  const last = state.photos.at(-1);
  return state.cursor === null || !last || inOrder(photo, last) <= 0;
}

/** Compare two photos as the API sorts them: the newest first. @param {Photo} one @param {Photo} other */
function inOrder(one, other) {
  if (one.captured_at !== other.captured_at) return one.captured_at > other.captured_at ? -1 : 1;
  return Number(one.id > other.id) - Number(one.id < other.id);
}

/** Add those of the photos that are not shown, in their places. Return whether there are any. @param {Photo[]} photos */
export function addPhotos(photos) {
  const shown = new Set(state.photos.map((photo) => photo.id));
  const added = photos.filter((photo) => !shown.has(photo.id));
  state.photos = [...state.photos, ...added].sort(inOrder);
  return added.length > 0;
}

/** Forget everything: somebody else may sign in here next. */
export function resetState() {
  state.session = null;
  state.photos = [];
  state.cursor = null;
  state.requestVersion += 1;
  state.openPhoto = null;
  state.alertsCursor = null;
  state.alertsCountedAt = -Infinity;
}
