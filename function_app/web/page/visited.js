// Which photo was looked at last: who comes back to a list finds the focus on it.

const LAST = "nightjar.photo"; // in the session's storage, of this tab alone
const RETURNING = "nightjar.returning";

/** @param {string} id of the photo that is looked at */
export const rememberPhoto = (id) => sessionStorage.setItem(LAST, id);

/** Say that the page that is opened next is the list to which one returns. */
export const returnToList = () => sessionStorage.setItem(RETURNING, "1");

/** Put the focus on the link to the photo that was looked at last, if this page is the list to which one returns. */
export function focusVisited() {
  const [page] = performance.getEntriesByType("navigation");
  const isBack = page instanceof PerformanceNavigationTiming && page.type === "back_forward";
  const isReturn = sessionStorage.getItem(RETURNING) !== null;
  sessionStorage.removeItem(RETURNING);
  const id = sessionStorage.getItem(LAST);
  if (!id || !(isBack || isReturn)) return;
  /** @type {HTMLElement | null} */
  const link = document.querySelector(`a[href^="/photos/${CSS.escape(id)}"]`);
  const details = link?.closest("details");
  if (details) details.open = true;
  link?.focus();
}

// Whoever signs in next at this tab does not learn what was looked at. Signing out ends at one of these, too.
if (/^\/sign-(in|out)$/.test(location.pathname)) sessionStorage.removeItem(LAST);

addEventListener("pageshow", (event) => {
  if (event.persisted) focusVisited();
});
