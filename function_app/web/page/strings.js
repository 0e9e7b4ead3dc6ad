// The texts that the page gives to its scripts, in the user's language.

/** @type {Record<string, string>} */
const texts = JSON.parse(document.getElementById("strings")?.textContent || "{}");
const numbers = new Intl.NumberFormat(document.documentElement.lang || "en");

/**
 * Return a text with its placeholders filled. With a `count`, the key has the forms `.one` and `.other`.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @throws {Error} if the page does not have the text
 */
export function t(key, values = {}) {
  const text = texts[key] ?? texts[`${key}.${values.count === 1 ? "one" : "other"}`];
  if (text === undefined) throw new Error(`the page does not have the text ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === "number" ? numbers.format(value) : String(value);
  });
}
