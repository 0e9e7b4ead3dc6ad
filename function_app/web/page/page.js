// What every page does: tell the backend the browser's time zone, write times as its user does, send forms, copy the field
// or text that a button's `data-copy` names, and keep the focus: also on the photo from which one returns.

import { sendForms } from "./forms.js";
import { keepFocus } from "./focus.js";
import { rewriteTimes } from "./times.js";
import { focusVisited } from "./visited.js";

const YEAR = 31_536_000; // seconds

// Pages show days in the zone of this cookie, which Settings may change.
if (!/(^|;\s*)zone=/.test(document.cookie)) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  if (timeZone) document.cookie = `zone=${timeZone}; max-age=${YEAR}; path=/; samesite=lax`;
}
sendForms();
document.addEventListener("click", async ({ target }) => {
  const id = target instanceof HTMLElement ? target.dataset.copy : undefined;
  const field = id && document.getElementById(id);
  if (!(target instanceof HTMLElement) || !field) return;
  await navigator.clipboard.writeText(field.textContent ?? "");
  target.nextElementSibling?.removeAttribute("hidden");
});
if (navigator.clipboard) document.documentElement.dataset.clipboard = ""; // over https alone; shows the buttons that copy
document.documentElement.dataset.script = ""; // shows the buttons that need one
rewriteTimes(document);
keepFocus();
focusVisited();
