// The account dialog: change the password, sign out everywhere; and what only an owner decides: who can
// sign in, which links stay open, and which cameras there are.

import {
  addViewer, changePassword, listCameras, listLinks, listPeople, removeCamera, removeUser, revokeLink,
  signOutEverywhere,
} from "./api.js";
import { button, byId, dialog, element, form, input, moment, report } from "./dom.js";

/** @import { Link, Person, Session } from "./api.js" */

/** @type {() => void} */
let onSignedOut = () => {};

/**
 * Open the dialog.
 *
 * @param {Session} session
 * @param {{ onSignedOut: () => void, onCameraRemoved: (name: string) => void }} callbacks `onSignedOut` is
 *   called when all of this user's sessions have ended, this one too
 */
export function openAccount(session, callbacks) {
  onSignedOut = callbacks.onSignedOut;
  byId("who").textContent = session.name;
  showOwnerSettings(session.scopes, callbacks.onCameraRemoved);
  form("new-password").reset();
  byId("account-problem").textContent = "";
  dialog("account-dialog").showModal();
}

/** @param {() => Promise<void>} action */
const closeAfter = (action) => report(byId("account-problem"), async () => {
  await action();
  dialog("account-dialog").close();
});

form("new-password").addEventListener("submit", (event) => {
  event.preventDefault();
  closeAfter(() => changePassword(input("old").value, input("new").value));
});
// The backend's rule for new passwords, shown beside the field before anything is sent.
for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (
  byId("account-dialog").querySelectorAll("[autocomplete=new-password]"))) {
  field.addEventListener("input", () => field.setCustomValidity(new Set(field.value).size < 5
    ? "Choose a password of at least 10 characters, at least 5 of them different." : ""));
}
byId("everywhere").addEventListener("click", () => {
  if (!confirm("Sign out on every device and in every browser, here too?")) return;
  closeAfter(async () => { await signOutEverywhere(); onSignedOut(); });
});
byId("account-close").addEventListener("click", () => dialog("account-dialog").close());

/** @type {(name: string) => void} */
let onCameraRemoved = () => {};

/**
 * Show these settings to an owner, and hide them from everybody else.
 *
 * @param {string[]} scopes of the session
 * @param {(name: string) => void} cameraRemoved called with the name of a camera that was removed
 */
function showOwnerSettings(scopes, cameraRemoved) {
  onCameraRemoved = cameraRemoved;
  byId("owner").hidden = !scopes.includes("admin");
  form("new-person").reset();
  byId("removal").textContent = "";
  if (!byId("owner").hidden) change(showCameras);
}

/** Run a change, then show users and links as they are now. @param {() => Promise<unknown>} action */
const change = (action) => report(byId("owner-problem"), async () => {
  await action();
  byId("people").replaceChildren(...(await listPeople()).map(personLine));
  const open = (await listLinks()).filter((link) => new Date(link.until) > new Date())
    .sort((one, other) => other.until.localeCompare(one.until));
  byId("links").replaceChildren(...open.map(linkLine));
  if (open.length === 0) byId("links").append(element("li", {}, "No link is open."));
});

/** Show the cameras, to remove one or to choose those of a new viewer: a list, since a typing error would go unnoticed. */
async function showCameras() {
  const names = await listCameras();
  byId("person-cameras").replaceChildren(...names.map((name) =>
    element("label", {}, element("input", { type: "checkbox", value: name }), ` ${name}`)));
  byId("cameras").replaceChildren(...names.map(cameraLine));
  if (names.length === 0) byId("cameras").append(element("li", {}, "There are no cameras yet."));
  disableCameraBoxes();
}

/** @returns {NodeListOf<HTMLInputElement>} */
const cameraBoxes = () => byId("person-cameras").querySelectorAll("input");

function disableCameraBoxes() {
  for (const box of cameraBoxes()) box.disabled = input("every-camera").checked;
}

/** Return the names of the chosen cameras; null for all, also future ones. */
function chosenCameras() {
  if (input("every-camera").checked) return null;
  const chosen = [...cameraBoxes()].filter((box) => box.checked).map((box) => box.value);
  if (chosen.length === 0) throw new Error("Choose the cameras that the viewer may see, or all.");
  return chosen;
}

/**
 * Make a button that changes something after a question.
 *
 * @param {string} label
 * @param {string} question
 * @param {() => Promise<unknown>} action
 */
const confirmedButton = (label, question, action) => button(label, () => confirm(question) && change(action));

/** @param {Person} person */
function personLine(person) {
  const rights = person.role === "owner" ? "owner: may do everything"
    : person.cameras === null ? "all cameras" : person.cameras.join(", ");
  const line = element("li", {}, element("b", {}, person.name), ` \u00b7 ${rights} `);
  if (person.name !== "owner") {
    line.append(confirmedButton("Remove", `Remove ${person.name}? They can no longer sign in.`, () => removeWithAdded(person.name)));
  }
  return line;
}

/** @param {string} name */
async function removeWithAdded(name) {
  const added = await removeUser(name);
  const question = `${name} had added ${added.join(", ")}. Remove them, too?`;
  if (added.length > 0 && confirm(question)) for (const one of added) await removeUser(one);
}

/** @param {string} name */
function cameraLine(name) {
  const question = `Remove the camera ${name}? All of its photos and alerts are deleted; this cannot be undone. `
    + "If it sends something again, it is a new camera.";
  const made = confirmedButton("Remove", question, async () => {
    made.disabled = true;
    byId("removal").textContent = `Removing ${name}...`;
    await removeWithPhotos(name);
  });
  made.setAttribute("aria-label", `Remove ${name}`);
  return element("li", {}, element("b", {}, name), " ", made);
}

/**
 * Remove a camera. If that fails halfway, the page no longer shows what may be deleted already.
 *
 * @param {string} name
 */
async function removeWithPhotos(name) {
  try {
    await removeCamera(name, ({ photos, alerts, more }) => {
      byId("removal").textContent = more ? `Removing ${name}. Deleted so far: photos ${photos}, alerts ${alerts}.`
        : `${name} is removed. Deleted: photos ${photos}, alerts ${alerts}.`;
    });
  } finally {
    onCameraRemoved(name);
    await showCameras();
  }
}

/** @param {Link} link */
function linkLine(link) {
  const shared = link.photo ? `one photo, ${moment(link.from, { dateStyle: "medium", timeStyle: "medium" })}`
    : `${moment(link.from)} to ${moment(link.to)}`;
  return element("li", { title: link.photo ?? "" }, element("b", {}, link.camera),
    ` \u00b7 ${shared} \u00b7 open until ${moment(link.until)}, by ${link.made_by} `,
    confirmedButton("Revoke", "Revoke this link? It stops working for everyone.", () => revokeLink(link)));
}

form("new-person").addEventListener("submit", (event) => {
  event.preventDefault();
  change(async () => {
    await addViewer(input("person-name").value.trim(), input("person-password").value, chosenCameras());
    form("new-person").reset();
    disableCameraBoxes();
  });
});
input("every-camera").addEventListener("change", disableCameraBoxes);
