// The alerts: what was lost, what needs attention. The button shows how many are new.

import { decideKey, listAlerts } from "./api.js";
import { button, byId, dialog, element, moment, report } from "./dom.js";
import { state } from "./state.js";

/** @import { Alert } from "./api.js" */

const COUNT_INTERVAL = 300_000; // ms
const SEEN = "nightjar-alerts-seen"; // in localStorage: when the newest alert that was shown here came in
/** @type {Record<string, string>} */
const LOSSES = {
  "no-room": "the device had no more room",
  "disk-error": "the device's disk failed",
  torn: "the power failed while it was written",
};
/** @type {Record<string, (reason: string) => string>} The sentence for each kind of alert. */
const SENTENCES = {
  loss: (reason) => `A photo was lost: ${LOSSES[reason] ?? reason}.`,
  quarantine: (reason) => `A photo is in quarantine (${reason}) and needs attention: run sudo pi-uploader spool list on the device.`,
  "spool-filling": (reason) => `The spool is filling up: ${reason}.`,
  disk: (reason) => `Disk problem: ${reason}.`,
  clock: (reason) => `Clock problem: ${reason}.`,
  "timer-stalled": (reason) => `Cloud timer problem: ${reason}.`,
  "unknown-device": (reason) => `Unknown device: ${reason}.`,
  missing: () => "A photo that was stored is missing from the store.",
};

const lastSeen = () => localStorage.getItem(SEEN) ?? "";

/** Show how many alerts came since somebody opened them here. Asks the backend every five minutes at most. */
export async function countAlerts() {
  if (performance.now() - state.alertsCountedAt < COUNT_INTERVAL) return;
  state.alertsCountedAt = performance.now();
  const { alerts, next_cursor } = await listAlerts();
  const fresh = alerts.filter((alert) => alert.received_at > lastSeen()).length;
  const more = next_cursor && fresh === alerts.length ? "+" : "";
  showCount(fresh ? `${fresh}${more}` : "");
}

export async function openAlerts() {
  byId("alerts-list").replaceChildren();
  state.alertsCursor = null;
  dialog("alerts-dialog").showModal();
  const newest = await showNextPage();
  if (newest > lastSeen()) localStorage.setItem(SEEN, newest);
  showCount("");
}

export function closeAlerts() {
  dialog("alerts-dialog").close();
  byId("alerts-list").replaceChildren();
}

/** @param {string} count of new alerts; empty for none */
function showCount(count) {
  byId("alerts").textContent = count ? `Alerts (${count} new)` : "Alerts";
  byId("alerts").classList.toggle("alarm", count !== "");
}

/** Append the next page, and return when the newest alert on it came in. */
async function showNextPage() {
  let newest = "";
  await report(byId("alerts-problem"), async () => {
    const page = await listAlerts(state.alertsCursor);
    state.alertsCursor = page.next_cursor;
    newest = page.alerts.map((alert) => alert.received_at).sort().at(-1) ?? "";
    byId("alerts-list").append(...page.alerts.map(line));
    if (!byId("alerts-list").children.length) {
      byId("alerts-list").append(element("li", {}, "No alerts: no photo was lost, and none is in quarantine."));
    }
  });
  byId("alerts-older").hidden = state.alertsCursor === null;
  return newest;
}

/** @param {Alert} alert */
function line(alert) {
  const when = moment(alert.at, { dateStyle: "medium", timeStyle: "medium" });
  // Devices may report other kinds one day: show those as they come.
  const sentence = SENTENCES[alert.kind]?.(alert.reason) ?? `${alert.kind}: ${alert.reason}`;
  const sender = alert.standing === "unknown" ? " (from an unknown device)" : "";
  return element("li", { className: alert.received_at > lastSeen() ? "new" : "", title: alert.id },
    element("b", {}, alert.camera), " ", element("time", { dateTime: alert.at }, when), element("br"), sentence + sender, ...decision(alert));
}

/** Make what an owner decides about a key with; nothing for others. @param {Alert} alert */
function decision({ kind, details: { device, fingerprint } }) {
  const mayDecide = state.session?.scopes.includes("admin");
  if (kind !== "unknown-device" || !fingerprint || !mayDecide) return [];
  const key = `the key ${fingerprint} for the device ${device}`;
  const place = element("span", { className: "decision" });
  /** @param {string} label @param {boolean} approve */
  const choice = (label, approve) => button(label, () => {
    const hint = approve ? "\n\nOn the device, sudo pi-uploader identity shows its fingerprint." : "";
    if (!confirm(`${label} ${key}?${hint}`)) return;
    report(byId("alerts-problem"), async () => {
      await decideKey(String(device), String(fingerprint), approve);
      place.replaceChildren(approve ? "Approved." : "Rejected.");
    });
  });
  place.append(choice("Approve", true), " ", choice("Reject", false));
  return [element("br"), `Fingerprint ${fingerprint} `, place];
}

byId("alerts-older").addEventListener("click", showNextPage);
byId("alerts-close").addEventListener("click", closeAlerts);
