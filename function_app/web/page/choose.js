// Choosing photos on the page of a day: by check marks, with Shift for all in between, and by the keyboard.

import { byId, form } from "./dom.js";
import { close, sendInPlace } from "./in_place.js";
import { t } from "./strings.js";

const MAX_SHARED = 200; // as the backend allows

const day = byId("day");
const bar = form("choice");
/** @type {Set<string>} the ids of those that are chosen */
let chosen = new Set();
/** @type {HTMLInputElement | null} the one that was clicked last, where a range begins */
let last = null;

/** The check marks. One of an event is for all of its photos, and each of them may have one of its own. */
const boxes = () => /** @type {HTMLInputElement[]} */ ([...day.querySelectorAll("input[name=ids]")]);

/** @param {HTMLInputElement} box */
const idsOf = (box) => box.value.split(" ");

/** What is chosen, with sizes in bytes and the ends of the files' names. */
function chosenPhotos() {
  /** @type {{ id: string, size: number, suffix: string }[]} */
  const found = [];
  for (const box of boxes()) {
    const ids = idsOf(box);
    for (const [place, file] of box.dataset.files?.split(" ").entries() ?? []) {
      const id = ids[place] ?? "";
      const [size, suffix = ""] = file.split(".");
      if (chosen.has(id)) found.push({ id, size: Number(size), suffix });
    }
  }
  return found;
}

/** Show what is chosen. Photos that are not on the page any more are not. */
export function paint() {
  const there = new Set();
  for (const box of boxes()) {
    const own = idsOf(box);
    own.forEach((id) => there.add(id));
    const count = own.filter((id) => chosen.has(id)).length;
    box.checked = count === own.length;
    box.indeterminate = count > 0 && count < own.length;
  }
  chosen = new Set([...chosen].filter((id) => there.has(id)));
  const text = t(`day.script.chosen.${bar.dataset.of}`, { count: chosen.size });
  if (byId("chosen").textContent !== text) byId("chosen").textContent = text;
  for (const button of bar.querySelectorAll("button")) {
    button.disabled = chosen.size === 0 || (button.id === "share" && chosen.size > MAX_SHARED);
  }
}

/** @param {HTMLInputElement[]} some @param {boolean} isChosen */
function set(some, isChosen) {
  for (const id of some.flatMap(idsOf)) {
    if (isChosen) chosen.add(id);
    else chosen.delete(id);
  }
  paint();
}

/** Return those between two check marks, both included, as they are seen. @param {HTMLInputElement} one @param {HTMLInputElement} other */
function between(one, other) {
  const seen = boxes().filter((box) => box.checkVisibility());
  const [first, end] = [seen.indexOf(one), seen.indexOf(other)].sort((a, b) => a - b);
  return first === undefined || first < 0 ? [other] : seen.slice(first, (end ?? first) + 1);
}

day.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.name !== "ids") return;
  set(event.shiftKey && last ? between(last, box) : [box], box.checked);
  last = box;
});

/** Return the check mark of what has the focus. @param {Element | null} focused */
function boxOf(focused) {
  if (!focused || !byId("events").contains(focused) || focused.closest("summary")) return null;
  return /** @type {HTMLInputElement | null} */ ((focused.closest("li") ?? focused).querySelector("input[name=ids]"));
}

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || event.altKey || target?.closest("dialog[open], select, textarea, input:not([name=ids])")) return;
  const box = boxOf(target);
  const step = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") set(boxes(), true);
  else if (event.ctrlKey || event.metaKey) return;
  else if (event.key === "Escape") {
    if (!close() && chosen.size === 0) return;
    set(boxes(), false);
  } else if (event.key === " " && box && target !== box) {
    box.click();
  } else if (event.shiftKey && step && box) {
    const seen = boxes().filter((one) => one.checkVisibility());
    const next = seen[seen.indexOf(box) + step];
    set(next ? [box, next] : [box], true);
    next?.focus();
    last = next ?? box;
  } else return;
  event.preventDefault();
});

/** @param {() => Promise<unknown>} look shows the day as it is now */
export function setUpChoice(look) {
  sendInPlace((path) => {
    if (path.startsWith("/choice/share")) return;
    if (path === "/choice/delete") chosen.clear();
    look();
  });
  bar.addEventListener("submit", async (event) => {
    if (event.submitter?.id !== "download") return;
    event.preventDefault();
    const download = await import("./download.js"); // with the library, which few visits need
    download.save(chosenPhotos(), bar.dataset.day ?? "").catch(look); // which is said; a photo may be gone
  });
  byId("choose-none").addEventListener("click", () => {
    set(boxes(), false);
    (last ?? byId("main")).focus({ preventScroll: true }); // the bar goes
  });
  // A browser that comes back to the page remembers the check marks.
  set(boxes().filter((box) => box.checked), true);
}
