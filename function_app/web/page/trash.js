// The page of the trash: restore photos, or delete them for good, without a new page.

import { getJson, SignedOutError } from "./api.js";
import { byId, element, messageOf, whileBusy } from "./dom.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";

const list = byId("trash");
const restoreChosen = /** @type {HTMLButtonElement} */ (byId("chosen").querySelector("button"));

/** Let the chosen photos be restored, if there are any. */
function paint() {
  const hadFocus = restoreChosen === document.activeElement;
  restoreChosen.disabled = !list.querySelector(":checked");
  if (hadFocus && restoreChosen.disabled) byId("title").focus();
}

/**
 * Restore photos or delete them for good, and remove their cards: the focus goes on to the next one.
 *
 * @param {string[]} ids
 * @param {"restored" | "deleted"} what is to become of them
 */
async function act(ids, what) {
  const path = what === "restored" ? "/api/photos/restore" : "/api/photos/delete?for_good=true";
  const body = JSON.stringify({ ids });
  try {
    const { unknown } = await getJson(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const count = ids.length - unknown.length;
    byId("status").textContent = count ? t(`trash.script.${what}`, { count }) : t("trash.script.gone");
    for (const id of ids) list.querySelector(`[data-photo="${CSS.escape(id)}"]`)?.remove();
    paint();
    if (list.childElementCount > 0) return;
    byId("empty").hidden = false;
    byId("chosen").hidden = true;
    byId("title").focus();
  } catch (problem) {
    if (problem instanceof SignedOutError) askToSignIn();
    else byId("status").textContent = messageOf(problem);
  }
}

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.getAttribute("action") !== "/choice/restore" || !event.submitter) return;
  event.preventDefault();
  const ids = new FormData(form).getAll("ids").map(String);
  whileBusy(event.submitter, () => act(ids, "restored"));
});
list.addEventListener("change", paint);
addEventListener("pageshow", paint); // a browser that comes back to the page remembers the check marks
paint();
for (const actions of list.querySelectorAll("form")) {
  const button = element("button", { type: "button", className: "danger" }, t("trash.script.delete"));
  button.setAttribute("aria-describedby", actions.querySelector("button")?.getAttribute("aria-describedby") ?? "");
  button.addEventListener("click", () => {
    const ids = new FormData(actions).getAll("ids").map(String);
    if (confirm(t("trash.script.sure"))) whileBusy(button, () => act(ids, "deleted"));
  });
  actions.append(button);
}
