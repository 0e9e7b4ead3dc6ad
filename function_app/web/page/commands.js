// What the pages ask of devices: their state, photos, live pictures, and commands.

import { call, getJson, SignedOutError } from "./api.js";

/** @import { Photo } from "./api.js" */

/**
 * @typedef {object} Camera as its device last reported it
 * @property {string} camera
 * @property {"unknown" | "off" | "silent" | "failing" | "disarmed" | "ready"} state
 * @property {string | null} reason
 * @property {string | null} last_photo ISO 8601, UTC
 * @property {string | null} disarmed_until ISO 8601, UTC
 * @property {boolean | null} armed
 * @property {string[]} can
 */
/**
 * @typedef {object} Device as of its last heartbeat. Figures are null for those who may not see all of its cameras.
 * @property {string} device
 * @property {Camera["state"]} state
 * @property {string | null} reason
 * @property {boolean} is_whole whether the session may see all of its cameras
 * @property {string} received_at ISO 8601, UTC
 * @property {string} version
 * @property {number | null} temperature degrees Celsius
 * @property {number | null} disk_free bytes
 * @property {number | null} disk_total bytes
 * @property {{ waiting: number | null, oldest: string | null } | null} spool
 * @property {number | null} losses
 * @property {number | null} quarantine
 * @property {number | null} sent_this_month bytes
 * @property {number | null} monthly_limit bytes
 * @property {string | null} paused_until ISO 8601, UTC
 * @property {Camera[]} cameras
 */
/**
 * @typedef {object} Command
 * @property {string} id
 * @property {string} device
 * @property {string} kind
 * @property {"asked" | "taken" | "done" | "refused" | "expired"} state
 * @property {string | null} detail
 * @property {string[]} photos
 * @property {string | null} output
 * @property {string} expires_at ISO 8601, UTC
 */
/**
 * @typedef {object} DeviceKeys
 * @property {string} fingerprint
 * @property {{ fingerprint: string, since: string }[]} waiting
 * @property {string[]} wanted
 */

const FAST_FOR = 40_000; // ms; a device that nobody looks at reads its commands every 20 s
const FAST_INTERVAL = 500; // ms
const SLOW_INTERVAL = 5000; // ms
const LIVE_TIMEOUT = 10_000; // ms
const PATIENCE = 60_000; // ms after a command has expired, if the backend cannot be reached

/** @param {string} device */
const pathOf = (device) => `/api/devices/${encodeURIComponent(device)}`;
/** @param {string} camera */
const pathOfCamera = (camera) => `/api/cameras/${encodeURIComponent(camera)}`;

/** @returns {Promise<Device[]>} */
export const listDevices = async () => (await getJson("/api/devices")).devices;

/** @param {string} device @returns {Promise<DeviceKeys>} */
export const listKeys = (device) => getJson(`${pathOf(device)}/keys`);

/** @param {string} id @returns {Promise<Photo>} */
export const getPhoto = (id) => getJson(`/api/photos/${id}`);

/** @param {string} camera @returns {Promise<Command>} */
export const askForPhoto = (camera) => getJson(`${pathOfCamera(camera)}/capture`, { method: "POST" });

/**
 * Ask a device for something.
 *
 * @param {string} device
 * @param {{ kind: string, camera?: string, until?: string, lines?: number }} wanted
 * @returns {Promise<Command>}
 */
export function ask(device, wanted) {
  return getJson(`${pathOf(device)}/commands`, { method: "POST", body: JSON.stringify(wanted) });
}

/**
 * Call `onChange` with a command as it is, until it is over. Return it then. While the backend cannot be reached,
 * try again.
 *
 * @param {Command} command
 * @param {(command: Command) => void} onChange
 */
export async function follow(command, onChange) {
  const start = performance.now();
  let current = command;
  onChange(current);
  while (current.state === "asked" || current.state === "taken") {
    await pause(performance.now() - start < FAST_FOR ? FAST_INTERVAL : SLOW_INTERVAL);
    try {
      current = await getJson(`${pathOf(command.device)}/commands/${command.id}`);
    } catch (problem) {
      if (problem instanceof SignedOutError || Date.now() > Date.parse(command.expires_at) + PATIENCE) throw problem;
    }
    onChange(current);
  }
  return current;
}

/** @param {number} milliseconds */
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

/**
 * Say how far a command is.
 *
 * @param {Command} command
 * @param {string} [done] the sentence for one that is done
 */
export function describeCommand({ state, device, detail }, done = "Done.") {
  switch (state) {
    case "asked": return `Asking ${device}\u2026 This can take half a minute.`;
    case "taken": return `${device} has taken the command\u2026`;
    case "done": return done;
    case "refused": return `${device} refused${detail ? `: ${detail}` : "."}`;
    default: return `${device} did not do it in time${detail ? `: ${detail}` : "."} Try again.`;
  }
}

/**
 * Ask a camera for a photo, and say on `place` how that goes. Return the photo; null if there is none.
 *
 * @param {string} camera
 * @param {HTMLElement} place
 */
export async function takePhoto(camera, place) {
  place.textContent = `Asking ${camera}\u2026`;
  const command = await follow(await askForPhoto(camera), (one) => {
    place.textContent = describeCommand(one, "Here it is.");
  });
  const [id] = command.photos;
  return command.state === "done" && id ? getPhoto(id) : null;
}

/** Have the device of a camera send live pictures for two minutes. @param {string} camera */
export async function look(camera) {
  await call(`${pathOfCamera(camera)}/look`, { method: "POST" });
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
