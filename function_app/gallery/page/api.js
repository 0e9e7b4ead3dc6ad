// What the page asks the backend. The session is a cookie that this code cannot read.

export class SignedOut extends Error {}

async function ask(path, options) {
  let reply;
  try {
    reply = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
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

// One page of photos, newest first: { photos, next_cursor }.
export async function listPhotos({ camera, cursor, limit }) {
  const query = new URLSearchParams({ limit });
  if (camera) query.set("camera", camera);
  if (cursor) query.set("cursor", cursor);
  return (await ask(`/api/photos?${query}`)).json();
}

export const contentUrl = (photo) => `/api/photos/${photo.id}/content`;
export const thumbnailUrl = (photo) => `/api/photos/${photo.id}/thumbnail`;
