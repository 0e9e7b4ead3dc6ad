import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { newDocument, provide, script, STRINGS } from "./browser.js";

provide("document", newDocument({ elements: { strings: { textContent: readFileSync(STRINGS, "utf-8") } } }));
const { call, NotFoundError, RequestError, SignedOutError } = await script("api.js");

/** @param {number} status @param {string} body @param {Record<string, string>} [headers] */
function reply(status, body, headers = {}) {
  provide("fetch", async () => new Response(body, { status, headers }));
}

test("a refusal has its status, its type, and when to try again", async () => {
  reply(429, JSON.stringify({ detail: "Too many.", type: "throttled" }), { "Retry-After": "8" });
  await assert.rejects(call("/api/session"), (/** @type {RequestError} */ error) => {
    assert.ok(error instanceof RequestError);
    assert.deepEqual([error.message, error.status, error.type, error.retryAfter], ["Too many.", 429, "throttled", "8"]);
    return true;
  });
});

test("no session and nothing there are errors of their own", async () => {
  reply(401, JSON.stringify({ detail: "Sign in." }));
  await assert.rejects(call("/api/photos"), SignedOutError);
  reply(404, JSON.stringify({ detail: "No such photo." }));
  await assert.rejects(call("/api/photos/x"), NotFoundError);
});

test("a body that is no problem is not shown", async () => {
  reply(502, "<html>Bad gateway</html>");
  await assert.rejects(call("/api/photos"), /answered 502/);
});

test("a backend that does not answer is told from one that cannot be reached", async () => {
  provide("fetch", () => Promise.reject(new DOMException("", "TimeoutError")));
  await assert.rejects(call("/api/photos"), /does not answer/);
  provide("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await assert.rejects(call("/api/photos"), /cannot be reached/);
});

test("after an action it is said that nothing was done: the page does not try it again", async () => {
  provide("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await assert.rejects(call("/api/photos/x", { method: "DELETE" }), /Nothing was done.*try again/);
  await assert.rejects(call("/api/photos"), /the page tries again/);
  await assert.rejects(call("/api/cameras/gate/look", { method: "POST" }, true), /the page tries again/);
  provide("fetch", () => Promise.reject(new DOMException("", "TimeoutError")));
  await assert.rejects(call("/api/photos/x", { method: "DELETE" }), /see whether it was done/);
});
