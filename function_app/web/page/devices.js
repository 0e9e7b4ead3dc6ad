// The pages of devices: they look for changes by themselves, fast while a device is asked for something.

import { morph } from "./dom.js";
import { follow } from "./follow.js";
import { rewriteTimes } from "./times.js";

const AGE_INTERVAL = 1000; // ms

const part = /** @type {HTMLElement} */ (document.querySelector("[data-followed]"));

follow(part, () => part.dataset.followed ?? "", (wanted) => {
  morph(part, wanted);
  rewriteTimes(part);
}, { isExpecting: () => part.querySelector("[data-pending]") !== null });
setInterval(() => rewriteTimes(part), AGE_INTERVAL);
