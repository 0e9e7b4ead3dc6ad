// Polygons in percent of a picture's width and height, as the settings CAMERA_ZONES and CAMERA_MASKS have them.

/** @typedef {[x: number, y: number]} Corner with two decimals at most */

// As in photo_wire/polygons.py and, for the points in which motion is looked for, pi_uploader/motion/zones.py.
export const MAX_POLYGONS = 20;
export const MIN_CORNERS = 3;
export const MAX_CORNERS = 50;
const COLUMNS = 320;
const ROWS = 240;

/** Return the nearest place within the picture. @param {number} x @param {number} y @returns {Corner} */
export const cornerAt = (x, y) => [percent(x), percent(y)];

/** @param {number} value */
const percent = (value) => Math.round(100 * Math.min(100, Math.max(0, value))) / 100;

/** @param {string} text corners as SVG and the settings have them @returns {Corner[]} */
export function parseCorners(text) {
  return text.split(" ").map((one) => {
    const [x = NaN, y = NaN] = one.split(",").map(Number);
    return cornerAt(x, y);
  });
}

/** @param {Corner[]} corners */
export const formatCorners = (corners) => corners.map((one) => one.join(",")).join(" ");

/** Return the value of a setting; "" without a polygon. @param {Corner[][]} polygons */
export const formatPolygons = (polygons) => polygons.map(formatCorners).join("; ");

/** Whether a polygon contains a point in which motion is looked for: the settings take no other. @param {Corner[]} corners */
export const isVisible = (corners) => !spans(corners).next().done;

/**
 * Whether the masks leave a point of the zones, or of the picture if there is none.
 *
 * @param {Corner[][]} zones
 * @param {Corner[][]} masks
 */
export function leavesSomething(zones, masks) {
  const points = new Uint8Array(COLUMNS * ROWS).fill(zones.length ? 0 : 1);
  for (const polygon of zones) for (const [start, end] of spans(polygon)) points.fill(1, start, end);
  for (const polygon of masks) for (const [start, end] of spans(polygon)) points.fill(0, start, end);
  return points.includes(1);
}

/**
 * Yield where each run of points whose centres are inside the polygon starts and ends, row by row, as the device does.
 *
 * @param {Corner[]} corners
 * @returns {Generator<[start: number, end: number]>}
 */
function* spans(corners) {
  const shares = corners.map(([x, y]) => [x / 100, y / 100]);
  for (let row = 0; row < ROWS; row += 1) {
    const y = (row + 0.5) / ROWS;
    const crossings = [];
    for (let index = 0; index < shares.length; index += 1) {
      const [ax = 0, ay = 0] = shares[index] ?? [];
      const [bx = 0, by = 0] = shares[(index + 1) % shares.length] ?? [];
      if ((ay <= y) !== (by <= y)) crossings.push(ax + ((y - ay) / (by - ay)) * (bx - ax));
    }
    const ends = crossings.sort((a, b) => a - b).map((x) => Math.min(COLUMNS, Math.max(0, roundToEven(x * COLUMNS))));
    for (let index = 0; index < ends.length; index += 2) {
      const [start = 0, end = 0] = ends.slice(index);
      if (start < end) yield [row * COLUMNS + start, row * COLUMNS + end];
    }
  }
}

/** Round as Python does. @param {number} value */
function roundToEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
