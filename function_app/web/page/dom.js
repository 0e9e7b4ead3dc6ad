// The few things that every part of the page does with the document.

/**
 * Return the element with this id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [type] the class that it is known to have
 * @returns {T}
 * @throws {Error} if index.html has no such element
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof (type ?? HTMLElement))) throw new Error(`index.html has no such element: ${id}`);
  return /** @type {T} */ (found);
}

/** @param {string} id */
export const input = (id) => byId(id, HTMLInputElement);
/** @param {string} id */
export const select = (id) => byId(id, HTMLSelectElement);
/** @param {string} id */
export const form = (id) => byId(id, HTMLFormElement);
/** @param {string} id */
export const dialog = (id) => byId(id, HTMLDialogElement);

/**
 * Make an element.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<HTMLElementTagNameMap[Name]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/**
 * Set the children of an element. Those that stay are not moved, so that they keep the focus; they must be in order.
 *
 * @param {Element} parent
 * @param {Element[]} children
 */
export function setChildren(parent, children) {
  const kept = new Set(children);
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/**
 * Make a button that runs an action.
 *
 * @param {string} label
 * @param {() => unknown} action
 */
export function button(label, action) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", action);
  return made;
}

/**
 * Run an action, and show the message of what goes wrong.
 *
 * @param {HTMLElement} place where the message goes; emptied first
 * @param {() => unknown} action
 */
export async function report(place, action) {
  place.textContent = "";
  try {
    await action();
  } catch (problem) {
    place.textContent = messageOf(problem);
    place.scrollIntoView({ block: "nearest" }); // a dialog may be longer than the screen
  }
}

/** @param {unknown} problem */
export const messageOf = (problem) => (problem instanceof Error ? problem.message : String(problem));

/**
 * Return a moment as the browser's user writes it.
 *
 * @param {string | number} at ISO 8601, or milliseconds since 1970
 * @param {Intl.DateTimeFormatOptions} [style]
 */
export const moment = (at, style = { dateStyle: "medium", timeStyle: "short" }) => new Date(at).toLocaleString([], style);
