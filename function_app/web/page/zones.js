// Draw zones and masks over a camera's last photo, with the mouse, a finger or the keyboard. The page cannot set them on the
// device: it shows the lines of the settings that do.

import { byId, element } from "./dom.js";
import {
  cornerAt, formatCorners, formatPolygons, isVisible, leavesSomething, MAX_CORNERS, MAX_POLYGONS, MIN_CORNERS, parseCorners,
} from "./polygons.js";
import { t } from "./strings.js";

/** @import { Corner } from "./polygons.js" */
/** @typedef {"zone" | "mask"} Kind */
/** @typedef {{ kind: Kind, corners: Corner[], isClosed: boolean }} Shape */

const SVG = "http://www.w3.org/2000/svg";
const STEP = 1; // percent by which an arrow key moves a corner
const FINE_STEP = 0.1; // with Shift
const RADIUS = 11; // pixels of what one grabs a corner by
/** @type {Record<string, Corner>} */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @type {Record<string, () => void>} */
const ACTIONS = {
  Enter: close,
  Backspace: removeCorner,
  " ": () => addCorner(chosen && !chosen.isClosed ? chosen.corners[corner] : undefined),
  PageDown: () => chooseCorner(corner + 1),
  PageUp: () => chooseCorner(corner - 1),
};

const drawing = byId("drawing", SVGSVGElement);
const shapes = [...byId("polygons", SVGSVGElement).children].map((one) => ({
  kind: /** @type {Kind} */ (one.getAttribute("class")),
  corners: parseCorners(one.getAttribute("points") ?? ""),
  isClosed: true,
}));
/** @type {Shape | undefined} the one whose corners are shown, and the one of them that keys move */
let chosen;
let corner = 0;
let isGrabbed = false; // a pointer holds that corner, or did so just before its click

/** @param {Shape} shape */
function nameOf(shape) {
  const number = shapes.filter((one) => one.kind === shape.kind).indexOf(shape) + 1;
  return t(`zones.polygon.${shape.kind}`, { number: String(number) });
}

/** @param {string} text */
function announce(text) {
  byId("drawing-state").textContent = text;
}

function announceCorner() {
  const [x, y] = chosen?.corners[corner] ?? [];
  if (!chosen || x === undefined || y === undefined) return;
  announce(t("zones.script.corner", { polygon: nameOf(chosen), number: corner + 1, count: chosen.corners.length, x, y }));
}

/** Add a corner to the polygon that is being drawn, or begin one. @param {Corner} [at] */
function addCorner(at = [50, 50]) {
  if (!chosen || chosen.isClosed) {
    const kind = pickedKind();
    if (shapes.filter((one) => one.kind === kind).length >= MAX_POLYGONS) {
      announce(t("zones.script.too_many", { count: MAX_POLYGONS }));
      return;
    }
    chosen = { kind, corners: [], isClosed: false };
    shapes.push(chosen);
  }
  if (chosen.corners.length >= MAX_CORNERS) {
    announce(t("zones.script.too_many_corners", { count: MAX_CORNERS }));
    return;
  }
  chosen.corners.push(at);
  chooseCorner(chosen.corners.length - 1);
}

/** @param {Corner} to */
function moveCorner(to) {
  if (chosen) chosen.corners[corner] = to;
  draw();
  announceCorner();
}

/** Take away the last corner of a polygon that is being drawn, or the chosen one of a closed polygon. */
function removeCorner() {
  if (!chosen) return;
  if (chosen.isClosed && chosen.corners.length <= MIN_CORNERS) {
    announce(t("zones.script.too_few", { count: MIN_CORNERS }));
  } else if (chosen.corners.length === 1) {
    remove(chosen);
  } else {
    chosen.corners.splice(chosen.isClosed ? corner : -1, 1);
    chooseCorner(Math.min(corner, chosen.corners.length - 1));
  }
}

function close() {
  if (!chosen || chosen.isClosed) return;
  if (chosen.corners.length < MIN_CORNERS) announce(t("zones.script.too_few", { count: MIN_CORNERS }));
  else if (!isVisible(chosen.corners)) announce(t("zones.script.too_small", { polygon: nameOf(chosen) }));
  else {
    chosen.isClosed = true;
    draw();
    announce(t("zones.script.closed", { polygon: nameOf(chosen) }));
  }
}

/** @param {number} index beyond the last one: the first */
function chooseCorner(index) {
  if (!chosen) return;
  corner = (index + chosen.corners.length) % chosen.corners.length;
  draw();
  announceCorner();
}

/** @param {Shape} shape */
function choose(shape) {
  if (chosen && !chosen.isClosed && chosen !== shape) shapes.splice(shapes.indexOf(chosen), 1); // it was given up
  chosen = shape;
  chooseCorner(0);
  drawing.focus();
}

/** @param {Shape} shape */
function remove(shape) {
  const name = nameOf(shape);
  shapes.splice(shapes.indexOf(shape), 1);
  if (chosen === shape) chosen = undefined;
  draw();
  announce(t("zones.script.removed", { polygon: name }));
  drawing.focus();
}

/** @returns {Kind} */
function pickedKind() {
  return byId("draw-zone", HTMLInputElement).checked ? "zone" : "mask";
}

function draw() {
  const polygons = elementsIn("polygons", "polygon", shapes.length);
  const numbers = elementsIn("numbers", "text", shapes.length);
  shapes.forEach((shape, index) => {
    setAttributes(polygons[index], {
      class: `${shape.kind}${shape.isClosed ? "" : " open"}${shape === chosen ? " chosen" : ""}`,
      points: formatCorners(shape.corners),
      fill: shape.kind === "mask" && shape.isClosed ? "url(#hatch)" : "none",
    });
    const [x, y] = [0, 1].map((axis) => shape.corners.reduce((sum, one) => sum + (one[axis] ?? 0), 0) / shape.corners.length);
    setAttributes(numbers[index], { x: `${x}%`, y: `${y}%` });
    const name = t(`zones.short.${shape.kind}`, { number: nameOf(shape).replace(/\D+/, "") });
    if (numbers[index]) numbers[index].textContent = shape.isClosed ? name : "";
  });
  const corners = chosen?.corners ?? [];
  const circles = elementsIn("corners", "circle", corners.length);
  corners.forEach(([x, y], index) => {
    const isChosen = index === corner;
    setAttributes(circles[index], { cx: `${x}%`, cy: `${y}%`, r: `${RADIUS}`, class: isChosen ? "corner chosen" : "corner" });
  });
  listShapes();
  showLines();
}

/** Return as many elements of this kind in a part of the drawing: those that are there, so that a finger keeps its hold. @param {string} id @param {string} name @param {number} count */
function elementsIn(id, name, count) {
  const parent = byId(id, SVGElement);
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(document.createElementNS(SVG, name));
  return [...parent.children];
}

/** @param {Element | undefined} target @param {Record<string, string>} attributes */
function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) target?.setAttribute(name, value);
}

function listShapes() {
  byId("polygon-list").replaceChildren(...shapes.map((shape) => {
    const name = nameOf(shape);
    const state = !shape.isClosed ? "open" : isVisible(shape.corners) ? "corners" : "small";
    const text = t(`zones.script.${state}`, { polygon: name, count: shape.corners.length });
    return element("li", {}, element("span", {}, text), button("change", name, () => choose(shape)), button("remove", name, () => remove(shape)));
  }));
}

/** @param {"change" | "remove"} action @param {string} polygon @param {() => void} press */
function button(action, polygon, press) {
  const made = element("button", { type: "button", ariaLabel: t(`zones.script.${action}_what`, { polygon }) }, t(`zones.script.${action}`));
  if (action === "remove") made.className = "danger";
  made.addEventListener("click", press);
  return made;
}

function showLines() {
  const [zones, masks] = ["zone", "mask"].map((kind) => shapes
    .filter((one) => one.kind === kind && one.isClosed && isVisible(one.corners))
    .map((one) => one.corners));
  const [zoneText, maskText] = [formatPolygons(zones ?? []) || "all", formatPolygons(masks ?? []) || "none"];
  byId("command-environment").textContent = `CAMERA_ZONES="${zoneText}"\nCAMERA_MASKS="${maskText}"`;
  byId("command-table").textContent = `zones = "${zoneText}"\nmasks = "${maskText}"`;
  byId("drawing-problem").textContent = leavesSomething(zones ?? [], masks ?? []) ? "" : t("zones.script.nothing_left");
}

/** @param {MouseEvent} event @returns {Corner} where it is in the picture, to a tenth of a percent */
function placeOf({ clientX, clientY }) {
  const { left, top, width, height } = drawing.getBoundingClientRect();
  return cornerAt(Math.round((1000 * (clientX - left)) / width) / 10, Math.round((1000 * (clientY - top)) / height) / 10);
}

drawing.addEventListener("pointerdown", (event) => {
  const index = [...byId("corners", SVGElement).children].indexOf(/** @type {Element} */ (event.target));
  isGrabbed = index >= 0;
  if (!isGrabbed) return;
  if (index === 0 && chosen && !chosen.isClosed && chosen.corners.length >= MIN_CORNERS) close();
  else {
    drawing.setPointerCapture(event.pointerId);
    chooseCorner(index);
  }
});
drawing.addEventListener("pointermove", (event) => {
  if (isGrabbed && drawing.hasPointerCapture(event.pointerId)) moveCorner(placeOf(event));
});
drawing.addEventListener("click", (event) => {
  drawing.focus();
  if (!isGrabbed) addCorner(placeOf(event));
  isGrabbed = false;
});
drawing.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const direction = DIRECTIONS[event.key];
  const [x, y] = chosen?.corners[corner] ?? [];
  if (direction && x !== undefined && y !== undefined) {
    const step = event.shiftKey ? FINE_STEP : STEP;
    moveCorner(cornerAt(x + step * direction[0], y + step * direction[1]));
  } else if (ACTIONS[event.key]) ACTIONS[event.key]?.();
  else return;
  event.preventDefault();
});
for (const kind of /** @type {Kind[]} */ (["zone", "mask"])) {
  byId(`draw-${kind}`).addEventListener("change", () => {
    if (chosen && !chosen.isClosed) chosen.kind = kind;
    draw();
  });
}
byId("close-polygon").addEventListener("click", close);
byId("remove-corner").addEventListener("click", removeCorner);
setAttributes(drawing, { role: "application", tabindex: "0", "aria-describedby": "drawing-help" });
draw();
