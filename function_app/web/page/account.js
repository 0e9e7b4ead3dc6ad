// The account's dialog: another password, and signing out everywhere.

import { changePassword, signOutEverywhere } from "./api.js";
import { showOwnersPart } from "./owner.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("account-dialog");

let afterwards = () => {};

// Whose it is (`me`); `signedOut` is called when every session is over, this one too, and
// `cameraRemoved` with the name of a camera that was removed.
export function openAccount(me, signedOut, cameraRemoved) {
  afterwards = signedOut;
  byId("who").textContent = me.name;
  showOwnersPart(me.scopes, cameraRemoved);
  byId("new-password").reset();
  byId("account-problem").textContent = "";
  dialog.showModal();
}

async function attempt(action) {
  try {
    await action();
    dialog.close();
  } catch (problem) {
    byId("account-problem").textContent = problem.message;
  }
}

byId("new-password").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => changePassword(byId("old").value, byId("new").value));
});
// The backend's rule for new passwords, told beside the field before anything is sent.
for (const field of dialog.querySelectorAll("[autocomplete=new-password]")) {
  field.addEventListener("input", () => field.setCustomValidity(new Set(field.value).size < 5
    ? "Choose a password of ten characters or more, five of them different." : ""));
}
byId("everywhere").addEventListener("click", () => {
  if (!confirm("Sign out on every device and in every browser, here too?")) return;
  attempt(async () => { await signOutEverywhere(); afterwards(); });
});
byId("account-close").addEventListener("click", () => dialog.close());
