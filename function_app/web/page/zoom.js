// The enlarged photo: zoom, pan and swipe, by PhotoSwipe. Its dialog gets here what axe-core misses in version 5.4.4: a
// name and aria-modal (upstream PR 2184). The file of the library is unchanged.

import { getJson } from "./api.js";
import { byId, element } from "./dom.js";
import { t } from "./strings.js";
import PhotoSwipe from "./vendor/photoswipe/photoswipe.esm.min.js";

/** @import { Photo } from "./api.js" */
/** @typedef {{ id: string, src?: string, width?: number, height?: number, clip?: string, alt: string }} Slide */
/** @typedef {{ step: (offset: number) => void }} Zoom */

const AROUND = 100; // photos on each side; who goes on from the last one closes and opens it again

/**
 * Open the enlarged photo.
 *
 * @param {HTMLElement} article the page's photo
 * @param {(id: string) => unknown} onShown called with the id of each other photo that is shown
 * @param {() => void} onClosed
 * @returns {Promise<Zoom>}
 */
export async function openZoom(article, onShown, onClosed) {
  const id = article.dataset.id ?? "";
  const slides = await slidesAround(article, id);
  const reducesMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const swipe = new PhotoSwipe({
    dataSource: slides,
    index: slides.findIndex((one) => one.id === id),
    loop: false,
    counter: false, // it would count what was read
    preload: [1, 1],
    bgOpacity: 1,
    // A photo that fits is enlarged all the same: a face in it may be small.
    secondaryZoomLevel: (/** @type {{ fit: number }} */ { fit }) => Math.max(1, 2 * fit),
    maxZoomLevel: (/** @type {{ fit: number }} */ { fit }) => Math.max(4, 4 * fit),
    showHideAnimationType: reducesMotion ? "none" : "fade",
    arrowPrevTitle: t("photo.script.previous"),
    arrowNextTitle: t("photo.script.next"),
    closeTitle: t("photo.script.close"),
    zoomTitle: t("photo.script.zoom"),
    errorMsg: "",
    returnFocus: false, // the page beneath may show another photo by then
  });
  swipe.on("contentLoad", (event) => {
    if (!event.content.data.clip) return;
    event.preventDefault();
    event.content.element = element("video", { src: event.content.data.clip, controls: true, muted: true, playsInline: true });
  });
  // The list does not have the sizes: each is known once its picture is there.
  swipe.on("loadComplete", ({ content, slide: { index } }) => {
    const image = content.element;
    if (!(image instanceof HTMLImageElement) || content.data.width === image.naturalWidth || !image.naturalWidth) return;
    content.data.width = image.naturalWidth;
    content.data.height = image.naturalHeight;
    swipe.refreshSlideContent(index);
  });
  swipe.on("afterInit", () => {
    swipe.element?.setAttribute("aria-label", t("photo.script.enlarged"));
    swipe.element?.setAttribute("aria-modal", "true");
  });
  swipe.on("change", () => {
    const shown = slides[swipe.currIndex];
    if (shown && shown.id !== byId("photo").dataset.id) onShown(shown.id);
  });
  swipe.on("destroy", () => {
    onClosed();
    byId("picture").focus({ preventScroll: true });
  });
  swipe.init();
  return { step: (offset) => { if (offset > 0) swipe.next(); else swipe.prev(); } };
}

/** Return the shown photo between others, the oldest first. @param {HTMLElement} article @param {string} id */
async function slidesAround(article, id) {
  const query = new URLSearchParams(article.dataset.query); // camera, and stubs
  query.set("limit", String(AROUND));
  const at = article.dataset.at ?? "";
  const [newer, older] = await Promise.all([
    getJson(`/api/photos?${query}&order=oldest&from=${at}`),
    getJson(`/api/photos?${query}&to=${article.dataset.after}`),
  ]);
  const picture = article.querySelector("img");
  /** @type {Map<string, Slide>} */
  const slides = new Map();
  for (const one of [...older.photos.reverse(), ...newer.photos]) slides.set(one.id, slide(one));
  const own = slides.get(id);
  if (own && picture) Object.assign(own, { width: picture.naturalWidth, height: picture.naturalHeight });
  return [...slides.values()];
}

/** @param {Photo} photo @returns {Slide} */
function slide(photo) {
  const alt = byId("picture").querySelector("img")?.alt ?? "";
  const content = `/api/photos/${photo.id}/content`;
  if (photo.content_type === "video/mp4") return { id: photo.id, clip: content, alt };
  const src = photo.content_type === "image/jpeg" ? content : `/api/photos/${photo.id}/thumbnail`;
  return { id: photo.id, src, width: innerWidth, height: innerHeight, alt };
}
