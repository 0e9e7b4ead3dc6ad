// The alerts: what was lost, what waits for a person. How many are new stands on the button.

import { listAlerts } from "./api.js";
import { element } from "./media.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("alerts-dialog");
const LOOK_AGAIN = 300_000; // ms
const SEEN = "nightjar-alerts-seen"; // when the newest one that was shown here came in

// The sentence for each kind; of others that a device may tell one day, their own words.
const SENTENCES = {
  loss: ({ reason }) => `A photo was lost: ${LOSSES[reason] ?? reason}.`,
  quarantine: ({ reason }) => `A photo was set aside on the device (${reason}) and waits there for a person: sudo pi-uploader spool list.`,
  "spool-filling": ({ reason }) => `Photos pile up on the device: ${reason}.`,
  disk: ({ reason }) => `A disk fails: ${reason}.`,
  clock: ({ reason }) => `Times are wrong: ${reason}.`,
  "timer-stalled": ({ reason }) => `In the cloud ${reason}.`,
  missing: () => "A photo that was stored is gone from the store.",
};
const LOSSES = {
  "no-room": "the device had no more room",
  "disk-error": "the device's disk failed",
  torn: "the power went while it was written",
};

let cursor = null;
let lookedAt = -Infinity;

const seen = () => localStorage.getItem(SEEN) ?? "";

// How many came since somebody looked here. Asks seldom, however often it is called.
export async function countAlerts() {
  if (performance.now() - lookedAt < LOOK_AGAIN) return;
  lookedAt = performance.now();
  const { alerts, next_cursor } = await listAlerts();
  const fresh = alerts.filter((alert) => alert.received_at > seen()).length;
  const more = next_cursor && fresh === alerts.length ? "+" : "";
  byId("alerts").textContent = fresh ? `Alerts (${fresh}${more} new)` : "Alerts";
  byId("alerts").classList.toggle("alarm", fresh > 0);
}

export async function openAlerts() {
  byId("alerts-list").replaceChildren();
  cursor = null;
  dialog.showModal();
  const newest = await showMore();
  if (newest > seen()) localStorage.setItem(SEEN, newest);
  byId("alerts").textContent = "Alerts";
  byId("alerts").classList.remove("alarm");
}

// Somebody else may sign in here next.
export function forgetAlerts() {
  lookedAt = -Infinity;
  dialog.close();
  byId("alerts-list").replaceChildren();
}

// Shows the next page of them; returns when the last of these came in.
async function showMore() {
  byId("alerts-problem").textContent = "";
  let newest = "";
  try {
    const page = await listAlerts(cursor);
    cursor = page.next_cursor;
    newest = page.alerts.map((alert) => alert.received_at).sort().at(-1) ?? "";
    byId("alerts-list").append(...page.alerts.map(line));
    if (!byId("alerts-list").children.length) {
      byId("alerts-list").append(element("li", {}, "None: nothing was lost, nothing was set aside."));
    }
  } catch (problem) {
    byId("alerts-problem").textContent = problem.message;
  }
  byId("alerts-older").hidden = cursor === null;
  return newest;
}

function line(alert) {
  const when = new Date(alert.at).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
  const sentence = SENTENCES[alert.kind]?.(alert) ?? `${alert.kind}: ${alert.reason}`;
  return element("li", { className: alert.received_at > seen() ? "new" : "", title: alert.id },
    element("b", {}, alert.camera), " ", element("time", { dateTime: alert.at }, when), element("br"), sentence);
}

byId("alerts-older").addEventListener("click", showMore);
byId("alerts-close").addEventListener("click", () => dialog.close());
