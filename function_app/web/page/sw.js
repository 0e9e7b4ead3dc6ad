// The service worker, of two scopes: that of all pages shows what the backend sends to this browser, and opens it; that of
// downloads hands what a page makes to the browser, which saves it. It stores no photo and no page.

/**
 * @typedef {object} Message as the backend sends it; what is empty is left out
 * @property {string} id of the event, a full stop, and the id of the channel
 * @property {string} title
 * @property {string} [body]
 * @property {string} [url]
 * @property {string} [camera]
 * @property {string} [at] ISO 8601
 * @property {string} [tag]
 * @property {string} [language]
 * @property {string} [snooze_url]
 * @property {SnoozeTexts} [snooze]
 */
/** @typedef {{ button: string, title: string, body: string }} SnoozeTexts "{end}" in the title stands for the end */

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const SNOOZE_MINUTES = 60;
const SNOOZE_TAG = "snooze";

/** @param {PushEvent} event @returns {Message} */
function messageOf(event) {
  try {
    const message = event.data?.json();
    if (typeof message.title === "string") return message;
  } catch {
    // Something has to be shown, or the browser withdraws the permission.
  }
  return { id: "", title: "Nightjar", body: "Something happened. Open the gallery.", url: "/" };
}

/** @param {Message} message */
async function show(message) {
  const { snooze: texts } = message;
  const canSnooze = texts && message.snooze_url && message.camera;
  /** @type {NotificationOptions & { actions?: { action: string, title: string }[], timestamp?: number }} */
  const options = {
    body: message.body ?? "",
    icon: "/icon-192.png",
    data: { id: message.id, url: message.url, camera: message.camera, snoozeUrl: message.snooze_url, language: message.language, texts },
    actions: canSnooze ? [{ action: "snooze", title: texts.button }] : [],
  };
  if (message.language) options.lang = message.language;
  if (message.tag) options.tag = message.tag; // one that comes twice is shown once
  if (message.at) options.timestamp = Date.parse(message.at);
  await worker.registration.showNotification(message.title, options);
}

/** Return the path of an address at this gallery, under whichever name it is open here. @param {string | undefined} url */
function pathOf(url) {
  const { pathname, search } = new URL(url || "/", worker.location.origin);
  return pathname + search;
}

/** @param {string} pathname */
const isGallery = (pathname) => pathname === "/" || /^\/(photos|days|alerts)(\/|$)/.test(pathname);

/** Open a page of the gallery, in its tab if there is one. @param {string} path */
async function open(path) {
  const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const { pathname } = new URL(path, worker.location.origin);
  const fits = isGallery(pathname) ? isGallery : (/** @type {string} */ other) => other === pathname;
  const tab = tabs.find((one) => fits(new URL(one.url).pathname));
  const shown = await tab?.navigate(path).catch(() => null); // which a tab of an older version understands, too
  if (shown) await shown.focus();
  else await worker.clients.openWindow(path);
}

/** @param {{ id: string, camera: string, snoozeUrl: string, language?: string, texts?: SnoozeTexts }} data */
async function snooze({ id, camera, snoozeUrl, language, texts }) {
  const channel = id.slice(id.lastIndexOf(".") + 1);
  try {
    const body = JSON.stringify({ camera, channel, minutes: SNOOZE_MINUTES });
    const response = await fetch("/api/notifications/snooze", { method: "POST", credentials: "same-origin", body });
    if (!response.ok) throw new Error(`status ${response.status}`);
  } catch {
    await open(pathOf(snoozeUrl)); // signed out, or no connection: the page says so
    return;
  }
  if (!texts) return; // what a worker of an earlier version showed
  const until = new Date(Date.now() + SNOOZE_MINUTES * 60_000).toLocaleTimeString([], { timeStyle: "short" });
  await worker.registration.showNotification(texts.title.replace("{end}", until), {
    body: texts.body, lang: language ?? "", icon: "/icon-192.png", tag: SNOOZE_TAG, data: { url: "/notifications" },
  });
}

/** Return how the API names a browser by its subscription. @param {string} endpoint */
async function nameOf(endpoint) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return [...digest.slice(0, 8)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/** Tell the backend the new address of this browser. @param {PushSubscription | null} old @param {PushSubscription | null} fresh */
async function moveSubscription(old, fresh) {
  if (!old) return; // the page /notifications finds out when it is opened
  const options = { userVisibleOnly: true, applicationServerKey: old.options.applicationServerKey };
  const current = fresh ?? await worker.registration.pushManager.subscribe(options);
  const name = await nameOf(old.endpoint);
  const response = await fetch("/api/notifications/channels", { credentials: "same-origin" });
  if (!response.ok) return;
  const { channels } = await response.json();
  const channel = channels.find((/** @type {{ browser: string }} */ one) => one.browser === name);
  if (!channel) return;
  const body = JSON.stringify({ address: JSON.stringify(current) });
  await fetch(`/api/notifications/channels/${channel.id}`, { method: "PATCH", credentials: "same-origin", body });
}

/** What pages announced that they save, by its path. @type {Map<string, { port: MessagePort, headers: Record<string, string> }>} */
const downloads = new Map();

/** Return what a page makes, a piece whenever the browser has room. @param {MessagePort} port */
function bodyFrom(port) {
  return new ReadableStream({
    pull(controller) {
      return new Promise((done) => {
        port.onmessage = ({ data: { value, problem } }) => {
          if (problem) controller.error(new Error(problem)); // the browser saves nothing that looks whole
          else if (value) controller.enqueue(value);
          else controller.close();
          done(undefined);
        };
        port.postMessage("more");
      });
    },
    cancel: () => port.postMessage("canceled"),
  }, { highWaterMark: 0 });
}

worker.addEventListener("message", ({ data, ports: [port] }) => {
  if (!port) return; // a sign of life
  downloads.set(data.path, { port, headers: data.headers });
  port.postMessage("ready");
});
// No request of a page goes through it: Firefox 153 now and then never sends one that a service worker leaves to the network.
if (new URL(worker.registration.scope).pathname === "/downloads/") {
  worker.addEventListener("fetch", (event) => {
    const { pathname } = new URL(event.request.url);
    const download = downloads.get(pathname);
    if (!download) return; // it goes to the network
    downloads.delete(pathname);
    event.respondWith(new Response(bodyFrom(download.port), { headers: download.headers }));
  });
}
worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("push", (event) => event.waitUntil(show(messageOf(event))));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { data } = event.notification;
  event.waitUntil(event.action === "snooze" ? snooze(data) : open(pathOf(data?.url)));
});
worker.addEventListener("pushsubscriptionchange", (untyped) => {
  const event = /** @type {ExtendableEvent & { oldSubscription: PushSubscription | null, newSubscription: PushSubscription | null }} */ (untyped);
  event.waitUntil(moveSubscription(event.oldSubscription ?? null, event.newSubscription ?? null));
});
