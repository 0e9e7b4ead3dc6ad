// The dialog that makes a link to one photo: it says until when the link opens before there is one.

import { sharePhoto } from "./api.js";

const byId = (id) => document.getElementById(id);
const dialog = byId("share-dialog");

let shared = null; // the photo

export function openShare(photo) {
  shared = photo;
  byId("share-problem").textContent = "";
  byId("share-choice").hidden = false;
  byId("share-made").hidden = true;
  showEnd();
  dialog.showModal();
}

const hours = () => Number(byId("share-hours").value);

function showEnd(until = Date.now() + hours() * 3_600_000) {
  byId("share-until").textContent = new Date(until).toLocaleString([], { dateStyle: "full", timeStyle: "short" });
}

async function makeLink() {
  byId("share-make").disabled = true;
  try {
    const { url, until } = await sharePhoto(shared, hours());
    showEnd(until);
    byId("share-choice").hidden = true;
    byId("share-made").hidden = false;
    byId("share-url").value = url;
    byId("share-url").select();
    byId("share-copy").textContent = "Copy";
    byId("share-copy").hidden = !navigator.clipboard; // there is none without https
  } catch (problem) {
    byId("share-problem").textContent = problem.message;
  } finally {
    byId("share-make").disabled = false;
  }
}

byId("share-hours").addEventListener("change", () => showEnd());
byId("share-make").addEventListener("click", makeLink);
byId("share-copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("share-url").value);
  byId("share-copy").textContent = "Copied";
});
byId("share-close").addEventListener("click", () => dialog.close());
