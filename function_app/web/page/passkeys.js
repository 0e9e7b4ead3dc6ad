// Passkeys: what the browser makes and signs (WebAuthn), between two requests to the backend.

import { call, getJson } from "./api.js";

/** Whether this browser, at this address, can use passkeys: over https or on localhost. */
export const canUsePasskeys = () => "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** Sign in by a passkey that the person chooses. */
export async function signInByPasskey() {
  const options = await getJson("/api/session/passkey/options", { method: "POST" });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.get({ publicKey }));
  const body = JSON.stringify({ credential: credential.toJSON() });
  await call("/api/session/passkey", { method: "POST", body });
}

/**
 * Make a passkey and add it.
 *
 * @param {string} label
 * @param {string} [password] required some minutes after the sign-in
 */
export async function addPasskey(label, password) {
  const asked = JSON.stringify(password === undefined ? {} : { password });
  const options = await getJson("/api/passkeys/options", { method: "POST", body: asked });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = /** @type {PublicKeyCredential} */ (await navigator.credentials.create({ publicKey }));
  const body = JSON.stringify({ label, credential: credential.toJSON() });
  await call("/api/passkeys", { method: "POST", body });
}
