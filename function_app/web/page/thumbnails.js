// Thumbnails that do not come at once: the backend may be busy making others.

const MAX_TRIES = 5;
const RETRY_DELAY = 3000; // ms

/**
 * Try each thumbnail in a place again that did not come; in the end its link has the class `missing`.
 *
 * @param {HTMLElement} place
 * @returns {() => void} gives the links their class again: call it once the place was drawn anew
 */
export function retryThumbnails(place) {
  /** @type {WeakMap<HTMLImageElement, { src: string, tries: number }>} */
  const failures = new WeakMap();

  /** @param {HTMLImageElement} image */
  function retry(image) {
    const before = failures.get(image);
    const tries = before?.src === image.src ? before.tries + 1 : 1;
    failures.set(image, { src: image.src, tries });
    if (tries >= MAX_TRIES) markMissing();
    else setTimeout(() => { image.src = image.getAttribute("src") ?? ""; }, RETRY_DELAY);
  }

  function markMissing() {
    for (const image of place.querySelectorAll("img")) {
      const last = failures.get(image);
      const isMissing = last?.src === image.src && last.tries >= MAX_TRIES && !image.naturalWidth;
      if (isMissing) image.parentElement?.classList.add("missing");
    }
  }

  // These events do not bubble.
  place.addEventListener("error", ({ target }) => { if (target instanceof HTMLImageElement) retry(target); }, true);
  place.addEventListener("load", ({ target }) => {
    if (target instanceof HTMLImageElement) target.parentElement?.classList.remove("missing");
  }, true);
  // Some may have failed before this script ran.
  for (const image of place.querySelectorAll("img")) if (image.complete && !image.naturalWidth) retry(image);
  return markMissing;
}
