// What an owner decides: who else may look, which links stay open, and which cameras there are.

import { letLook, listCameras, listLinks, listPeople, removeCamera, revokeLink, shutOut } from "./api.js";
import { element } from "./media.js";

const byId = (id) => document.getElementById(id);

let forgetCamera = () => {};

// Shows all of it to who may decide about it, and nothing to others. `cameraRemoved` is called with the
// name of a camera that was removed.
export function showOwnersPart(scopes, cameraRemoved) {
  forgetCamera = cameraRemoved;
  byId("owner").hidden = !scopes.includes("admin");
  byId("new-person").reset();
  byId("removal").textContent = "";
  if (!byId("owner").hidden) attempt(offerCameras);
}

// By their names, since nobody would notice a misspelt one.
async function offerCameras() {
  const names = await listCameras();
  byId("person-cameras").replaceChildren(...names.map((name) =>
    element("label", {}, element("input", { type: "checkbox", value: name }), ` ${name}`)));
  byId("cameras").replaceChildren(...names.map(cameraLine));
  if (names.length === 0) byId("cameras").append(element("li", {}, "There is none yet."));
  chooseEvery();
}

function chooseEvery() {
  for (const box of byId("person-cameras").querySelectorAll("input")) box.disabled = byId("every-camera").checked;
}

// The names of those that were chosen; null for all, also those to come.
function chosenCameras() {
  if (byId("every-camera").checked) return null;
  const chosen = [...byId("person-cameras").querySelectorAll(":checked")].map((box) => box.value);
  if (chosen.length === 0) throw new Error("Choose the cameras that they may see, or all.");
  return chosen;
}

async function attempt(action) {
  byId("owner-problem").textContent = "";
  try {
    await action();
    byId("people").replaceChildren(...(await listPeople()).map(personLine));
    const open = (await listLinks()).filter((link) => new Date(link.until) > new Date())
      .sort((one, other) => new Date(other.until) - new Date(one.until));
    byId("links").replaceChildren(...open.map(linkLine));
    if (open.length === 0) byId("links").append(element("li", {}, "None is open."));
  } catch (problem) {
    byId("owner-problem").textContent = problem.message;
    byId("owner-problem").scrollIntoView({ block: "nearest" }); // the dialog may be longer than the screen
  }
}

function personLine(person) {
  const sees = person.role === "owner" ? "decides about everything"
    : person.cameras === null ? "all cameras" : person.cameras.join(", ");
  const line = element("li", {}, element("b", {}, person.name), ` \u00b7 ${sees} `);
  if (person.name !== "owner") line.append(button("Shut out", `Let ${person.name} in no more?`, () => remove(person.name)));
  return line;
}

async function remove(name) {
  const letIn = await shutOut(name);
  const question = `${name} let in ${letIn.join(", ")}. Shut them out, too?`;
  if (letIn.length > 0 && confirm(question)) for (const one of letIn) await shutOut(one);
}

function cameraLine(name) {
  const question = `Remove the camera ${name}? All of its photos and alerts are deleted; this cannot be undone. `
    + "If it sends something again, it is a new camera.";
  const made = button("Remove", question, async () => {
    made.disabled = true;
    byId("removal").textContent = `Removing ${name}...`;
    await removeWithPhotos(name);
  });
  made.setAttribute("aria-label", `Remove ${name}`);
  return element("li", {}, element("b", {}, name), " ", made);
}

// Also if it fails halfway, the page no longer shows what may be gone.
async function removeWithPhotos(name) {
  try {
    await removeCamera(name, ({ photos, alerts, more }) => {
      byId("removal").textContent = more ? `Removing ${name}. Deleted so far: photos ${photos}, alerts ${alerts}.`
        : `${name} is removed. Deleted: photos ${photos}, alerts ${alerts}.`;
    });
  } finally {
    forgetCamera(name);
    await offerCameras();
  }
}

function linkLine(link) {
  const what = link.photo ? `one photo, ${moment(link.from, "medium")}` : `${moment(link.from)} to ${moment(link.to)}`;
  return element("li", { title: link.photo ?? "" }, element("b", {}, link.camera),
    ` \u00b7 ${what} \u00b7 open until ${moment(link.until)}, by ${link.made_by} `,
    button("Revoke", "Close this link? Whoever has it sees nothing any more.", () => revokeLink(link)));
}

const moment = (text, timeStyle = "short") => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle });

function button(label, question, action) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", () => confirm(question) && attempt(action));
  return made;
}

byId("new-person").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    await letLook(byId("person-name").value.trim(), byId("person-password").value, chosenCameras());
    byId("new-person").reset();
    chooseEvery();
  });
});
byId("every-camera").addEventListener("change", chooseEvery);
