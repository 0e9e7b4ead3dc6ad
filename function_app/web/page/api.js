// The requests of the page to the backend. The session is a cookie that this code cannot read.

import { t } from "./strings.js";

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

/** What the backend refused: the status, after how many seconds it may be tried again, and for some problems
 * what tells them from others of their status. */
export class RequestError extends Error {
  /** @param {{ detail: string, type?: string }} problem @param {Response} response */
  constructor({ detail, type = "" }, response) {
    super(detail);
    this.type = type;
    this.status = response.status;
    this.retryAfter = response.headers.get("Retry-After");
  }
}
export class SignedOutError extends RequestError {}
export class NotFoundError extends RequestError {}

const TIMEOUT = 30_000; // ms; storage requests time out after 25 s

/**
 * Send a request to the backend.
 *
 * @param {string} path
 * @param {RequestInit} [options]
 * @param {boolean} [isRepeated] whether the page tries again by itself; what a person asked for is left to them
 * @returns {Promise<Response>} a reply without an error
 * @throws {SignedOutError} if there is no session
 * @throws {NotFoundError} if the backend has no such thing
 * @throws {RequestError} if the backend refuses it, with a message for people
 * @throws {Error} if it cannot be reached
 */
export async function call(path, options, isRepeated = !options?.method) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT), ...options });
  } catch (problem) {
    const kind = problem instanceof DOMException && problem.name === "TimeoutError" ? "no_answer" : "unreachable";
    throw new Error(t(`request.${kind}${isRepeated ? "" : "_action"}`), { cause: problem });
  }
  if (response.status === 401) throw new SignedOutError(await problemIn(response), response);
  // A page sends whoever is not signed in to the form.
  if (response.redirected && new URL(response.url).pathname === "/sign-in") throw new SignedOutError({ detail: "" }, response);
  if (response.status === 404) throw new NotFoundError(await problemIn(response), response);
  if (!response.ok && response.status !== 304) throw new RequestError(await problemIn(response), response);
  return response;
}

/** @param {Response} response @returns {Promise<{ detail: string, type?: string }>} */
async function problemIn(response) {
  try {
    return await response.json();
  } catch {
    return { detail: t("request.answered", { status: String(response.status) }) };
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
 * @param {string} code of an authenticator app; "" for none
 */
export async function signIn(name, password, code) {
  await call("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password, ...(code ? { code } : {}) }),
  });
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

/** @param {{ id: string }} photo */
export async function deletePhoto(photo) {
  await call(`/api/photos/${photo.id}`, { method: "DELETE" });
}

/** @param {Photo} photo */
export const contentUrl = (photo) => `/api/photos/${photo.id}/content`;
/** @param {Photo} photo */
export const thumbnailUrl = (photo) => `/api/photos/${photo.id}/thumbnail`;
