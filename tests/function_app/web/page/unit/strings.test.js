import assert from "node:assert/strict";
import { test } from "node:test";
import { newDocument, provide, script } from "./browser.js";

const TEXTS = { "day.hello": "Hello {name}", "day.photos.one": "{count} Foto", "day.photos.other": "{count} Fotos" };
provide("document", newDocument({ elements: { strings: { textContent: JSON.stringify(TEXTS) } }, language: "de" }));
const { t } = await script("strings.js");

test("placeholders are filled, and what is filled in is not looked through again", () => {
  assert.equal(t("day.hello", { name: "{count}" }), "Hello {count}");
});

test("a count chooses the form, and is written as the language does", () => {
  assert.equal(t("day.photos", { count: 1 }), "1 Foto");
  assert.equal(t("day.photos", { count: 0 }), "0 Fotos");
  assert.equal(t("day.photos", { count: 12345 }), "12.345 Fotos");
});

test("a text that the page did not get is an error", () => {
  assert.throws(() => t("day.nothing"), /day\.nothing/);
});
