"""The figures of statistics: each number by a height, and in words."""

import re

from function_app.web.statistics.charts import (
    LEVELS,
    Bar,
    Line,
    bar_chart,
    heat_map,
    levels,
    line_chart,
    spark_bars,
)

EVIL = '"><script>alert(1)</script>'


def line(*hours: int) -> Line:
    return Line("28 Nov", hours, [f"{one} photos" for one in hours], str(sum(hours)))


def heights(svg: str, style: str) -> list[float]:
    return [float(one) for one in re.findall(rf'class="{style}"[^>]* height="([0-9.]+)"', svg)]


def test_a_bar_is_as_high_as_its_number() -> None:
    bars = [Bar(value, str(value), f"{value} photos") for value in (0, 1, 50, 100)]
    svg = str(bar_chart(bars, "Photos", "100"))
    assert heights(svg, "bar") == [1.2, 60, 120]
    assert svg.count("<title>") == 3
    assert ">50</text>" in svg, "the label in the middle"


def test_the_levels_are_equal_parts() -> None:
    assert levels([line(0, 40), line(1, 2)]) == [10, 20, 30, 40]
    assert levels([line(0, 2)]) == [1, 2]
    assert levels([line(0)]) == levels([]) == []


def test_more_photos_are_higher_and_darker() -> None:
    svg = str(heat_map([line(0, 1, 10, 11, 20, 21, 40)], "Photos", "Sum"))
    assert re.findall('class="heat-([0-9])"', svg) == ["1", "1", "2", "2", "3", "4"]
    assert heights(svg, f"heat-{LEVELS}") == [18]
    assert heights(svg, "heat-1") == [4.5, 4.5]


def test_a_line_breaks_in_a_gap() -> None:
    """A point on its own is a dot, and a value that never changes a line in the figure."""
    svg = str(line_chart([(0, 5), (1, 6), (9, 5)], "Temperature", 2))
    assert re.findall("[ML]", svg) == ["M", "L", "M"]
    assert "nan" not in str(line_chart([(3, 4)], "Temperature", 2)).lower()


def test_small_bars_are_as_many_as_there_are_photos() -> None:
    assert str(spark_bars([0, 1, 2], 2)).count("M") == 2
    assert 'd=""' in spark_bars([0, 0], 0)


def test_no_name_is_markup_and_nothing_has_a_style() -> None:
    """The pages' policy (CSP) would block a style."""
    for svg in (
        bar_chart([Bar(1, EVIL, EVIL)], EVIL, EVIL),
        heat_map([Line(EVIL, [1], [EVIL], EVIL)], EVIL, EVIL),
        line_chart([(0, 1)], EVIL, 1),
    ):
        assert "<script" not in svg
        assert "style" not in svg
    assert str(bar_chart([], "Photos", "")).startswith("<svg")
