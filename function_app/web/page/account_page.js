// The page of a person's own account.

import { RequestError, SignedOutError, call, changePassword, getJson, signOutEverywhere } from "./api.js";
import { byId, dialog, element, form, input } from "./dom.js";
import { bodyOf } from "./follow.js";
import { addPasskey, canUsePasskeys } from "./passkeys.js";
import { askToSignIn } from "./session.js";
import { t } from "./strings.js";
import { rewriteTimes, timeElement } from "./times.js";

/** The message is the key of a text. */
class WeakPasswordError extends Error {}

/** @param {unknown} problem @param {string} wrong the key of the text for what was refused */
function textOf(problem, wrong) {
  if (problem instanceof DOMException) return t("account.script.no_passkey");
  if (problem instanceof WeakPasswordError) return t(problem.message);
  if (!(problem instanceof RequestError)) return t("account.script.failed");
  switch (problem.status) {
    case 400: return t("account.script.refused");
    case 403: return t(wrong);
    case 429: return t("account.script.too_many", { count: Number(problem.retryAfter) });
    default: return t("account.script.failed");
  }
}

/** Say what went wrong. @param {unknown} problem @param {string} [wrong] */
function tell(problem, wrong = "account.script.wrong_password") {
  if (problem instanceof SignedOutError) askToSignIn();
  else byId("problem").textContent = textOf(problem, wrong);
}

/**
 * Do something, and say below what was pressed that it is done or why it is not.
 *
 * @param {Event} event
 * @param {() => Promise<string>} action returns what to say
 * @param {string} [wrong] the key of the text for what was refused
 */
async function attempt(event, action, wrong) {
  const said = byId("said"), problem = byId("problem");
  said.textContent = problem.textContent = "";
  /** @type {HTMLElement} */ (event.target).closest("section")?.append(said, problem);
  try {
    said.textContent = await action();
  } catch (error) {
    tell(error, wrong);
  }
}

/** @param {string} id of a form, which may come later @param {() => Promise<string>} action @param {string} [wrong] */
function onSubmit(id, action, wrong) {
  document.addEventListener("submit", (event) => {
    if (/** @type {HTMLElement} */ (event.target).id !== id) return;
    event.preventDefault();
    attempt(event, action, wrong);
  });
}

/** @template T @param {(password?: string) => Promise<T>} action done again with the password if the backend wants it */
async function withPassword(action) {
  try {
    return await action();
  } catch (problem) {
    if (!(problem instanceof RequestError) || problem.type !== "password-required") throw problem;
  }
  const asking = dialog("ask-password");
  form("ask-password-form").reset();
  asking.showModal();
  byId("ask-cancel").onclick = () => asking.close();
  const was_sent = await new Promise((done) => {
    form("ask-password-form").addEventListener("submit", () => done(true), { once: true });
    asking.addEventListener("close", () => done(false), { once: true }); // by the button or Escape
  });
  if (!was_sent) throw new DOMException();
  return action(input("asked-password").value);
}

async function showPasskeys() {
  /** @type {{ passkeys: { id: string, label: string, added_at: string, used_at: string | null }[] }} */
  const { passkeys } = await getJson("/api/passkeys");
  byId("passkeys").replaceChildren(...passkeys.map((one) => {
    const remove = element("button", { type: "button", textContent: t("account.script.remove") });
    remove.addEventListener("click", (event) => attempt(event, async () => {
      await call(`/api/passkeys/${one.id}`, { method: "DELETE" });
      await showPasskeys();
      return t("account.script.passkey_removed");
    }));
    const used = one.used_at ? [` · ${t("account.script.used")} `, timeElement(one.used_at)] : [];
    const times = element("span", { className: "quiet" }, `${t("account.script.added")} `, timeElement(one.added_at), ...used);
    return element("li", {}, element("div", {}, element("b", { textContent: one.label }), element("br"), times), remove);
  }));
}

/** Show the authenticator app as it is now. */
async function showApp() {
  const page = await bodyOf(await call(location.pathname, { cache: "no-store" }));
  byId("app").replaceChildren(...(page.querySelector("#app")?.childNodes ?? []));
  rewriteTimes(byId("app"));
}

onSubmit("new-password", async () => {
  const password = input("new").value;
  try {
    await changePassword(input("old").value, password);
  } catch (problem) {
    if (!(problem instanceof RequestError) || problem.status !== 400) throw problem;
    // The field itself refuses a short one.
    throw new WeakPasswordError(new Set(password).size < 5 ? "people.problem.password" : "people.problem.common");
  }
  form("new-password").reset();
  return t("account.script.password_changed");
});
onSubmit("new-passkey", async () => {
  await withPassword((password) => addPasskey(input("label").value, password));
  form("new-passkey").reset();
  await showPasskeys();
  return t("account.script.passkey_added");
});
onSubmit("confirm-app", async () => {
  const body = JSON.stringify({ code: input("first-code").value });
  const { recovery_codes: codes } = await getJson("/api/totp/confirmation", { method: "POST", body });
  byId("recovery").hidden = false;
  byId("recovery-codes").replaceChildren(
    ...codes.map((/** @type {string} */ one) => element("li", {}, element("code", { textContent: one }))));
  byId("recovery").focus();
  await showApp();
  return t("account.script.app_added");
}, "account.script.wrong_code");
onSubmit("remove-app", async () => {
  const body = JSON.stringify({ password: input("app-password").value, code: input("app-code").value });
  await call("/api/totp", { method: "DELETE", body });
  byId("recovery").hidden = true; // they are worth nothing any more
  await showApp();
  byId("begin-app").focus();
  return t("account.script.app_removed");
}, "account.script.wrong");
/** @param {Event} event */
const beginApp = (event) => attempt(event, async () => {
  const begun = await withPassword((password) => getJson("/api/totp", {
    method: "POST", body: JSON.stringify(password === undefined ? {} : { password }),
  }));
  const picture = /** @type {Element} */ (new DOMParser().parseFromString(begun.qr, "text/html").body.firstElementChild);
  byId("qr").replaceChildren(document.importNode(picture, true));
  byId("secret").textContent = begun.secret;
  byId("begin-app").hidden = true;
  form("confirm-app").hidden = false;
  input("first-code").focus();
  return "";
});
document.addEventListener("click", (event) => {
  if (/** @type {HTMLElement} */ (event.target).id === "begin-app") beginApp(event);
});
for (const item of /** @type {NodeListOf<HTMLElement>} */ (byId("sessions").querySelectorAll("[data-session]"))) {
  item.querySelector("button")?.addEventListener("click", (event) => attempt(event, async () => {
    await call(`/api/sessions/${item.dataset.session}`, { method: "DELETE" });
    item.remove();
    return t("account.script.session_ended");
  }));
}
byId("everywhere").addEventListener("click", (event) => attempt(event, async () => {
  await signOutEverywhere();
  askToSignIn();
  return "";
}));
form("new-passkey").hidden = !canUsePasskeys();
showPasskeys().catch((problem) => tell(problem)); // what was done meanwhile stays said
