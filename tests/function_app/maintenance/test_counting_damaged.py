"""Damaged rows, and those of a former format, are written anew, and stop no other camera's."""

from datetime import datetime, timedelta

import pytest

from function_app.maintenance.counting import update_figures
from function_app.maintenance.deletion import delete
from function_app.maintenance.repair import reconcile
from function_app.services import Services
from function_app.storage.models import Photo, StoredAlert
from function_app.storage.row_keys import (
    FIGURES,
    LOSS_MONTHS,
    LOSSES_TAKEN_BACK,
    PHOTOS,
    figures_key,
    loss_month_key,
    month_key,
)
from function_app.timer_watch import COUNT, last_runs
from photo_wire.alert import LOSS, Alert
from photo_wire.media import Media
from tests.support.api import name_of
from tests.support.photo_counting import NOW, hours_ago, stored
from tests.support.services import count_rows


def test_photos_of_all_years_stop_the_figures_of_no_camera(
    empty: Services, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor do losses, whatever the clock of a device or a stranger says. One line says so."""
    hours_ago(empty, 2)
    for number, year in enumerate(range(1970, 2230)):
        taken = NOW.replace(year=year, day=1)
        name = name_of("evil", taken, f"{number:08x}")
        empty.index.add(Photo(name, Media.JPEG, "ab" * 32, 1, NOW), NOW)
        loss = Alert(name_of("evil-2", taken, f"{number:08x}"), LOSS, "no-room")
        empty.alerts.add([StoredAlert(loss, NOW)])
    for _ in range(3):
        update_figures(empty, NOW)
    figures = empty.figures.read()
    assert figures["gate"].total.photos == 2
    assert figures["evil"].total.photos == 260
    assert f"{NOW.year}-11-01" in [day for day, *_ in figures["evil-2"].days()]
    assert last_runs(empty.accounts)[COUNT] == NOW
    assert caplog.text.count("in the totals, but not in the days") == 1


@pytest.mark.parametrize("column", ["checked", "last_photo", "photos", "recent"])
def test_a_damaged_row_of_figures_is_written_anew(empty: Services, column: str) -> None:
    """Whether its column is missing or is none of ours, and whether the last photo is deleted."""
    photos = [stored(empty, photo) for photo in hours_ago(empty, 3)]
    delete(photos[2], empty, deleted_at=NOW)
    update_figures(empty, NOW)
    right, rows = empty.figures.read(), empty.figures.rows
    for changed in ({}, {column: "{oops"}):
        others = {key: text for key, text in right["gate"].properties.items() if key != column}
        rows.upsert(FIGURES, figures_key("gate"), {**others, **changed})
        assert sum(len(one.days()) for one in empty.figures.read().values()) <= 1
        assert update_figures(empty, NOW) == 1
        assert empty.figures.read() == right
        assert update_figures(empty, NOW) == 0


def test_a_row_of_the_former_format_is_written_anew(empty: Services) -> None:
    """It had all days of a year in the year's column."""
    hours_ago(empty, 3)
    update_figures(empty, NOW)
    right = empty.figures.read()
    former = dict(right["gate"].properties)
    former["y2026"] = former.pop("recent")
    empty.figures.rows.upsert(FIGURES, figures_key("gate"), former)
    assert empty.figures.read()["gate"].days() == right["gate"].days()
    assert update_figures(empty, NOW) == 1
    assert empty.figures.read() == right


def test_rows_of_no_camera_are_removed(empty: Services) -> None:
    """By their own keys, and they hide no camera's."""
    hours_ago(empty, 3)
    update_figures(empty, NOW)
    right, rows = empty.figures.read(), empty.figures.rows
    for key in ("gate~old", "gate~zzz", "stray", "gone~all"):
        rows.upsert(FIGURES, key, {"photos": "99"})
    assert empty.figures.read() == right
    assert update_figures(empty, NOW) == 4
    assert list(empty.figures.read_rows()) == [figures_key("gate")]
    assert update_figures(empty, NOW) == 0


@pytest.mark.parametrize("days", ["{oops", "[]", '{"2026-11-20":["x",1]}', '{"2026-11-20":1}'])
def test_a_damaged_row_of_counts_stops_no_other_camera(
    empty: Services, caplog: pytest.LogCaptureFixture, days: str
) -> None:
    """The figures of its camera stay as they were until a repair counts it anew."""
    for photo in hours_ago(empty, 3):
        stored(empty, photo)
    for _ in range(2):
        update_figures(empty, NOW)
    right = empty.figures.read()["gate"]
    rows, key = count_rows(empty), month_key("gate", (NOW - timedelta(hours=30)).date())
    row = rows.get(PHOTOS, key)
    assert row
    rows.upsert(PHOTOS, key, {**row.properties, "days": days})
    later = NOW + timedelta(hours=1)
    for camera in ("gate", "yard"):
        name = name_of(camera, NOW, "0000abcd")
        photo = stored(empty, Photo(name, Media.JPEG, "ab" * 32, 1, NOW))
        empty.index.add(photo, NOW + timedelta(minutes=1))
    assert update_figures(empty, later) == 1
    figures = empty.figures.read()
    assert (figures["gate"], figures["yard"].total.photos) == (right, 1)
    assert last_runs(empty.accounts)[COUNT] == later
    assert f"the row {key} is damaged" in caplog.text
    reconcile(empty, later, everything=True)
    update_figures(empty, later)
    assert empty.figures.read()["gate"].total.photos == 4


def test_a_damaged_row_of_losses_stops_no_other_camera(
    empty: Services, caplog: pytest.LogCaptureFixture
) -> None:
    def lose(camera: str, number: int, at: datetime) -> None:
        loss = Alert(name_of(camera, NOW, f"{number:08x}"), LOSS, "no-room")
        empty.alerts.add([StoredAlert(loss, at)])

    lose("gate", 1, NOW)
    later = NOW + timedelta(hours=1)
    update_figures(empty, later)
    right, rows = empty.figures.read()["gate"], empty.loss_counts.rows
    key = loss_month_key("gate", NOW.date())
    rows.upsert(LOSS_MONTHS, key, {"days": "{oops", "up_to": "0"})
    rows.insert(LOSSES_TAKEN_BACK, "stray", {})
    for camera in ("gate", "yard"):
        lose(camera, 2, later)
    for hours in (2, 3):
        update_figures(empty, NOW + timedelta(hours=hours))
        figures = empty.figures.read()
        assert (figures["gate"], len(figures["yard"].days())) == (right, 1)
    assert f"the row {key} of {LOSS_MONTHS} is damaged" in caplog.text
    empty.loss_counts.forget("gate")
    assert rows.get(LOSS_MONTHS, key) is None
