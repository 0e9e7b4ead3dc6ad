// The page of what is now: it looks for new photos by itself, and asks cameras for some.

import { SignedOutError } from "./api.js";
import { takePhoto } from "./commands.js";
import { byId, element, messageOf, morph } from "./dom.js";
import { follow } from "./follow.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { retryThumbnails } from "./thumbnails.js";
import { byBackend, formatTime, rewriteTimes } from "./times.js";

const AGE_INTERVAL = 10_000; // ms

const tiles = byId("tiles");
const markMissing = retryThumbnails(tiles);

const look = follow(tiles, () => "/?tiles", (wanted) => {
  morph(tiles, wanted);
  rewriteTimes(tiles);
  markMissing();
}, { onLost: forgetStates });

/** How cameras are is not known any more. @param {number} seenAt when it was, in ms since 1970 */
function forgetStates(seenAt) {
  for (const reason of tiles.querySelectorAll(".about .alarm:not(.state)")) reason.remove();
  for (const state of tiles.querySelectorAll(".state")) {
    state.className = "state unknown";
    state.textContent = t("now.script.lost", { time: formatTime(byBackend(seenAt), "short") });
  }
  tiles.dataset.etag = ""; // the next look shows them again, also if nothing has changed
}

/** @param {HTMLButtonElement} button */
async function take(button) {
  if (button.hasAttribute("data-keep")) return; // it is asked already
  const camera = button.dataset.take ?? "";
  const place = byId(`asked-${camera}`);
  button.setAttribute("data-keep", "");
  button.setAttribute("aria-disabled", "true"); // a disabled one would lose the focus
  try {
    const photo = await takePhoto(camera, place);
    if (photo) {
      place.replaceChildren(element("a", { href: `/photos/${photo.id}` }, t("now.script.taken")));
      await look();
    }
  } catch (problem) {
    if (problem instanceof SignedOutError) askToSignIn();
    place.textContent = messageOf(problem);
  } finally {
    button.removeAttribute("data-keep");
    button.removeAttribute("aria-disabled");
  }
}

tiles.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  if (button) take(button);
});
setInterval(() => rewriteTimes(tiles), AGE_INTERVAL);
