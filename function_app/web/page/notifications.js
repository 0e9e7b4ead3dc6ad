// The page of notifications: what it adds is this browser as a place where they are shown, and that it looks for changes.

import { SignedOutError } from "./api.js";
import { byId, morph, report, whileBusy } from "./dom.js";
import { follow } from "./follow.js";
import { findBrowser, turnOff, turnOn } from "./push.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { rewriteTimes } from "./times.js";

/** @import { Browser, KnownChannel } from "./push.js" */

const page = byId("page");
const control = byId("browser-switch", HTMLButtonElement);
/** @type {Browser} */
let browser = { state: "off", channel: null };

/** Return the channels that the page shows. @returns {KnownChannel[]} */
const listShown = () => [.../** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-channel]"))]
  .map(({ dataset }) => ({ id: dataset.channel ?? "", kind: dataset.kind ?? "", browser: dataset.browser ?? "" }));

const look = follow(page, () => page.dataset.followed ?? "", (wanted) => {
  morph(page, wanted);
  rewriteTimes(page);
  run(showBrowser);
});

async function showBrowser() {
  browser = await findBrowser(listShown());
  byId("browser-state").textContent = t(`push.state.${browser.state}`);
  control.hidden = browser.state !== "on" && browser.state !== "off";
  const hint = document.getElementById("or-this-browser");
  if (hint) hint.hidden = browser.state !== "off";
  control.textContent = t(browser.channel ? "push.turn_off" : "push.turn_on");
  for (const card of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-channel]"))) {
    const mark = card.querySelector("h3 span");
    if (mark) mark.textContent = card.dataset.channel === browser.channel?.id ? ` ${t("push.this_one")}` : "";
  }
}

/** @param {() => Promise<unknown>} action */
const run = (action) => report(byId("browser-problem"), async () => {
  try {
    await action();
  } catch (problem) {
    if (!(problem instanceof SignedOutError)) throw problem;
    askToSignIn();
  }
});

control.addEventListener("click", () => whileBusy(control, () => run(async () => {
  const { channel } = browser;
  if (!channel) byId("browser-state").textContent = t("push.waiting");
  try {
    await (channel ? turnOff(channel) : turnOn());
  } finally {
    await showBrowser();
    await look(); // shows the browser again, as a channel or no longer as one
  }
})));
run(showBrowser);
