// What the page asks the backend. The session is a cookie that this code cannot read.

export class SignedOut extends Error {}

const PATIENCE = 30_000; // ms; the backend gives storage up after 25 s and says so
const REMOVAL_TIMEOUT = 240_000; // ms; a removal goes on for 120 s, and Azure ends a request after 230 s

async function ask(path, options) {
  let reply;
  try {
    reply = await fetch(path, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE), ...options });
  } catch (problem) {
    if (problem.name === "TimeoutError") throw new Error("The backend does not answer. The page tries again.");
    throw new Error("The backend cannot be reached. Check the connection; the page tries again.");
  }
  if (reply.status === 401) throw new SignedOut(await sentence(reply));
  if (!reply.ok) throw new Error(await sentence(reply));
  return reply;
}

async function sentence(reply) {
  try {
    return (await reply.json()).detail;
  } catch {
    return `The backend answered ${reply.status}.`;
  }
}

export async function signIn(name, password) {
  await ask("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
}

export async function signOut() {
  await ask("/api/session", { method: "DELETE" });
}

export async function signOutEverywhere() {
  await ask("/api/sessions", { method: "DELETE" });
}

export async function changePassword(old, fresh) {
  await ask("/api/password", { method: "PUT", body: JSON.stringify({ old, new: fresh }) });
}

// What this person may do: { name, scopes, cameras }.
export async function whoAmI() {
  return (await ask("/api/session")).json();
}

// Every camera of which there are photos, or were.
export async function listCameras() {
  return (await (await ask("/api/cameras?counts=none")).json()).cameras.map((one) => one.camera);
}

// Removes a camera with its photos and alerts, in as many requests as that takes. `report` is called
// after each one with how many photos and alerts are deleted so far, and whether there are more.
export async function removeCamera(name, report) {
  const deleted = { photos: 0, alerts: 0, more: true };
  while (deleted.more) {
    const options = { method: "DELETE", signal: AbortSignal.timeout(REMOVAL_TIMEOUT) };
    const part = await (await ask(`/api/cameras/${encodeURIComponent(name)}`, options)).json();
    deleted.photos += part.photos;
    deleted.alerts += part.alerts;
    deleted.more = part.more;
    report(deleted);
  }
}

// One page of photos, newest first: { photos, next_cursor }. Of a sieved list it may hold fewer than
// `limit`, even none, and have a next one: up to `pages` of them are asked for here.
export async function listPhotos({ limit, ...sieve }, pages) {
  const query = new URLSearchParams({ limit });
  for (const [name, value] of Object.entries(sieve)) if (value) query.set(name, value);
  const found = { photos: [], next_cursor: null };
  for (let asked = 0; asked < pages; asked += 1) {
    const page = await (await ask(`/api/photos?${query}`)).json();
    found.photos.push(...page.photos);
    found.next_cursor = page.next_cursor;
    if (page.next_cursor === null || found.photos.length >= limit) break;
    query.set("cursor", page.next_cursor);
  }
  return found;
}

// One page of alerts, newest first: { alerts, next_cursor }.
export async function listAlerts(cursor) {
  const query = new URLSearchParams(cursor ? { cursor } : {});
  return (await ask(`/api/alerts?${query}`)).json();
}

export async function deletePhoto(photo) {
  await ask(`/api/photos/${photo.id}`, { method: "DELETE" });
}

// A link that opens this photo to whoever has it, for so many hours: { url, until }. `withLocation`: the
// photo keeps its metadata, such as the place where it was taken.
export async function sharePhoto(photo, hours, withLocation) {
  const body = JSON.stringify({ photo: photo.id, hours, with_location: withLocation });
  return (await ask("/api/shares", { method: "POST", body })).json();
}

// Who may sign in: { name, role, cameras }, null for all cameras.
export async function listPeople() {
  return (await (await ask("/api/people")).json()).people;
}

export async function letLook(name, password, cameras) {
  await ask("/api/people", { method: "POST", body: JSON.stringify({ name, password, cameras }) });
}

// Resolves to the names of the people whom they let in, who may still sign in.
export async function shutOut(name) {
  const reply = await ask(`/api/people/${encodeURIComponent(name)}`, { method: "DELETE" });
  return (await reply.json()).staying.people;
}

// The links on record, those that are over, too.
export async function listLinks() {
  return (await (await ask("/api/shares")).json()).shares;
}

export async function revokeLink(link) {
  await ask(`/api/shares/${link.key}`, { method: "DELETE" });
}

export const contentUrl = (photo) => `/api/photos/${photo.id}/content`;
export const thumbnailUrl = (photo) => `/api/photos/${photo.id}/thumbnail`;
