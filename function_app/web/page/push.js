// Notifications of this browser: whether it shows them, and how that is turned on and off.

import { changeChannel, getPushKey, makeChannel, removeChannel } from "./channels.js";
import { t } from "./strings.js";

/** @typedef {{ id: string, kind: string, browser: string }} KnownChannel as much as the page knows of one */
/** @typedef {{ state: "unsupported" | "install" | "insecure" | "denied" | "off" | "on", channel: { id: string } | null }} Browser */

const WORKER = "/sw.js";
const SUBSCRIBE_TIMEOUT = 60_000; // ms
const REMEMBERED = "nightjar-channel"; // in localStorage: the id of this browser's channel

/** Return how the API names a browser by its subscription. @param {string} endpoint */
async function nameOf(endpoint) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return [...digest.slice(0, 8)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

async function currentSubscription() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return registration ? registration.pushManager.getSubscription() : null;
}

/**
 * Return whether this browser is one of the channels. If its address has changed, the channel gets the new one.
 *
 * @param {KnownChannel[]} channels of this person
 * @returns {Promise<Browser>}
 */
export async function findBrowser(channels) {
  if (!isSecureContext) return { state: "insecure", channel: null };
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    const isApple = /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
    return { state: isApple ? "install" : "unsupported", channel: null };
  }
  if (Notification.permission === "denied") return { state: "denied", channel: null };
  const subscription = await currentSubscription();
  if (!subscription || Notification.permission !== "granted") return { state: "off", channel: null };
  const name = await nameOf(subscription.endpoint);
  /** @type {{ id: string } | null} */
  let channel = channels.find((one) => one.browser === name) ?? null;
  if (!channel) {
    const remembered = channels.find((one) => one.kind === "webpush" && one.id === localStorage.getItem(REMEMBERED));
    if (remembered) channel = await changeChannel(remembered.id, { address: JSON.stringify(subscription) });
  }
  return { state: channel ? "on" : "off", channel };
}

/**
 * Ask for the permission, subscribe, and make a channel of it. Call it for a click.
 *
 * @throws {Error} with a message for people
 */
export async function turnOn() {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") throw new Error(t("push.not_allowed"));
  await navigator.serviceWorker.register(WORKER);
  const registration = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: await getPushKey() };
  let subscription;
  try {
    subscription = await inTime(subscribe(registration.pushManager, options));
  } catch (problem) {
    throw new Error(t("push.no_address"), { cause: problem });
  }
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const made = await makeChannel({
    label: browserLabel(), kind: "webpush", address: JSON.stringify(subscription), rule: { zone: timeZone || "UTC" },
  });
  localStorage.setItem(REMEMBERED, made.id);
}

/**
 * Return what a promise gives. A push service that does not answer leaves it open for ever.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 * @throws {Error} after SUBSCRIBE_TIMEOUT
 */
function inTime(promise) {
  return Promise.race([promise, new Promise((_, reject) => {
    setTimeout(() => reject(new Error("no answer")), SUBSCRIBE_TIMEOUT);
  })]);
}

/** @param {PushManager} pushManager @param {PushSubscriptionOptionsInit} options */
async function subscribe(pushManager, options) {
  try {
    return await pushManager.subscribe(options);
  } catch (problem) {
    const old = await pushManager.getSubscription();
    if (!old) throw problem;
    await old.unsubscribe(); // it belongs to the key of another backend
    return pushManager.subscribe(options);
  }
}

/** @param {{ id: string }} channel that of this browser */
export async function turnOff(channel) {
  await removeChannel(channel.id); // first: it could not be told later whose the subscription was
  localStorage.removeItem(REMEMBERED);
  await (await currentSubscription())?.unsubscribe();
}

/** Say which browser this is, such as "Chrome on Android". */
function browserLabel() {
  const agent = navigator.userAgent;
  /** @param {[RegExp, string][]} names @param {string} other */
  const first = (names, other) => names.find(([pattern]) => pattern.test(agent))?.[1] ?? other;
  const browser = first([[/Edg/, "Edge"], [/Firefox|FxiOS/, "Firefox"], [/Chrome|CriOS/, "Chrome"], [/Safari/, "Safari"]], t("push.a_browser"));
  const system = first([[/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Windows/, "Windows"],
    [/CrOS/, "ChromeOS"], [/Mac/, "Mac"], [/Linux/, "Linux"]], t("push.a_device"));
  return t("push.label", { browser, system });
}
