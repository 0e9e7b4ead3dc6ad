// The requests of the page to the backend. The session is a cookie that this code cannot read.

/**
 * @typedef {object} Session
 * @property {string} name
 * @property {string[]} scopes
 * @property {string[] | null} cameras null for all cameras
 */
/**
 * @typedef {object} Photo
 * @property {string} id
 * @property {string} camera
 * @property {string} captured_at ISO 8601, UTC
 * @property {string} content_type
 * @property {"motion" | "gpio" | "schedule" | "demand" | null} trigger
 * @property {string | null} clock
 * @property {string | null} device the name under which its sender signed it
 * @property {"verified" | "unknown" | null} standing what that is worth; null if nobody signed it
 */
/** @typedef {{ photos: Photo[], next_cursor: string | null }} PhotoPage */
/**
 * @typedef {object} Alert
 * @property {string} id
 * @property {string} camera
 * @property {string} kind
 * @property {string} reason
 * @property {string} at ISO 8601, UTC
 * @property {string} received_at ISO 8601, UTC
 * @property {Record<string, string | number>} details
 * @property {"verified" | "unknown" | null} standing as of a photo
 */
/** @typedef {{ alerts: Alert[], next_cursor: string | null }} AlertPage */
/** @typedef {{ name: string, role: string, cameras: string[] | null }} Person */
/**
 * @typedef {object} Link
 * @property {string} key
 * @property {string} camera
 * @property {string | null} photo
 * @property {string} from ISO 8601, UTC
 * @property {string} to ISO 8601, UTC
 * @property {string} until ISO 8601, UTC
 * @property {string} made_by
 */
/** @typedef {{ photos: number, alerts: number, more: boolean }} Removal */

export class SignedOutError extends Error {}

const TIMEOUT = 30_000; // ms; storage requests time out after 25 s
const REMOVAL_TIMEOUT = 240_000; // ms; a removal goes on for 120 s, and Azure ends a request after 230 s

/**
 * Send a request to the backend.
 *
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>} a reply without an error
 * @throws {SignedOutError} if there is no session
 * @throws {Error} with a message for people
 */
export async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT), ...options });
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "TimeoutError") {
      throw new Error("The backend does not answer. The page tries again.", { cause: problem });
    }
    throw new Error("The backend cannot be reached. Check the connection; the page tries again.", { cause: problem });
  }
  if (response.status === 401) throw new SignedOutError(await problemDetail(response));
  if (!response.ok) throw new Error(await problemDetail(response));
  return response;
}

/** @param {Response} response */
async function problemDetail(response) {
  try {
    return (await response.json()).detail;
  } catch {
    return `The backend answered ${response.status}.`;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
export const getJson = async (path, options) => (await call(path, options)).json();

/**
 * @param {string} name
 * @param {string} password
 */
export async function signIn(name, password) {
  await call("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
}

export async function signOut() {
  await call("/api/session", { method: "DELETE" });
}

export async function signOutEverywhere() {
  await call("/api/sessions", { method: "DELETE" });
}

/**
 * @param {string} old
 * @param {string} fresh
 */
export async function changePassword(old, fresh) {
  await call("/api/password", { method: "PUT", body: JSON.stringify({ old, new: fresh }) });
}

/** @returns {Promise<Session>} */
export const getSession = () => getJson("/api/session");

/**
 * Return the names of all cameras that have photos, or had some.
 *
 * @returns {Promise<string[]>}
 */
export async function listCameras() {
  const { cameras } = await getJson("/api/cameras?counts=none");
  return cameras.map((/** @type {{ camera: string }} */ one) => one.camera);
}

/**
 * Remove a camera with its photos and alerts, in as many requests as that takes.
 *
 * @param {string} name
 * @param {(deleted: Removal) => void} onProgress called after each request with the totals so far
 */
export async function removeCamera(name, onProgress) {
  const deleted = { photos: 0, alerts: 0, more: true };
  while (deleted.more) {
    const options = { method: "DELETE", signal: AbortSignal.timeout(REMOVAL_TIMEOUT) };
    const part = await getJson(`/api/cameras/${encodeURIComponent(name)}`, options);
    deleted.photos += part.photos;
    deleted.alerts += part.alerts;
    deleted.more = part.more;
    onProgress(deleted);
  }
}

/**
 * Return photos, the newest first. A page of a filtered list may hold fewer than `limit`, even none, and
 * have a next page: up to `maxPages` of them are read here.
 *
 * @param {Record<string, string | number | null | undefined> & { limit: number }} query
 * @param {number} maxPages
 * @returns {Promise<PhotoPage>}
 */
export async function listPhotos({ limit, ...filter }, maxPages) {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value));
  /** @type {PhotoPage} */
  const result = { photos: [], next_cursor: null };
  for (let pages = 0; pages < maxPages; pages += 1) {
    /** @type {PhotoPage} */
    const page = await getJson(`/api/photos?${query}`);
    result.photos.push(...page.photos);
    result.next_cursor = page.next_cursor;
    if (page.next_cursor === null || result.photos.length >= limit) break;
    query.set("cursor", page.next_cursor);
  }
  return result;
}

/**
 * Return a page of alerts, the newest first.
 *
 * @param {string | null} [cursor]
 * @returns {Promise<AlertPage>}
 */
export function listAlerts(cursor) {
  return getJson(`/api/alerts?${new URLSearchParams(cursor ? { cursor } : {})}`);
}

/** @param {Photo} photo */
export async function deletePhoto(photo) {
  await call(`/api/photos/${photo.id}`, { method: "DELETE" });
}

/**
 * Make a link that opens a photo without signing in.
 *
 * @param {Photo} photo
 * @param {number} hours until the link expires
 * @param {boolean} withLocation whether the photo keeps its metadata, such as the place where it was taken
 * @returns {Promise<{ url: string, until: string }>}
 */
export function sharePhoto(photo, hours, withLocation) {
  const body = JSON.stringify({ photo: photo.id, hours, with_location: withLocation });
  return getJson("/api/shares", { method: "POST", body });
}

/**
 * Decide about a key that waits to sign for a device.
 *
 * @param {string} device
 * @param {string} fingerprint of the key
 * @param {boolean} approve
 */
export async function decideKey(device, fingerprint, approve) {
  const body = JSON.stringify({ fingerprint, approve });
  await call(`/api/devices/${encodeURIComponent(device)}/key`, { method: "POST", body });
}

/** @returns {Promise<Person[]>} */
export const listPeople = async () => (await getJson("/api/people")).people;

/**
 * @param {string} name
 * @param {string} password
 * @param {string[] | null} cameras null for all cameras
 */
export async function addViewer(name, password, cameras) {
  await call("/api/people", { method: "POST", body: JSON.stringify({ name, password, cameras }) });
}

/**
 * Remove a user, and revoke their sessions, tokens and links.
 *
 * @param {string} name
 * @returns {Promise<string[]>} the users whom they added, who can still sign in
 */
export async function removeUser(name) {
  const { staying } = await getJson(`/api/people/${encodeURIComponent(name)}`, { method: "DELETE" });
  return staying.people;
}

/**
 * Return all links on record, expired ones too.
 *
 * @returns {Promise<Link[]>}
 */
export const listLinks = async () => (await getJson("/api/shares")).shares;

/** @param {Link} link */
export async function revokeLink(link) {
  await call(`/api/shares/${link.key}`, { method: "DELETE" });
}

/** @param {Photo} photo */
export const contentUrl = (photo) => `/api/photos/${photo.id}/content`;
/** @param {Photo} photo */
export const thumbnailUrl = (photo) => `/api/photos/${photo.id}/thumbnail`;
