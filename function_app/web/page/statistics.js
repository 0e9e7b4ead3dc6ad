// The figures of a device as charts in which one can point at an hour. They are made of the table; without a script the
// page has a line for each.

import { formatTime, locale, zone } from "./times.js";

/** @type {any} a script of its own, before this one */
const Chart = /** @type {any} */ (globalThis).uPlot;
const GAP = 7200; // seconds after which a line breaks
const DAY = 86_400;
const rows = /** @type {NodeListOf<HTMLTableRowElement>} */ (document.querySelectorAll("#hours tbody tr"));

/** Return the seconds and the values of a column, with null in each gap. @param {number} column */
function read(column) {
  const times = /** @type {number[]} */ ([]);
  const values = /** @type {(number | null)[]} */ ([]);
  for (const row of rows) {
    const text = row.cells[column]?.dataset.value;
    if (!text) continue;
    const at = Date.parse(row.querySelector("time")?.dateTime ?? "") / 1000;
    const before = times.at(-1);
    if (before && at - before > GAP) {
      times.push(before + 1);
      values.push(null);
    }
    times.push(at);
    values.push(Number(text));
  }
  return [times, values];
}

/** Put a chart in the place of a line. @param {HTMLElement} figure */
function draw(figure) {
  const { column, scale, digits, sign } = figure.dataset;
  const line = figure.querySelector("svg");
  const shown = figure.parentElement?.dataset; // the chosen days
  if (!line || !shown) return;
  const data = read(Number(column));
  const unit = Number(scale);
  const steps = Array.from({ length: 24 }, (_, place) => (([1, 2, 5][place % 3] ?? 1) * 10 ** Math.floor(place / 3) * unit) / 10 ** Number(digits));
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) });
  const text = (/** @type {number | null} */ value) => (value === null ? "" : `${format.format(value / unit)} ${sign}`.trimEnd());
  const axis = { stroke: () => getComputedStyle(figure).color, grid: { stroke: "#8884", width: 1 }, ticks: { show: false } };
  const frame = document.createElement("div");
  frame.className = "plot";
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", line.getAttribute("aria-label") ?? "");
  const options = {
    width: line.clientWidth,
    height: 180,
    tzDate: (/** @type {number} */ at) => Chart.tzDate(new Date(at * 1000), zone),
    scales: {
      x: { range: () => [Number(shown.from), Number(shown.to)] },
      y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => (low === high ? [low && low - unit, high + unit] : Chart.rangeNum(low, high, 0.1, true)) },
    },
    // Where nobody points, the newest hour is said.
    hooks: { setLegend: [(/** @type {any} */ chart) => { if (chart.legend.idx === null) chart.setLegend({ idx: chart.data[0].length - 1 }, false); }] },
    cursor: { sync: { key: "hours" }, drag: { x: false } },
    axes: [
      { ...axis, space: 120, size: 38, gap: 12, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((one) => formatTime(one * 1000, (at[1] ?? 0) - (at[0] ?? 0) < DAY ? "short" : "date")) },
      { ...axis, size: 75, incrs: steps, values: (/** @type {any} */ _, /** @type {number[]} */ all) => all.map(text) },
    ],
    series: [
      { label: rows[0]?.closest("table")?.rows[0]?.cells[0]?.textContent, value: (/** @type {any} */ _, /** @type {number | null} */ at) => (at ? formatTime(at * 1000) : "") },
      { label: figure.querySelector("h3")?.textContent, stroke: () => getComputedStyle(frame).color, width: 2, value: (/** @type {any} */ _, /** @type {number | null} */ value) => text(value) },
    ],
  };
  line.replaceWith(frame);
  const chart = new Chart(options, data, frame);
  chart.setLegend({ idx: chart.data[0].length - 1 });
  new ResizeObserver(() => chart.setSize({ width: frame.clientWidth, height: 180 })).observe(frame);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.redraw());
}

document.querySelectorAll("figure[data-column]").forEach((one) => draw(/** @type {HTMLElement} */ (one)));
