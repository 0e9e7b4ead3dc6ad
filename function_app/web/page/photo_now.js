// The dialog that asks a camera for a photo. It is loaded when somebody opens it.

import { listDevices, takePhoto } from "./commands.js";
import { button, element, report } from "./dom.js";

/** @import { Photo } from "./api.js" */
/** @import { Camera } from "./commands.js" */

const status = element("p", { role: "status" });
const problem = element("p", { className: "problem", role: "alert" });
const list = element("ul", { className: "lines" });
const title = element("h2", { id: "photo-now-title" }, "Photo now");
/** @type {HTMLDialogElement} */
const shown = element("dialog", { className: "small", id: "photo-now-dialog" },
  title, status, problem, list, button("Close", () => shown.close()));
shown.setAttribute("aria-labelledby", title.id);
document.body.append(shown);

/** Whether a camera takes photos when asked, as far as its last heartbeat tells. @param {Camera} camera */
const canAnswer = ({ can, state }) => can.includes("photo") && !["silent", "off", "unknown"].includes(state);

/**
 * Show the cameras that can answer.
 *
 * @param {(photo: Photo) => unknown} onPhoto called with the photo, if the dialog is still open then
 */
export async function openPhotoNow(onPhoto) {
  status.textContent = "";
  list.replaceChildren();
  if (!shown.open) shown.showModal();
  await report(problem, async () => {
    const cameras = (await listDevices()).flatMap((device) => device.cameras).filter(canAnswer);
    list.replaceChildren(...cameras.map(({ camera }) => line(camera, onPhoto)));
    status.textContent = cameras.length ? "Which camera?" : "No camera can answer now. Devices says why.";
  });
}

/** @param {string} camera @param {(photo: Photo) => unknown} onPhoto */
function line(camera, onPhoto) {
  const take = button(camera, () => report(problem, async () => {
    setDisabled(true);
    try {
      const photo = await takePhoto(camera, status);
      if (!photo || !shown.open) return;
      shown.close();
      await onPhoto(photo);
    } catch (error) {
      status.textContent = "";
      throw error;
    } finally {
      setDisabled(false);
    }
  }));
  return element("li", {}, take, " ", element("a", { href: `/live/${camera}` }, `${camera} live`));
}

/** @param {boolean} isDisabled */
function setDisabled(isDisabled) {
  for (const one of list.querySelectorAll("button")) one.disabled = isDisabled;
}
