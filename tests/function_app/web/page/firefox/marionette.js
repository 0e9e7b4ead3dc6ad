// The part of Firefox's Marionette protocol that WebDriver BiDi lacks: an authenticator in software, for passkeys.

import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

/** What Firefox is started with. The preferences have it ask the authenticators of tests, and no security key. */
export const ARGUMENTS = ["--marionette"];
export const PREFERENCES = {
  "marionette.port": 0, // a free one
  "security.webauth.webauthn_enable_softtoken": true,
  "security.webauth.webauthn_enable_usbtoken": false,
};
const AUTHENTICATOR = {
  protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
};

/** Return what sends commands to a Firefox, in the session that WebDriver BiDi has begun. @param {string} profile its folder */
export async function connectMarionette(profile) {
  const port = Number(await readFile(join(profile, "MarionetteActivePort"), "utf8"));
  const socket = connect(port, "127.0.0.1");
  /** @type {Map<number, (answer: { error: { message: string } | null, result: any }) => void>} */
  const waiting = new Map();
  let text = "";
  let count = 0;
  socket.setEncoding("latin1"); // the length of a message is in bytes
  socket.on("data", (piece) => {
    text += piece;
    for (;;) {
      const [length = ""] = text.match(/^\d+:/) ?? [];
      const end = length.length + parseInt(length, 10);
      if (!length || text.length < end) return;
      const message = JSON.parse(Buffer.from(text.slice(length.length, end), "latin1").toString());
      text = text.slice(end);
      if (!Array.isArray(message)) continue; // its greeting
      const [, id, error, result] = message;
      waiting.get(id)?.({ error, result });
    }
  });

  /** @param {string} name @param {object} parameters @returns {Promise<any>} */
  async function send(name, parameters) {
    count += 1;
    const id = count;
    const message = JSON.stringify([0, id, name, parameters]);
    socket.write(`${Buffer.byteLength(message)}:${message}`);
    const { error, result } = await new Promise((done) => { waiting.set(id, done); });
    if (error) throw new Error(`${name}: ${error.message}`);
    return result;
  }

  return {
    /** Add an authenticator of which a person has just given the fingerprint. Return its id. @returns {Promise<string>} */
    addAuthenticator: async () => (await send("WebAuthn:AddVirtualAuthenticator", AUTHENTICATOR)).value,
    /** @param {string} authenticatorId */
    removeAuthenticator: (authenticatorId) => send("WebAuthn:RemoveVirtualAuthenticator", { authenticatorId }),
    close: () => socket.destroy(),
  };
}
