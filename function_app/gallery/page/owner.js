// What an owner decides: who else may look, and which links stay open.

import { letLook, listLinks, listPeople, revokeLink, shutOut } from "./api.js";
import { element } from "./media.js";

const byId = (id) => document.getElementById(id);

// Shows both to who may decide about them, and nothing to others.
export function showOwnersPart(scopes) {
  byId("owner").hidden = !scopes.includes("admin");
  byId("new-person").reset();
  if (!byId("owner").hidden) attempt(async () => {});
}

async function attempt(action) {
  byId("owner-problem").textContent = "";
  try {
    await action();
    byId("people").replaceChildren(...(await listPeople()).map(personLine));
    const open = (await listLinks()).filter((link) => new Date(link.until) > new Date());
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
  if (person.name !== "owner") line.append(button("Shut out", `Let ${person.name} in no more?`, () => shutOut(person)));
  return line;
}

function linkLine(link) {
  const what = link.photo ?? `${link.camera}, ${moment(link.from)} to ${moment(link.to)}`;
  return element("li", {}, element("b", {}, what), ` \u00b7 until ${moment(link.until)}, by ${link.made_by} `,
    button("Revoke", "Close this link? Whoever has it sees nothing any more.", () => revokeLink(link)));
}

const moment = (text) => new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });

function button(label, question, action) {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", () => confirm(question) && attempt(action));
  return made;
}

byId("new-person").addEventListener("submit", (event) => {
  event.preventDefault();
  const cameras = byId("person-cameras").value.split(/[\s,]+/).filter(Boolean);
  attempt(async () => {
    await letLook(byId("person-name").value.trim(), byId("person-password").value, cameras.length > 0 ? cameras : null);
    byId("new-person").reset();
  });
});
