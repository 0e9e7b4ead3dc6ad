// Where the keyboard is. What a script removes, hides or disables passes the focus on to what is next to it; and a page
// that comes back, after a form or a link, has the focus where it was. So the focus never falls to the body.

const CONTROLS = "a[href], button, input, select, textarea, summary, video[controls], [tabindex]";
const GROUPS = "dialog, [role=dialog], form, nav, section, article, header, main";
const SECTIONS = "dialog, [role=dialog], nav, section, article, header, main";
const HEADINGS = "h1, h2, h3";
const STATES = ["class", "disabled", "hidden", "href", "inert", "open", "tabindex"]; // attributes by which one cannot be focused
const MAX_PLACES = 20;
const KEPT = "nightjar.focus"; // in the session's storage, of this tab alone

/**
 * What had the focus, and what was around it. `isSeen`: a ring showed it, as it does for who uses the keyboard.
 *
 * @typedef {{ element: HTMLElement, group: Element | null, section: HTMLElement | null, controls: HTMLElement[], isSeen: boolean }} Place
 */
/** @typedef {{ page: string, id: string, form: string | null, name: string, value: string, section: string, isSeen: boolean }} Kept */

/** @type {Place[]} the last ones, the newest last */
let places = [];
let isReleased = true; // the person took the focus away themselves, as by a click beside everything

/** @param {string} selector @param {ParentNode} parent */
const all = (selector, parent) => /** @type {HTMLElement[]} */ ([...parent.querySelectorAll(selector)]);

/** @param {Element} element */
function isShown(element) {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && element.checkVisibility({ visibilityProperty: true });
}

/** @param {Element} element */
function canFocus(element) {
  if (!element.isConnected || !element.matches(CONTROLS) || element.matches(":disabled")) return false;
  const modal = document.querySelector("dialog:modal");
  return isShown(element) && !element.closest("[inert]") && (!modal || modal.contains(element));
}

/** Return the heading of what is around an element, which can be focused from now on. @param {Element} element */
function headingAround(element) {
  const heading = all(HEADINGS, element.closest(SECTIONS) ?? element).find(isShown) ?? document.getElementById("main");
  if (heading && heading.tabIndex < 0) heading.tabIndex = -1;
  return heading;
}

/** Return the element, or the one of the same id that a script has put in its place. @param {HTMLElement} element */
const current = (element) => (element.isConnected || !element.id ? element : document.getElementById(element.id) ?? element);

/** @param {Element} one @param {Element} other */
const areAlike = (one, other) => one.tagName === other.tagName && one.textContent === other.textContent
  && one.getAttribute("name") === other.getAttribute("name");

/**
 * Say what may have the focus in the place of an element, the best first: what was made anew in its place, the controls
 * beside it, those like it in other rows of its section, all others there, and the heading above.
 *
 * @param {Place} place
 * @returns {Generator<Element>}
 */
export function* successors({ element, group, section, controls }) {
  const remade = current(element);
  yield remade;
  yield* all(CONTROLS, remade);
  if (group?.isConnected && !isShown(group)) return; // as a dialog that was closed
  const at = controls.indexOf(element);
  const around = [...controls.slice(at + 1), ...controls.slice(0, Math.max(at, 0)).reverse()];
  yield* around.filter((one) => group?.contains(one)).map(current);
  yield* around.filter((one) => areAlike(one, element));
  yield* around.map(current);
  const home = section && section.tagName !== "MAIN" ? current(section) : null;
  const heading = home?.isConnected && isShown(home) ? headingAround(home) : null;
  if (heading) yield heading;
}

/** Whether the element with the focus can keep it. */
const isInPlace = () => {
  const active = document.activeElement;
  return active !== null && active !== document.body && isShown(active) && !active.matches(":disabled");
};

/** Pass the focus on if a script has taken it away from what had it. */
function passOn() {
  if (isReleased || isInPlace()) return;
  const isSeen = places.at(-1)?.isSeen ?? true;
  // What opened a dialog that is gone, or led to a part that is gone, had the focus before.
  for (const place of [...places].reverse()) {
    for (const one of successors(place)) {
      if (canFocus(one)) {
        focus(one, isSeen);
        return;
      }
    }
  }
  focus(headingAround(document.querySelector("dialog:modal") ?? document.body), isSeen);
}

/** @param {Element | null} element @param {boolean} isSeen whether a ring shows it; else the page does not move */
function focus(element, isSeen) {
  if (!(element instanceof HTMLElement || element instanceof SVGElement)) return;
  element.focus(/** @type {FocusOptions} */ ({ preventScroll: true, ...(isSeen ? {} : { focusVisible: false }) }));
  if (isSeen) element.scrollIntoView({ block: "nearest", behavior: "instant" });
}

/** @param {FocusEvent} event */
function remember({ target }) {
  if (!(target instanceof HTMLElement || target instanceof SVGElement)) return;
  const element = /** @type {HTMLElement} */ (target);
  const group = element.parentElement?.closest(GROUPS) ?? null;
  const section = /** @type {HTMLElement | null} */ (group?.closest(SECTIONS) ?? null);
  places = places.filter((one) => one.element !== element);
  places.push({ element, group, section, controls: section ? all(CONTROLS, section) : [], isSeen: element.matches(":focus-visible") });
  places = places.slice(-MAX_PLACES);
  isReleased = false;
}

/** Notice that a person took the focus away: the element could have kept it. @param {FocusEvent} event */
function release({ target, relatedTarget }) {
  if (relatedTarget || !(target instanceof Element)) return;
  queueMicrotask(() => { isReleased ||= document.activeElement === document.body && canFocus(target); });
}

// -- From one page to the next of its kind ----------------------------------------------------------------------------

const kind = document.documentElement.dataset.page ?? "";

/** Return how the next page finds a control: by its id, else by its form and its name. @param {Element} element @returns {Kept} */
export function describe(element) {
  const { name = "", value = "", form = null } = /** @type {Partial<HTMLButtonElement>} */ (element);
  const isButton = element.matches("button, [type=submit], [type=radio], [type=checkbox]"); // of one name there may be several
  return {
    page: kind,
    id: element.id,
    form: form ? form.getAttribute("action") ?? "" : null,
    name,
    value: isButton ? value : "",
    section: element.closest("section[id], article[id]")?.id ?? "",
    isSeen: element.matches(":focus-visible"),
  };
}

/** Say which controls are what was described. @param {Kept} kept @returns {Generator<Element>} */
function* again(kept) {
  const own = kept.id && document.getElementById(kept.id);
  if (own) yield own;
  for (const form of document.forms) {
    if (form.getAttribute("action") !== kept.form) continue;
    const alike = all("button, input, select, textarea", form).filter((one) => (one.getAttribute("name") ?? "") === kept.name);
    yield* alike.filter((one) => kept.value && /** @type {HTMLButtonElement} */ (one).value === kept.value);
    yield* kept.name ? alike : alike.filter((one) => one.matches("button"));
  }
}

/** Put the focus where it was on the page before, if that was of the same kind, and nothing else wants it. */
function restore() {
  const text = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (!text || document.activeElement !== document.body || document.querySelector("[autofocus]")) return;
  /** @type {Kept} */
  const kept = JSON.parse(text);
  const target = document.querySelector(":target");
  if (kept.page !== kind || (target && canFocus(target))) return; // the browser goes to the latter
  for (const one of again(kept)) {
    if (canFocus(one)) {
      focus(one, kept.isSeen);
      return;
    }
  }
  const section = kept.section && document.getElementById(kept.section);
  if (kept.isSeen) focus(headingAround(section || document.body), true);
}

/** Do so for all of the page. */
export function keepFocus() {
  document.addEventListener("focusin", remember);
  document.addEventListener("focusout", release);
  new MutationObserver(passOn).observe(document.body, { subtree: true, childList: true, attributeFilter: STATES });
  document.addEventListener("DOMContentLoaded", restore); // after the scripts of the page
  addEventListener("pagehide", () => {
    const active = document.activeElement;
    if (active && active !== document.body) sessionStorage.setItem(KEPT, JSON.stringify(describe(active)));
  });
}
