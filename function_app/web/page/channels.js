// The requests of this browser as a channel of notifications.

import { call, getJson } from "./api.js";

/**
 * @typedef {object} Channel
 * @property {string} id
 * @property {string} label
 * @property {string} destination
 * @property {string} created_at ISO 8601, UTC
 */

const PATH = "/api/notifications";

/** @param {string} id */
const pathOf = (id) => `${PATH}/channels/${encodeURIComponent(id)}`;

/** @param {{ label: string, kind: string, address: string, rule: { zone: string } }} wanted @returns {Promise<Channel>} */
export const makeChannel = (wanted) => getJson(`${PATH}/channels`, { method: "POST", body: JSON.stringify(wanted) });

/** @param {string} id @param {{ address: string }} changes @returns {Promise<Channel>} */
export const changeChannel = (id, changes) => getJson(pathOf(id), { method: "PATCH", body: JSON.stringify(changes) });

/** @param {string} id */
export async function removeChannel(id) {
  await call(pathOf(id), { method: "DELETE" });
}

/** @returns {Promise<string>} */
export const getPushKey = async () => (await getJson(`${PATH}/key`)).key;
