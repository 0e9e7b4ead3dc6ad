import assert from "node:assert/strict";
import { test } from "node:test";
import { newDocument, provide, script } from "./browser.js";

/** An element of a page: as much of one as the focus needs. */
class HTMLElement {
  /** @param {string} tagName @param {Partial<HTMLElement>} [properties] */
  constructor(tagName, properties) {
    this.tagName = tagName;
    this.id = "";
    this.textContent = "";
    this.tabIndex = 0;
    this.isConnected = true;
    this.isHidden = false;
    /** @type {HTMLElement[]} */
    this.children = [];
    Object.assign(this, properties);
  }

  checkVisibility = () => !this.isHidden;
  getBoundingClientRect = () => ({ width: 1, height: 1 });
  getAttribute = () => null;
  closest = () => this;
  /** @param {HTMLElement} other */
  contains = (other) => this.children.includes(other);
  /** @param {string} selector */
  querySelectorAll = (selector) => this.children.filter((one) => (one.tagName === "H2") === selector.startsWith("h1"));
}

/** @type {Record<string, HTMLElement>} */
const elements = {};
provide("HTMLElement", HTMLElement);
provide("document", newDocument({ elements, data: { page: "day" } }));
const { describe, successors } = await script("focus.js");

const button = (/** @type {Partial<HTMLElement>} */ properties = {}) => new HTMLElement("BUTTON", properties);

/** @param {HTMLElement} element @param {HTMLElement[]} inGroup @param {HTMLElement[]} controls @param {Partial<HTMLElement>} [ofGroup] */
function placeOf(element, inGroup, controls, ofGroup = {}) {
  const title = new HTMLElement("H2", { tabIndex: -1 });
  const section = new HTMLElement("SECTION", { children: [title, ...controls] });
  const group = new HTMLElement("FORM", { children: inGroup, ...ofGroup });
  return { place: { element, group, section, controls, isSeen: true }, title };
}

test("the next control of the same form is the first choice, then the one before", () => {
  const [before, lost, after, other] = [button(), button({ isHidden: true }), button(), button()];
  const { place, title } = placeOf(lost, [before, lost, after], [before, lost, after, other]);
  const found = [...successors(place)];
  assert.deepEqual(found.slice(0, 3), [lost, after, before]);
  assert.ok(found.includes(other));
  assert.equal(found.at(-1), title);
});

test("of other rows the control like it comes first", () => {
  const lost = button({ isConnected: false, textContent: "Restore" });
  const [box, alike] = [button({ textContent: "Delete" }), button({ textContent: "Restore" })];
  const { place } = placeOf(lost, [], [lost, box, alike], { isConnected: false });
  assert.deepEqual([...successors(place)].slice(0, 2), [lost, alike]);
});

test("what was made anew with the same id is the control itself", () => {
  const lost = button({ id: "take-gate", isConnected: false });
  elements["take-gate"] = button({ id: "take-gate" });
  const { place } = placeOf(lost, [lost], [lost]);
  assert.equal(successors(place).next().value, elements["take-gate"]);
});

test("of a closed dialog nothing is chosen", () => {
  const [lost, other] = [button(), button()];
  const { place } = placeOf(lost, [lost, other], [lost, other], { isHidden: true });
  assert.deepEqual([...successors(place)], [lost]);
});

test("a control is described by its id, and by its form and name", () => {
  const form = { getAttribute: () => "/alerts" };
  const element = { id: "", name: "do", value: "test", form, matches: () => true, closest: () => null };
  const described = { page: "day", id: "", form: "/alerts", name: "do", value: "test", section: "", isSeen: true };
  assert.deepEqual(describe(element), described);
});

test("what was typed is not described", () => {
  const element = { id: "old", name: "password", value: "secret", form: null, matches: () => false, closest: () => null };
  assert.equal(describe(element).value, "");
});
