// The page of the trash: restore photos, or delete them for good.

import { getJson, SignedOutError } from "./api.js";
import { byId, messageOf } from "./dom.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";

const list = byId("trash");

/**
 * Restore a photo or delete it for good, and remove its card.
 *
 * @param {HTMLElement} card
 * @param {boolean} isRestored
 */
async function act(card, isRestored) {
  if (!isRestored && !confirm(t("trash.script.sure"))) return;
  const path = isRestored ? "/api/photos/restore" : "/api/photos/delete?for_good=true";
  const body = JSON.stringify({ ids: [card.dataset.photo] });
  setBusy(card, true);
  try {
    const done = await getJson(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const key = done.unknown.length > 0 ? "gone" : isRestored ? "restored" : "deleted";
    byId("status").textContent = t(`trash.script.${key}`);
    remove(card);
  } catch (problem) {
    setBusy(card, false);
    if (problem instanceof SignedOutError) askToSignIn();
    else byId("status").textContent = messageOf(problem);
  }
}

/** @param {HTMLElement} card @param {boolean} isBusy */
function setBusy(card, isBusy) {
  for (const button of card.querySelectorAll("button")) button.disabled = isBusy;
}

/**
 * Remove a card. The focus goes to the next one, or to the heading if there is none.
 *
 * @param {HTMLElement} card
 */
function remove(card) {
  const neighbour = card.nextElementSibling ?? card.previousElementSibling;
  card.remove();
  const next = neighbour?.querySelector("button") ?? byId("title");
  next.focus();
  byId("empty").hidden = list.childElementCount > 0;
}

list.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  const card = button?.closest("li");
  if (button && card) act(card, button.dataset.do === "restore");
});
for (const actions of list.querySelectorAll(".actions")) actions.removeAttribute("hidden");
