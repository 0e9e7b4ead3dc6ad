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
