// The page to sign in. Without this script the form is sent as it is.

import { RequestError, signIn } from "./api.js";
import { byId, form, input, messageOf, whileBusy } from "./dom.js";
import { canUsePasskeys, signInByPasskey } from "./passkeys.js";
import { t } from "./strings.js";

/** @param {unknown} problem */
const needsCode = (problem) => problem instanceof RequestError && problem.type === "code-required";
const codeText = () => input("code").value ? "sign_in.wrong_code" : "sign_in.code_required";

/** @param {unknown} problem */
function textOf(problem) {
  if (!(problem instanceof RequestError)) return messageOf(problem);
  switch (problem.status) {
    case 401: return t(needsCode(problem) ? codeText() : "sign_in.wrong");
    case 403: return t("sign_in.too_easy");
    case 429: return t("sign_in.too_many", { count: Number(problem.retryAfter) });
    default: return t("sign_in.busy");
  }
}

/** Show the page that was asked for: a path of this site, which the backend has checked. */
function goOn() {
  location.replace(/** @type {HTMLInputElement} */ (form("sign-in").elements.namedItem("next")).value);
}

/** Return the field that is wrong; "" if none is, as without a connection. @param {unknown} problem */
function fieldOf(problem) {
  if (needsCode(problem)) return "code";
  return problem instanceof RequestError && [401, 403].includes(problem.status) ? "password" : "";
}

/** @param {string} text @param {string} [field] which is wrong */
function showProblem(text, field) {
  byId("sign-in-problem").textContent = text;
  for (const id of ["password", "code"]) input(id).setAttribute("aria-invalid", String(id === field));
}

async function signInByPassword() {
  showProblem("");
  try {
    await signIn(input("name").value, input("password").value, input("code").value);
    goOn();
  } catch (problem) {
    showProblem(textOf(problem), fieldOf(problem));
    if (needsCode(problem)) byId("code-part").hidden = false;
    input(needsCode(problem) ? "code" : "password").select();
  }
}

form("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  whileBusy(/** @type {HTMLButtonElement} */ (form("sign-in").querySelector("button")), signInByPassword);
});

byId("passkey").hidden = !canUsePasskeys();
byId("passkey").addEventListener("click", async () => {
  showProblem("");
  try {
    await signInByPasskey();
    goOn();
  } catch (problem) {
    const is_busy = problem instanceof RequestError && problem.status !== 401;
    showProblem(is_busy ? textOf(problem) : t("sign_in.no_passkey"));
  }
});
