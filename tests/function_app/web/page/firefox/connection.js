// A connection to the backend that can be taken away: what a browser has open is cut, and what it opens is refused.

import { once } from "node:events";
import { connect, createServer } from "node:net";

/** @param {number} target the backend's port on this machine */
export async function connection(target) {
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  const relay = createServer((client) => {
    const server = connect(target, "127.0.0.1");
    for (const [from, to] of /** @type {const} */ ([[client, server], [server, client]])) {
      sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => { sockets.delete(from); to.end(); });
      from.pipe(to);
    }
  });
  /** @param {number} port */
  const listen = (port) => once(relay.listen(port, "127.0.0.1"), "listening");
  await listen(0);
  const { port } = /** @type {import("node:net").AddressInfo} */ (relay.address());

  function cut() {
    relay.close();
    for (const one of sockets) one.destroy();
  }

  return { port, cut, restore: () => listen(port) };
}
