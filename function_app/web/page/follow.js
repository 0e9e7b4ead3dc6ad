// A part of a page that follows what the backend shows: it looks again by itself, less often when nothing changes or
// nobody sees the page.

import { call, SignedOutError } from "./api.js";
import { byId, messageOf } from "./dom.js";
import { askToSignIn } from "./session.js";

const FAST_INTERVAL = 1000; // ms
const INTERVAL = 15_000; // ms
const QUIET_INTERVAL = 60_000; // ms once nothing has changed for a while
const HIDDEN_INTERVAL = 300_000; // ms while nobody sees the page
const QUIET_AFTER = 20; // looks without a change

/** @param {Response} response with a part of a page */
export const bodyOf = async (response) => new DOMParser().parseFromString(await response.text(), "text/html").body;

/**
 * Follow what is at an address. What goes wrong is said in the page's `#problem`.
 *
 * @param {HTMLElement} part with the ETag of what it shows in `data-etag`
 * @param {() => string} address
 * @param {(wanted: HTMLElement) => void} show makes the part look as `wanted`
 * @param {{ byItself?: boolean, isExpecting?: () => boolean, onLost?: (seenAt: number) => void }} [how] `byItself` is false
 * for a part that changes only when somebody changes it here; `isExpecting` returns whether a change is about to come;
 * `onLost` is called whenever a look fails, with the time of the last good one, in ms since 1970 by the browser's clock
 * @returns {() => Promise<void>} looks now
 */
export function follow(part, address, show, { byItself = true, isExpecting = () => false, onLost = () => {} } = {}) {
  let unchanged = 0; // looks in a row
  let seenAt = Date.now();
  let began = 0; // looks
  let answered = 0; // the number of the newest look that was answered
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function interval() {
    if (document.visibilityState === "hidden") return HIDDEN_INTERVAL;
    if (isExpecting()) return FAST_INTERVAL;
    return unchanged >= QUIET_AFTER ? QUIET_INTERVAL : INTERVAL;
  }

  async function look() {
    clearTimeout(timer);
    const number = ++began;
    try {
      const response = await call(address(), { cache: "no-store", headers: { "If-None-Match": part.dataset.etag ?? "" } });
      unchanged = response.status === 304 ? unchanged + 1 : 0;
      const body = response.status === 304 ? null : await bodyOf(response);
      if (body && number > answered) { // an older look may end later: it lacks what was done since
        const wanted = /** @type {HTMLElement} */ (part.cloneNode(false));
        wanted.append(...body.childNodes);
        wanted.dataset.etag = response.headers.get("ETag") ?? "";
        show(wanted);
      }
      answered = Math.max(answered, number);
      seenAt = Date.now();
      byId("problem").textContent = "";
    } catch (problem) {
      if (problem instanceof SignedOutError) {
        askToSignIn();
        return;
      }
      byId("problem").textContent = messageOf(problem);
      onLost(seenAt);
    }
    clearTimeout(timer); // that of another look meanwhile
    if (byItself) timer = setTimeout(look, interval());
  }

  if (!byItself) return look;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  timer = setTimeout(look, interval());
  return look;
}
