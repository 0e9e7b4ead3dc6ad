// Forms whose answer is shown in the page: those with the attribute `data-in-place`. Without this script the answer is a
// page of its own.

import { call, SignedOutError } from "./api.js";
import { byId, dialog, element, messageOf } from "./dom.js";
import { bodyOf } from "./follow.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { rewriteTimes } from "./times.js";

const BATCH = 100; // photos of a request, so that it ends in time
const SHOWN_TIME = 60_000; // ms
const TIMEOUT = 120_000; // ms

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {FormData} data @returns {string[]} */
const idsIn = (data) => [...new Set(data.getAll("ids").flatMap((one) => String(one).split(" ")))];

/**
 * Send a form as its button says, and show the answer. A button with `data-batches` sends many photos in several
 * requests, of which the answers are added up.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} button
 */
async function send(form, button) {
  const path = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  const data = new FormData(form, button);
  const ids = idsIn(data);
  const size = button && "batches" in button.dataset ? BATCH : Math.max(ids.length, 1);
  /** @type {string[]} the ids in the answers so far */
  const answered = [];
  let count = 0;
  for (let first = 0; first === 0 || first < ids.length; first += size) {
    data.set("ids", ids.slice(first, first + size).join(" "));
    data.set("before", String(count));
    const body = new URLSearchParams(/** @type {[string, string][]} */ ([...data]));
    const answer = await bodyOf(await call(`${path}?part`, { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT) }).catch((cause) => {
      if (first === 0 || cause instanceof SignedOutError) throw cause;
      throw new Error(t("request.partly", { count: first, problem: messageOf(cause) }), { cause });
    }));
    const part = answer.querySelector("#part");
    if (!(part instanceof HTMLElement)) throw new Error(t("request.no_part"));
    count = Number(part.dataset.count ?? 0);
    const field = part.querySelector("input[name=ids]");
    if (field instanceof HTMLInputElement) {
      answered.push(...field.value.split(" "));
      field.value = answered.join(" ");
    }
    show(part);
  }
}

/** Show an answer: in the dialog if it asks for more, else below. @param {HTMLElement} part @param {number} [time] ms */
export function show(part, time = SHOWN_TIME) {
  clearTimeout(timer);
  const isDialog = "dialog" in part.dataset;
  const place = byId(isDialog ? "answer-part" : "answers");
  place.replaceChildren(part);
  rewriteTimes(part);
  if (isDialog) {
    if (!dialog("answer").open) dialog("answer").showModal();
    const field = part.querySelector("[autofocus]");
    if (field instanceof HTMLTextAreaElement) {
      field.focus();
      field.select();
    }
  } else {
    (part.querySelector("button") ?? place).focus({ preventScroll: true });
    if (time < Infinity) timer = setTimeout(close, time);
  }
}

/** Remove what was shown below. Return whether there was anything. */
export function close() {
  const isShown = byId("answers").hasChildNodes();
  byId("answers").replaceChildren();
  return isShown;
}

/** Say something below. @param {string} text */
export function say(text) {
  show(element("section", { className: "part" }, element("p", {}, text)));
}

/** @param {(path: string) => unknown} onDone called after each form with its path, also if it failed in between */
export function sendInPlace(onDone) {
  document.addEventListener("submit", async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || !("inPlace" in form.dataset)) return;
    event.preventDefault();
    if (form.ariaBusy) return;
    form.ariaBusy = "true";
    try {
      await send(form, event.submitter);
    } catch (problem) {
      if (problem instanceof SignedOutError) askToSignIn();
      else if (dialog("answer").open) byId("answer-problem").textContent = messageOf(problem);
      else say(messageOf(problem));
    }
    form.ariaBusy = null;
    onDone(event.submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "");
  });
  byId("close-answer").addEventListener("click", () => dialog("answer").close());
  dialog("answer").addEventListener("close", () => { byId("answer-problem").textContent = ""; });
}
