// The few things that every part of the page does with the document.

/**
 * Return the element with this id.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type] the class that it is known to have
 * @returns {T}
 * @throws {Error} if the page has no such element
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof (type ?? HTMLElement))) throw new Error(`the page has no such element: ${id}`);
  return /** @type {T} */ (/** @type {Element} */ (found));
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
 * Make an element like another one, in place: what is the same is not touched, and keeps the focus. Children with an id
 * are paired by it, others by their order. Elements with the attribute `data-keep` stay as they are.
 *
 * @param {Element} current
 * @param {Element} wanted
 */
export function morph(current, wanted) {
  if (current.hasAttribute("data-keep")) return;
  for (const { name } of [...current.attributes]) if (!wanted.hasAttribute(name)) current.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (current.getAttribute(name) !== value) current.setAttribute(name, value);
  let next = current.firstChild;
  for (const child of wanted.childNodes) {
    const paired = pairOf(child, current, next);
    if (!paired) {
      current.insertBefore(document.importNode(child, true), next);
      continue;
    }
    // A node that is moved loses the focus: rather remove what stands before it and is not wanted.
    while (next && next !== paired && !isIn(next, wanted)) next = removed(next);
    if (paired === next) next = next.nextSibling;
    else current.insertBefore(paired, next);
    if (paired instanceof Element && child instanceof Element) morph(paired, child);
    else if (paired.nodeValue !== child.nodeValue) paired.nodeValue = child.nodeValue;
  }
  while (next) next = removed(next);
}

/** Remove a node, and return the one that followed it. @param {ChildNode} node */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Whether a parent has a child with the id of this node. @param {Node} node @param {Element} parent */
const isIn = (node, parent) => node instanceof Element && node.id !== "" && parent.querySelector(`:scope > #${CSS.escape(node.id)}`) !== null;

/** @param {Node} child @param {Element} parent @param {ChildNode | null} next @returns {Node | null} */
function pairOf(child, parent, next) {
  if (child instanceof Element && child.id) return parent.querySelector(`:scope > #${CSS.escape(child.id)}`);
  return next && next.nodeName === child.nodeName && !(next instanceof Element && next.id) ? next : null;
}

/**
 * Run an action for which a control was pressed. Until it is done the control does nothing more; if it were disabled, it
 * would lose the focus.
 *
 * @param {HTMLElement} control
 * @param {() => Promise<unknown>} action
 */
export async function whileBusy(control, action) {
  if (control.ariaDisabled === "true") return;
  control.ariaDisabled = "true";
  try {
    await action();
  } finally {
    control.ariaDisabled = null;
  }
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
