// What can be done with the shown photo: copy its SHA-256, share, protect, delete and undo that.

import { call, deletePhoto, getJson } from "./api.js";
import { byId, element, messageOf } from "./dom.js";
import { t } from "./strings.js";

const UNDO_TIME = 60_000; // ms

const photo = () => ({ id: byId("photo").dataset.id ?? "" });

/** Call an action when a button is pressed, if the page has the button. @param {string} id @param {() => unknown} action */
function onPress(id, action) {
  const button = document.getElementById(id);
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", action);
}

/**
 * Make the buttons of the shown photo work.
 *
 * @param {() => Promise<unknown>} reload shows the photo anew
 */
export function setUpActions(reload) {
  if (navigator.clipboard) { // browsers offer it over https alone
    onPress("copy", async () => {
      await navigator.clipboard.writeText(byId("sha256").textContent ?? "");
      say(t("photo.script.copied"));
    });
  }
  onPress("protect", () => attempt(protect));
  onPress("delete", () => attempt(() => remove(reload)));
}

/** @param {string} text @param {...Node} more */
function say(text, ...more) {
  byId("said").replaceChildren(text, " ", ...more);
  byId("said").hidden = false;
}

/** @param {() => Promise<unknown>} action */
async function attempt(action) {
  try {
    await action();
  } catch (problem) {
    say(messageOf(problem));
  }
}

async function protect() {
  const button = byId("protect");
  const isProtected = button.dataset.protected === "no";
  const body = JSON.stringify({ ids: [photo().id], protected: isProtected });
  const { unknown } = await getJson("/api/photos/protection", { method: "PUT", body });
  if (unknown.length > 0) throw new Error(t("photo.script.gone"));
  button.dataset.protected = isProtected ? "yes" : "no";
  button.textContent = t(isProtected ? "photo.script.unprotect" : "photo.script.protect");
  say(t(isProtected ? "photo.script.protected" : "photo.script.not_protected"));
}

/** @param {() => Promise<unknown>} reload */
async function remove(reload) {
  const { id } = photo();
  await deletePhoto({ id });
  for (const one of ["download", "share", "protect", "delete"]) document.getElementById(one)?.setAttribute("hidden", "");
  byId("picture").classList.add("deleted");
  const undo = element("button", { type: "button", id: "undo" }, t("photo.script.undo"));
  undo.addEventListener("click", () => attempt(async () => {
    await call("/api/photos/restore", { method: "POST", body: JSON.stringify({ ids: [id] }) });
    undo.remove();
    await reload();
    say(t("photo.script.restored"));
  }));
  say(t("photo.script.deleted"), undo);
  undo.focus();
  setTimeout(() => { if (undo.isConnected) say(t("photo.script.deleted")); }, UNDO_TIME);
}
