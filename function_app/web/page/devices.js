// The devices: how each is, its cameras, and what may be asked of it.

import { decideKey, getSession, SignedOutError } from "./api.js";
import { ask, describeCommand, follow, listDevices, listKeys } from "./commands.js";
import { button, byId, element, messageOf, moment, report, setChildren } from "./dom.js";

/** @import { Session } from "./api.js" */
/** @import { Camera, Device } from "./commands.js" */

const REFRESH_INTERVAL = 30_000; // ms; a heartbeat comes every five minutes, and after each change
const HOUR = 3_600_000; // ms
/** @type {[string, number][]} how long a camera is disarmed or uploads are paused; 0: without an end */
const PERIODS = [["for an hour", 1], ["for 8 hours", 8], ["for a day", 24], ["without an end", 0]];
const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** @type {Session | null} */
let session = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Map<string, { root: HTMLElement, facts: HTMLElement, update: (device: Device) => void }>} */
const cards = new Map();

async function refresh() {
  clearTimeout(timer);
  if (document.visibilityState === "hidden") return;
  timer = setTimeout(refresh, REFRESH_INTERVAL);
  try {
    session ??= await getSession();
    show(await listDevices());
    byId("problem").textContent = "";
  } catch (problem) {
    if (problem instanceof SignedOutError) {
      clearTimeout(timer);
      cards.clear();
      byId("devices").replaceChildren();
      byId("problem").replaceChildren("Sign in on the ", element("a", { href: "/" }, "gallery's page"), ", then come back.");
      return;
    }
    byId("problem").textContent = messageOf(problem);
  }
}

/** @param {Device[]} devices */
function show(devices) {
  byId("summary").textContent = devices.length ? ""
    : "No device has reported yet.";
  setChildren(byId("devices"), devices.map((device) => {
    const card = cards.get(device.device) ?? newCard(device);
    cards.set(device.device, card);
    card.update(device);
    return card.root;
  }));
}

/** Make the card of a device. What was asked of it, and its answer, stay while the rest is updated. @param {Device} device */
function newCard(device) {
  const title = element("h2", {}, device.device);
  const facts = element("div");
  const root = element("section", { className: "device" }, title, facts);
  const may = session?.scopes ?? [];
  const controls = may.includes("control") ? newControls(device, root) : null;
  if (may.includes("admin")) root.append(keysOf(device.device));
  /** @param {Device} current */
  const update = (current) => {
    if (facts.contains(document.activeElement)) return; // somebody is about to press a button there
    facts.replaceChildren(figures(current), element("h3", {}, "Cameras"),
      element("ul", { className: "lines" }, ...current.cameras.map((one) => cameraLine(one, controls))));
  };
  return { root, facts, update };
}

/** @param {Device} device */
function figures(device) {
  const { spool } = device;
  const isAlarming = device.state === "silent" || device.state === "failing";
  /** @type {[string, string | false | null][]} */
  const facts = [
    ["State", stateOfDevice(device)],
    ["Version", device.version],
    ["Temperature", device.temperature !== null && `${device.temperature} \u00b0C`],
    ["Disk", device.disk_free !== null && `${size(device.disk_free)} free${device.disk_total === null ? "" : ` of ${size(device.disk_total)}`}`],
    ["Waiting", spool && `${spool.waiting ?? 0} photos${spool.oldest ? `, the oldest of ${moment(spool.oldest)}` : ""}`],
    ["Lost", Boolean(device.losses) && `${device.losses} photos`],
    ["Quarantine", Boolean(device.quarantine) && `${device.quarantine} photos`],
    ["Data", device.sent_this_month !== null
      && `${size(device.sent_this_month)} this month${device.monthly_limit ? ` of ${size(device.monthly_limit)}` : ""}`],
    ["Uploads", device.paused_until && `paused until ${device.paused_until.startsWith("9999") ? "they are resumed" : moment(device.paused_until)}`],
  ];
  return element("dl", {}, ...facts.flatMap(([name, value]) => (value
    ? [element("dt", {}, name), element("dd", { className: name === "State" && isAlarming ? "alarm" : "" }, value)] : [])));
}

/** @param {Device} device */
function stateOfDevice({ state, reason, received_at }) {
  const heard = moment(received_at);
  if (state === "silent") return `silent since ${heard}`;
  if (state === "off") return `off since ${heard}${reason ? ` (${reason})` : ""}`;
  return `alive, last heard of ${heard}`;
}

/** @param {number} bytes */
function size(bytes) {
  const power = bytes > 0 ? Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1) : 0;
  return `${(bytes / 1000 ** power).toFixed(power > 2 ? 1 : 0)} ${UNITS[power]}`;
}

/** @typedef {{ run: (wanted: { kind: string, camera?: string }, hasEnd?: boolean) => Promise<void> }} Controls */

/** @param {Camera} camera @param {Controls | null} controls */
function cameraLine(camera, controls) {
  const { camera: name, state } = camera;
  const line = element("li", {}, element("b", {}, name), " \u00b7 ",
    element("span", { className: state === "failing" || state === "silent" ? "alarm" : "" }, stateOfCamera(camera)),
    camera.last_photo ? ` \u00b7 last photo ${moment(camera.last_photo)}` : "", element("br"));
  if (camera.can.includes("live")) line.append(element("a", { href: `/live/${name}` }, "Live"), " ");
  if (controls && camera.armed !== null) {
    const kind = camera.armed ? "disarm" : "arm";
    const made = button(camera.armed ? "Disarm" : "Arm", () => controls.run({ kind, camera: name }, camera.armed === true));
    made.setAttribute("aria-label", `${made.textContent} ${name}`);
    line.append(made);
  }
  return line;
}

/** @param {Camera} camera */
function stateOfCamera({ state, reason, disarmed_until }) {
  if (state === "ready") return "armed";
  if (state === "failing") return `failing${reason ? `: ${reason}` : ""}`;
  if (state === "disarmed") return disarmed_until ? `disarmed until ${moment(disarmed_until)}` : "disarmed";
  return state;
}

/**
 * Append what may be asked of a device, and the place for what becomes of it.
 *
 * @param {Device} device
 * @param {HTMLElement} root
 * @returns {Controls}
 */
function newControls({ device, is_whole }, root) {
  const period = element("select", {}, ...PERIODS.map(([label, hours]) => element("option", { value: String(hours) }, label)));
  period.setAttribute("aria-label", `How long ${device} is disarmed or paused`);
  const status = element("p", { role: "status" });
  const problem = element("p", { className: "problem", role: "alert" });
  const output = element("pre", { hidden: true, tabIndex: 0 });
  output.setAttribute("aria-label", `Answer of ${device}`);

  /** @type {Controls["run"]} */
  const run = (wanted, hasEnd = false) => report(problem, async () => {
    output.hidden = true;
    status.textContent = `Asking ${device}\u2026`;
    const hours = Number(period.value);
    const until = hasEnd && hours ? { until: new Date(Date.now() + hours * HOUR).toISOString() } : {};
    try {
      const command = await follow(await ask(device, { ...wanted, ...until }), (one) => {
        status.textContent = describeCommand(one);
      });
      output.textContent = command.output;
      output.hidden = !command.output;
    } catch (error) {
      status.textContent = "";
      throw error;
    }
    if (document.activeElement instanceof HTMLElement && cards.get(device)?.facts.contains(document.activeElement)) {
      document.activeElement.blur();
    }
    await refresh();
  });

  const ofAll = [
    button("Pause uploads", () => run({ kind: "pause" }, true)),
    button("Resume uploads", () => run({ kind: "resume" })),
    button("Log", () => run({ kind: "logs" })),
    button("Diagnosis", () => run({ kind: "doctor" })),
    button("Restart", () => confirm(`Restart Nightjar on ${device}?`) && run({ kind: "restart" })),
  ];
  root.append(element("h3", {}, "Commands"), element("div", {}, period, ...(is_whole ? ofAll : [])), status, problem, output);
  return { run };
}

/** Return the place for the keys and cameras that wait for an owner's decision. @param {string} device */
function keysOf(device) {
  const problem = element("p", { className: "problem", role: "alert" });
  const list = element("ul", { className: "lines" });
  const root = element("div", {}, element("h3", {}, "Keys"), list, problem);
  /** @param {string} what @param {string} fingerprint */
  const decision = (what, fingerprint) => [true, false].map((approve) => button(approve ? "Approve" : "Reject", () => {
    const hint = approve ? "\n\nOn the device, sudo pi-uploader identity shows its fingerprint." : "";
    if (!confirm(`${approve ? "Approve" : "Reject"} ${what} for ${device}?${hint}`)) return;
    report(problem, async () => { await decideKey(device, fingerprint, approve); await load(); });
  }));
  const load = async () => {
    const keys = await listKeys(device);
    list.replaceChildren(
      element("li", {}, `Signs with ${keys.fingerprint}`),
      ...keys.waiting.map(({ fingerprint, since }) => element("li", { className: "alarm" },
        `Another key waits since ${moment(since)}: ${fingerprint} `, ...decision(`the key ${fingerprint}`, fingerprint))));
    if (keys.wanted.length) {
      const cameras = `the cameras ${keys.wanted.join(", ")}`;
      list.append(element("li", { className: "alarm" }, `It wants ${cameras} of another device `, ...decision(cameras, keys.fingerprint)));
    }
  };
  report(problem, load);
  return root;
}

document.addEventListener("visibilitychange", refresh);
refresh();
