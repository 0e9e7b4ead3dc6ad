// Saves chosen photos: one as it is, several as a ZIP that is made while it is saved. The service worker hands it to the
// browser; where there is none, it is saved in parts that are made in memory.

import { call, NotFoundError, SignedOutError } from "./api.js";
import { element, messageOf } from "./dom.js";
import { say, show } from "./in_place.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { makeZip, predictLength } from "./vendor/client-zip/client-zip.js";

/** @typedef {{ id: string, name: string, size: number }} File in the ZIP; size in bytes */
/** @typedef {{ stop: AbortController, onFile: () => void }} Run */

const MAX_PART = 200_000_000; // bytes of a ZIP that is made in memory
const MAX_AHEAD = 4; // photos that are fetched at once
const MAX_BYTES_AHEAD = 32_000_000; // of them, unless one alone has more
const ATTEMPTS = 4;
const RETRY_DELAY = 500; // ms, twice as long each time
const TIMEOUT = 240_000; // ms; Azure ends a request after 230 s
const SIGN_OF_LIFE = 10_000; // ms; browsers end a service worker that hears nothing for 30 s
const SCOPE = "/downloads/"; // of the service worker; sw.js knows it, too
const LIST = "SHA256SUMS"; // what `sha256sum --check` reads

/** The name of a photo in a ZIP, which sorts by time. @param {string} id @param {string} suffix */
const fileName = (id, suffix) => `${id.replace(/^(.*)-(\d{8}T\d{9}Z)-(.*)$/, "$2-$1-$3")}.${suffix}`;

/**
 * Save photos. What goes wrong is said.
 *
 * @param {{ id: string, size: number, suffix: string }[]} photos
 * @param {string} day that is in the name of the ZIP
 */
export async function save(photos, day) {
  const [first] = photos;
  if (first && photos.length === 1) {
    press(`/api/photos/${first.id}/content`, "");
    return;
  }
  const files = photos.map(({ id, size, suffix }) => ({ id, size, name: fileName(id, suffix) }));
  files.sort((one, other) => (one.name < other.name ? -1 : 1));
  const stop = new AbortController();
  const name = `nightjar-${day}-${files.length}.zip`;
  try {
    const worker = await startWorker();
    const parts = worker ? [files] : split(files);
    const run = { stop, onFile: showProgress(files.length, parts.length, stop) };
    if (worker) await stream(worker, files, name, run);
    else await saveParts(parts, name, run);
    say(t("day.script.saved", { count: files.length }));
  } catch (problem) {
    const wasCanceled = stop.signal.aborted;
    stop.abort();
    if (problem instanceof SignedOutError) askToSignIn();
    else if (wasCanceled) say(t("day.script.canceled"));
    else say(t("day.script.not_saved", { problem: messageOf(problem) }));
    throw problem;
  } finally {
    removeEventListener("beforeunload", askToStay);
  }
}

/** @param {BeforeUnloadEvent} event */
const askToStay = (event) => event.preventDefault();

/** Follow a link that is none of the page, so that the browser saves what is there. @param {string} href @param {string} download the name */
const press = (href, download) => element("a", { href, download }).click();

/** Show how many photos are in the ZIP. @param {number} count @param {number} parts @param {AbortController} stop @returns {() => void} called for each */
function showProgress(count, parts, stop) {
  const bar = element("progress", { max: count, value: 0, ariaLabel: t("day.script.saving") });
  const text = element("span");
  const cancel = element("button", { type: "button" }, t("day.script.cancel"));
  cancel.addEventListener("click", () => stop.abort(new Error(t("day.script.canceled"))));
  const update = () => { text.textContent = t("day.script.progress", { done: bar.value, count }); };
  update();
  const note = parts > 1 ? t("day.script.parts", { parts: t("day.script.parts_of", { count: parts }) }) : "";
  show(element("section", { className: "part actions" }, bar, text, cancel, note), Infinity);
  return () => {
    bar.value += 1;
    update();
  };
}

// -- The ZIP ----------------------------------------------------------------------------------------------------------

/** The list is the last file: it is known then. @param {File[]} files */
const lengthOf = (files) => predictLength([...files, { name: LIST, size: files.reduce((sum, { name }) => sum + 64 + 2 + name.length + 1, 0) }]);

/** Read the files one after another, the next ones while one is written. @param {File[]} files @param {Run} run */
async function* read(files, { stop, onFile }) {
  /** @type {{ size: number, content: ReturnType<typeof fetchPhoto> }[]} */
  const ahead = [];
  let next = 0;
  let list = "";
  for (const { id, name } of files) {
    for (let file = files[next]; file && hasRoom(ahead, file.size); file = files[next]) {
      const content = fetchPhoto(file, stop.signal);
      content.catch(() => {}); // it is said when its turn comes
      ahead.push({ size: file.size, content });
      next += 1;
    }
    const { bytes, sum } = await /** @type {{ content: ReturnType<typeof fetchPhoto> }} */ (ahead.shift()).content;
    yield { name, input: chunksOf(bytes), lastModified: takenAt(id) };
    list += `${sum}  ${name}\n`;
    onFile();
  }
  yield { name: LIST, input: list, lastModified: new Date() };
}

/** @param {{ size: number }[]} ahead @param {number} size */
const hasRoom = (ahead, size) =>
  ahead.length === 0 || (ahead.length < MAX_AHEAD && ahead.reduce((sum, one) => sum + one.size, size) <= MAX_BYTES_AHEAD);

/** Cut bytes into pieces that are small enough to be handed on. @param {Uint8Array} bytes */
async function* chunksOf(bytes) {
  for (let first = 0; first < bytes.length; first += 1 << 18) yield bytes.subarray(first, first + (1 << 18));
}

/** @param {string} id */
function takenAt(id) {
  const [, ...part] = /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\d{3}Z-/.exec(id) ?? [];
  const [year = 0, month = 1, ...rest] = part.map(Number);
  return new Date(Date.UTC(year, month - 1, ...rest));
}

/**
 * Fetch a photo whole, and check that it is as it is stored.
 *
 * @param {File} file
 * @param {AbortSignal} signal
 * @returns {Promise<{ bytes: Uint8Array, sum: string }>}
 */
async function fetchPhoto({ id, size }, signal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const options = /** @type {RequestInit} */ ({ cache: "no-store", signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]) });
      const response = await call(`/api/photos/${id}/content`, options, false);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const stored = response.headers.get("ETag")?.slice(1, -1) ?? "";
      const sum = await digest(bytes) ?? stored;
      if (bytes.length !== size || sum !== stored) throw new Error(t("day.script.damaged", { id }));
      return { bytes, sum };
    } catch (problem) {
      signal.throwIfAborted();
      if (problem instanceof NotFoundError) throw new Error(t("day.script.gone", { id }), { cause: problem });
      if (problem instanceof SignedOutError || attempt === ATTEMPTS) throw problem;
      await new Promise((done) => setTimeout(done, RETRY_DELAY * 2 ** (attempt - 1)));
    }
  }
}

/** Return the SHA-256; over http without TLS browsers have none. @param {Uint8Array} bytes */
async function digest(bytes) {
  if (!crypto.subtle) return undefined;
  const sum = await crypto.subtle.digest("SHA-256", /** @type {Uint8Array<ArrayBuffer>} */ (bytes));
  return [...new Uint8Array(sum)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

// -- By the service worker --------------------------------------------------------------------------------------------

/** Return the service worker of downloads, of this version; null where there is none, such as in private windows. */
async function startWorker() {
  try {
    const registration = await navigator.serviceWorker.register("/sw.js", { scope: SCOPE });
    if (registration.active) await registration.update(); // one of an older version saves nothing
    const fresh = registration.installing ?? registration.waiting;
    if (fresh) await new Promise((done) => fresh.addEventListener("statechange", () => { if (["activated", "redundant"].includes(fresh.state)) done(fresh); }));
    return registration.active;
  } catch {
    return null;
  }
}

/** @param {ServiceWorker} worker @param {File[]} files @param {string} name @param {Run} run */
async function stream(worker, files, name, run) {
  const zip = makeZip(read(files, run)).getReader();
  const { port1: port, port2 } = new MessageChannel();
  const path = `${SCOPE}${crypto.randomUUID()}/${name}`;
  const headers = {
    "Content-Type": "application/zip",
    "Content-Length": String(lengthOf(files)), // so that the browser sees if something is missing
    "Content-Disposition": `attachment; filename="${name}"`,
  };
  const leave = () => port.postMessage({ problem: "the page was closed" });
  const alive = setInterval(() => worker.postMessage(null), SIGN_OF_LIFE);
  addEventListener("pagehide", leave);
  try {
    await new Promise((done, fail) => {
      /** @param {unknown} problem */
      const end = (problem) => {
        port.postMessage({ problem: messageOf(problem) });
        fail(problem);
      };
      run.stop.signal.addEventListener("abort", () => end(run.stop.signal.reason));
      port.onmessage = async ({ data }) => {
        if (data === "ready") location.assign(path); // a download: the page stays
        else if (data === "canceled") fail(new Error(t("day.script.canceled")));
        else {
          addEventListener("beforeunload", askToStay); // not before: this is asked for that address, too
          try {
            const { value } = await zip.read();
            port.postMessage({ value });
            if (!value) done(null);
          } catch (problem) {
            end(problem);
          }
        }
      };
      worker.postMessage({ path, headers }, [port2]);
    });
  } finally {
    clearInterval(alive);
    removeEventListener("pagehide", leave);
  }
}

// -- In parts ---------------------------------------------------------------------------------------------------------

/** @param {File[]} files */
function split(files) {
  /** @type {File[][]} */
  const parts = [];
  let bytes = Infinity;
  for (const file of files) {
    bytes += file.size;
    if (bytes > MAX_PART) {
      parts.push([]);
      bytes = file.size;
    }
    parts.at(-1)?.push(file);
  }
  return parts;
}

/** @param {File[][]} parts @param {string} name @param {Run} run */
async function saveParts(parts, name, run) {
  for (const [place, part] of parts.entries()) {
    const url = URL.createObjectURL(await new Response(makeZip(read(part, run))).blob());
    press(url, parts.length > 1 ? name.replace(".zip", `-${place + 1}-of-${parts.length}.zip`) : name);
    setTimeout(() => URL.revokeObjectURL(url), TIMEOUT);
  }
}
