// What the scripts of the pages need of a browser, for unit tests under Node. Import it first.

import { register } from "node:module";

// The scripts are modules, whatever the nearest package.json says.
const HOOKS = `export const load = (url, context, next) =>
  next(url, url.includes("/web/page/") ? { ...context, format: "module" } : context);`;
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);

const PAGE = new URL("../../../../../function_app/web/page/", import.meta.url);

/** The English texts, which the pages give to their scripts. */
export const STRINGS = new URL("../../localization/strings/en.json", PAGE);

/** Import a script of the pages. @param {string} name */
export const script = (name) => import(new URL(name, PAGE).href);

/** Put something in the place of a browser's own. @param {string} name @param {unknown} value */
export function provide(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/**
 * A document that knows elements by their ids, whether it is seen, and who listens.
 *
 * @param {{ elements?: Record<string, object>, language?: string, data?: Record<string, string> }} [options]
 */
export function newDocument({ elements = {}, language = "en", data = {} } = {}) {
  const listeners = /** @type {Record<string, () => void>} */ ({});
  return {
    visibilityState: "visible",
    documentElement: { lang: language, dataset: data },
    /** @param {string} id */
    getElementById: (id) => elements[id] ?? null,
    /** @param {string} type @param {() => void} listener */
    addEventListener: (type, listener) => { listeners[type] = listener; },
    /** @param {string} type */
    send: (type) => listeners[type]?.(),
  };
}
