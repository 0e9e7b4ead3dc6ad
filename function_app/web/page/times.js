// Moments as the browser's user writes them: in their locale, and in the zone of the page.

/** @type {Intl.DateTimeFormatOptions} with the name of the month, as in times.py: texts of the server stand beside these */
const DAY = { day: "numeric", month: "short", year: "numeric" };
/** @type {Record<string, Intl.DateTimeFormatOptions>} as in times.py */
const STYLES = {
  short: { hour: "2-digit", minute: "2-digit" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  date: DAY,
  day: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
  long: { ...DAY, hour: "2-digit", minute: "2-digit" },
  full: { ...DAY, hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
};
/** @type {[Intl.RelativeTimeFormatUnit, number, number][]} with their seconds, and from how many on an age is said in them */
const UNITS = [["day", 86_400, 172_800], ["hour", 3600, 7200], ["minute", 60, 90], ["second", 1, 0]];
/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

const language = document.documentElement.lang || "en";
/** The user's own form of the page's language, such as en-GB. */
export const locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;

/** The zone in which the page shows times: the chosen one, or else the browser's. */
export const zone = document.documentElement.dataset.zone || undefined;

/** By how many ms the backend's clock is ahead of the browser's, which may be wrong: the page was made just before it came. */
const clockOffset = (() => {
  const [page] = performance.getEntriesByType("navigation");
  const came = performance.timeOrigin + (page instanceof PerformanceNavigationTiming ? page.responseStart : 0);
  return (Date.parse(document.documentElement.dataset.now ?? "") || came) - came;
})();

/** Return what the backend's clock showed at a moment of the browser's. @param {number} at ms since 1970 */
export const byBackend = (at) => at + clockOffset;

/**
 * Return a moment as text.
 *
 * @param {string | number} at ISO 8601, or milliseconds since 1970
 * @param {string} [style] one of STYLES, or "ago"
 */
export function formatTime(at, style = "long") {
  const moment = typeof at === "number" ? at : Date.parse(at);
  if (style === "ago") return formatAgo((Date.now() + clockOffset - moment) / 1000);
  let format = formats.get(style);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { ...STYLES[style], timeZone: zone });
    formats.set(style, format);
  }
  return format.format(moment);
}

/** Say how long ago something was: from 90 s on in minutes, then in the largest unit of which there are two or more. @param {number} seconds */
export function formatAgo(seconds) {
  const [unit, length] = UNITS.find(([, , least]) => seconds >= least) ?? ["second", 1];
  const count = Math.max(0, Math.floor(seconds / length));
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-count, unit);
}

/**
 * Make an element that shows a moment.
 *
 * @param {string} at ISO 8601
 * @param {string} [style]
 */
export function timeElement(at, style = "long") {
  const made = document.createElement("time");
  made.dateTime = at;
  made.dataset.style = style;
  made.textContent = formatTime(at, style);
  return made;
}

/** Write the times in a part of the page as the user does. Call it again to let ages grow. @param {ParentNode} root */
export function rewriteTimes(root) {
  for (const one of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll("time[data-style]"))) {
    const text = formatTime(one.dateTime, one.dataset.style);
    if (one.textContent !== text) one.textContent = text;
  }
}
