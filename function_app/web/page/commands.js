// What the pages ask of devices: their state, photos, live pictures, and commands.

import { call, getJson, NotFoundError, SignedOutError } from "./api.js";
import { t } from "./strings.js";
import { formatTime } from "./times.js";

/** @import { Photo } from "./api.js" */

/**
 * @typedef {object} Camera as its device last reported it
 * @property {string} camera
 * @property {"unknown" | "off" | "silent" | "failing" | "disarmed" | "ready"} state
 * @property {string[]} can
 */
/**
 * @typedef {object} Device as of its last heartbeat
 * @property {string} device
 * @property {string | null} paused_until ISO 8601, UTC
 * @property {Camera[]} cameras
 */
/**
 * @typedef {object} Command
 * @property {string} id
 * @property {string} device
 * @property {"asked" | "taken" | "done" | "refused" | "expired"} state
 * @property {string | null} detail
 * @property {string[]} photos
 * @property {string} expires_at ISO 8601, UTC
 */

const FAST_FOR = 40_000; // ms; a device that nobody looks at reads its commands every 20 s
const FAST_INTERVAL = 500; // ms
const SLOW_INTERVAL = 5000; // ms
const LIVE_TIMEOUT = 10_000; // ms
const ARRIVAL_TIMEOUT = 60_000; // ms in which a photo that was taken is looked for
const ARRIVAL_INTERVAL = 2000; // ms
const PATIENCE = 60_000; // ms after a command has expired, if the backend cannot be reached

let clockOffset = 0; // ms by which the backend's clock is ahead of the browser's

/** @param {string} device */
const pathOf = (device) => `/api/devices/${encodeURIComponent(device)}`;
/** @param {string} camera */
const pathOfCamera = (camera) => `/api/cameras/${encodeURIComponent(camera)}`;

/** @returns {Promise<Device[]>} */
async function listDevices() {
  const response = await call("/api/devices");
  const { devices } = await response.json();
  clockOffset = (Date.parse(response.headers.get("Date") ?? "") || Date.now()) - Date.now();
  return devices;
}

/** Return the backend's time in milliseconds since 1970, by its last list of devices: the browser's clock may be wrong. */
const backendNow = () => Date.now() + clockOffset;

/** @param {string} id @returns {Promise<Photo>} */
const getPhoto = (id) => getJson(`/api/photos/${id}`);

/** @param {string} camera @returns {Promise<Command>} */
const askForPhoto = (camera) => getJson(`${pathOfCamera(camera)}/capture`, { method: "POST" });

/**
 * Call `onChange` with a command as it is, until it is over. Return it then. While the backend cannot be reached,
 * try again.
 *
 * @param {Command} command
 * @param {(command: Command) => void} onChange
 */
async function follow(command, onChange) {
  const start = performance.now();
  let current = command;
  onChange(current);
  while (current.state === "asked" || current.state === "taken") {
    await pause(performance.now() - start < FAST_FOR ? FAST_INTERVAL : SLOW_INTERVAL);
    try {
      current = await getJson(`${pathOf(command.device)}/commands/${command.id}`);
    } catch (problem) {
      if (problem instanceof SignedOutError || backendNow() > Date.parse(command.expires_at) + PATIENCE) throw problem;
    }
    onChange(current);
  }
  return current;
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/** Say how far a command is. @param {Command} command */
function describeCommand({ state, device, detail }) {
  const isExplained = detail && (state === "refused" || state === "expired");
  return t(`command.${state}${isExplained ? "_why" : ""}`, { device, why: (detail ?? "").replace(/\.$/, "") });
}

/**
 * Ask a camera for a photo, and say on `place` how that goes. Return the photo; null if there is none.
 *
 * @param {string} camera
 * @param {HTMLElement} place
 */
export async function takePhoto(camera, place) {
  place.textContent = t("command.asking", { camera });
  const command = await follow(await askForPhoto(camera), (one) => {
    place.textContent = one.state === "done" ? t("command.here") : describeCommand(one);
  });
  const [id] = command.photos;
  return command.state === "done" && id ? receivePhoto(id, command.device, place) : null;
}

/**
 * Return a photo that was taken, once it is uploaded; null if that takes longer, which `place` then says.
 *
 * @param {string} id
 * @param {string} device
 * @param {HTMLElement} place
 */
async function receivePhoto(id, device, place) {
  const start = performance.now();
  for (;;) {
    try {
      return await getPhoto(id);
    } catch (problem) {
      if (!(problem instanceof NotFoundError)) throw problem;
    }
    const end = pauseOf((await listDevices()).find((one) => one.device === device));
    if (end) {
      place.textContent = end.startsWith("9999") ? t("command.waits_paused") : t("command.waits_paused_until", { end: formatTime(end) });
      return null;
    }
    if (performance.now() - start >= ARRIVAL_TIMEOUT) {
      place.textContent = t("command.waits_long");
      return null;
    }
    place.textContent = t("command.waits");
    await pause(ARRIVAL_INTERVAL);
  }
}

/** Return until when the uploads of a device are paused, ISO 8601; null if they are not. @param {Device | undefined} device */
function pauseOf(device) {
  const end = device?.paused_until;
  return end && Date.parse(end) > backendNow() ? end : null;
}

/**
 * Say why a camera cannot be asked; "" if it can be.
 *
 * @param {string} name
 * @param {{ state: Camera["state"], received_at: string | null }} status
 */
export function whyUnreachable(name, { state, received_at: heardAt }) {
  if ((state !== "silent" && state !== "off") || !heardAt) return "";
  return t(`devices.why.${state}_since`, { name, since: formatTime(heardAt) });
}

/** @param {string} camera @returns {Promise<{ state: Camera["state"], received_at: string | null }>} */
export const getCameraStatus = (camera) => getJson(`${pathOfCamera(camera)}/status`);

/** Have the device of a camera send live pictures for two minutes. @param {string} camera */
export async function look(camera) {
  await call(`${pathOfCamera(camera)}/look`, { method: "POST" }, true);
}

/**
 * Return the live picture, its age in seconds, and the name of this version; null if there is none yet.
 *
 * @param {string} camera
 */
export async function getLivePicture(camera) {
  const response = await call(`${pathOfCamera(camera)}/live`, { signal: AbortSignal.timeout(LIVE_TIMEOUT) });
  if (response.status === 204) return null;
  const { headers } = response;
  return {
    content: await response.blob(),
    age: Number(headers.get("Age") ?? 0),
    version: headers.get("Last-Modified") ?? "",
  };
}
