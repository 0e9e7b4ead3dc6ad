// The forms that are sent as they are, and answered by a page: they ask before what a button with `data-confirm` sends, and
// one that cannot be sent says so, and keeps what was typed, where the browser would show an error page of its own.

import { call, RequestError } from "./api.js";
import { element, messageOf } from "./dom.js";
import { t } from "./strings.js";

const PROBE = "/icon.svg"; // a small file, for which the backend reads nothing
const TIMEOUT = 30_000; // ms in which a form that was sent is answered, or may be sent again

/** @param {SubmitEvent} event */
function ask(event) {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
}

/** Say why a form was not sent; "" while it is sent. @param {HTMLFormElement} form @param {string} text */
function say(form, text) {
  form.querySelector(".not-sent")?.remove();
  if (!text) return;
  const problem = element("p", { className: "problem not-sent" }, text);
  problem.setAttribute("role", "alert");
  form.append(problem);
  problem.scrollIntoView({ block: "nearest", behavior: "instant" });
}

/**
 * Send a form as the browser would, if the backend can be reached.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
async function send(form, button) {
  if (form.ariaBusy) return;
  // Made now: while it waits, follow.js may give the button another meaning.
  const fields = [...new FormData(form, button)].map(([name, value]) => element("input", { type: "hidden", name, value: String(value) }));
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  const copy = element("form", { action, method: form.method, hidden: true }, ...fields);
  say(form, "");
  form.ariaBusy = "true";
  try {
    await call(PROBE, { method: "HEAD", cache: "no-store" });
    document.body.append(copy);
    copy.submit();
    copy.remove();
    setTimeout(() => { form.ariaBusy = null; }, TIMEOUT); // else a second click would send it twice
  } catch (problem) {
    form.ariaBusy = null;
    say(form, problem instanceof RequestError ? messageOf(problem) : t("request.not_sent"));
  }
}

/** Do so for all forms of the page. */
export function sendForms() {
  document.addEventListener("submit", ask);
  // At the window, after the scripts of the page: what they send themselves is prevented by then.
  addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method === "dialog") return;
    event.preventDefault();
    send(form, event.submitter);
  });
  addEventListener("pageshow", () => { // who comes back by the browser's button may send it again
    for (const form of document.forms) form.ariaBusy = null;
  });
}
