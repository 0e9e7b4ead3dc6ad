"""The figures of statistics as SVG, in the page itself.

Positions are in percent and heights in pixels, so text is as large on a phone as elsewhere; the
colours are in `statistics.css`. No figure needs colours: a bar tells its number by its height, and
a page has each number in a table. Texts come translated.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

BARS, AXIS = 120, 22  # pixels: the highest bar, and the texts above or below
ROW = 20  # pixels of a line of the heat map
LABEL, SUM = 15.0, 9.0  # percent: the texts before and after a line of it
LEVELS = 4  # of the heat map, besides none
_HOURS = 24
_WIDTH, _HEIGHT = 1000, 120  # of a line, in units that are stretched
_SPARK, _LEAST = 20, 3  # the heights of the greatest number and of one


class Bar(NamedTuple):
    """A number, what it is of, and both in words."""

    value: int
    label: str
    text: str


def bar_chart(bars: Sequence[Bar], name: str, highest: str) -> Markup:
    """Return bars side by side; `highest` is the text of the greatest number."""
    most = max((one.value for one in bars), default=0)
    step = 100 / max(1, len(bars))
    parts = [_text(0, 12, "start", highest)]
    for place, one in enumerate(bars):
        if one.value:
            height = max(1.0, BARS * one.value / most)
            box = (place * step + step * 0.1, AXIS + BARS - height, step * 0.8, height)
            parts.append(_box("bar", box, one.text))
    parts.append(_rule(AXIS + BARS))
    if bars:
        parts += _marks([one.label for one in bars], AXIS + BARS + 16)
    return _picture("chart", 2 * AXIS + BARS, name, parts)


class Line(NamedTuple):
    """A line of the heat map: its day or week, its photos by hour, and each of these in words."""

    label: str
    hours: Sequence[int]
    texts: Sequence[str]
    total: str


def heat_map(lines: Sequence[Line], name: str, sum_head: str) -> Markup:
    """Return a line for each day or week, with a bar for each hour: the more photos, the higher and
    the darker, in LEVELS steps (`levels`). `sum_head` stands above the sums of lines."""
    bounds = levels(lines)
    step = (100 - LABEL - SUM) / _HOURS
    parts = [_text(LABEL + hour * step, 14, "start", f"{hour:02}") for hour in range(0, _HOURS, 6)]
    parts.append(_text(100, 14, "end", sum_head))
    for number, line in enumerate(lines):
        top = AXIS + ROW * number
        parts.append(_text(0, top + 14, "start", line.label))
        parts.append(_ground((LABEL, top, step * _HOURS, ROW - 2)))
        for hour, value in enumerate(line.hours):
            if value:
                level = 1 + sum(value > bound for bound in bounds[:-1])
                height = (ROW - 2) * level / LEVELS
                box = (LABEL + hour * step, top + ROW - 2 - height, step * 0.9, height)
                parts.append(_box(f"heat-{level}", box, line.texts[hour]))
        parts.append(_text(100, top + 14, "end", line.total))
    return _picture("chart", AXIS + ROW * len(lines), name, parts)


def levels(lines: Sequence[Line]) -> list[int]:
    """Return the greatest number of each level: equal parts of the greatest of all, with fewer of
    them if that is below LEVELS."""
    most = max((value for one in lines for value in one.hours), default=0)
    return sorted({-(-most * level // LEVELS) for level in range(1, LEVELS + 1)} - {0})


def spark_bars(values: Sequence[int], most: int) -> Markup:
    """Return small bars without a text: the numbers stand beside them."""
    bars = "".join(
        f"M{place + 0.5} {_SPARK}V{_SPARK - max(_LEAST, round(_SPARK * value / most))}"
        for place, value in enumerate(values)
        if value
    )
    frame = (
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true">'
        '<path d="{}"/></svg>'
    )
    return Markup(frame).format(max(1, len(values)), _SPARK, bars)  # noqa: S704


def line_chart(points: Sequence[tuple[float, float]], name: str, gap: float) -> Markup:
    """Return a line through points of x and y, in the order of x, which breaks where x goes on by
    more than `gap`."""
    (first, last), values = (points[0][0], points[-1][0]), [y for _, y in points]
    low, span = min(values), (max(values) - min(values)) or 1.0
    steps, before = [], None
    for x, y in points:
        is_new = before is None or x - before > gap
        across = _WIDTH * (x - first) / ((last - first) or 1.0)
        # A point on its own is a line of no length, which round ends make visible.
        steps.append(f"{'M' if is_new else 'L'}{across:.1f} {_HEIGHT * (1 - (y - low) / span):.1f}")
        steps.append("h0" if is_new else "")
        before = x
    frame = (
        '<svg class="line" viewBox="0 -4 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><path d="{}"/></svg>'
    )
    return Markup(frame).format(_WIDTH, _HEIGHT + 8, name, "".join(steps))  # noqa: S704


def _marks(labels: Sequence[str], y: int) -> Iterator[Markup]:
    """Yield the first, the middle and the last of some texts."""
    yield _text(0, y, "start", labels[0])
    if len(labels) > 2:
        yield _text(50, y, "middle", labels[len(labels) // 2])
    if len(labels) > 1:
        yield _text(100, y, "end", labels[-1])


def _box(style: str, box: tuple[float, float, float, float], text: str) -> Markup:
    x, y, width, height = box
    rect = '<rect class="{}" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}">'
    title = "<title>{}</title></rect>"
    return Markup(rect + title).format(style, x, y, width, height, text)  # noqa: S704


def _ground(box: tuple[float, float, float, float]) -> Markup:
    rect = '<rect class="heat-ground" x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}"/>'
    return Markup(rect).format(*box)  # noqa: S704


def _text(x: float, y: float, anchor: str, text: str) -> Markup:
    element = '<text x="{:.2f}%" y="{}" text-anchor="{}">{}</text>'
    return Markup(element).format(x, y, anchor, text)  # noqa: S704


def _rule(y: int) -> Markup:
    return Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(y)


def _picture(style: str, height: int, name: str, parts: Sequence[Markup]) -> Markup:
    frame = '<svg class="{}" width="100%" height="{}" role="img" aria-label="{}">{}</svg>'
    return Markup(frame).format(style, height, name, Markup("").join(parts))  # noqa: S704
