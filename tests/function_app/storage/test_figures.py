"""The rows of figures: what is in them, which are read, and how they are written."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from function_app.services import Services
from function_app.storage import figures as module
from function_app.storage.figures import Figures, columns_of_years, compute_figures
from function_app.storage.photo_counts import Count, PhotoCounts
from function_app.storage.row_keys import FIGURES

DAY = date(2026, 11, 20)
COUNTS = PhotoCounts(
    {DAY: Count(2, 30), date(2025, 1, 1): Count(1, 5)}, deleted={DAY: 3, date(2026, 1, 2): 1}
)
GATE = compute_figures(COUNTS, {DAY: 4, date(2027, 1, 1): 5}, "an-id", "")


def test_the_persisted_columns_stay(empty: Services) -> None:
    empty.figures.write({"gate": GATE})
    (row,) = empty.figures.rows.query(FIGURES, 10)
    assert row.key == "gate~all"
    assert row.properties == {
        "photos": "3",
        "bytes": "35",
        "received": "3",  # without a checkpoint, which has the number of all that were deleted
        "first_day": "2025-01-01",
        "last_photo": "an-id",
        "checked": "",
        "y2025": '{"2025-01-01":[1,5,1,0]}',
        "y2026": '{"2026-01-02":[0,0,1,0],"2026-11-20":[2,30,5,4]}',
        "y2027": '{"2027-01-01":[0,0,0,5]}',
    }


def test_the_days_within_a_range_are_read(empty: Services) -> None:
    empty.figures.write({"gate": GATE})
    columns = columns_of_years(date(2026, 11, 1), date(2027, 2, 1))
    read = empty.figures.read(["gate"], columns)["gate"]
    assert (read.total, read.received, read.first_day) == (Count(3, 35), 3, "2025-01-01")
    assert list(read.days("2026-11-01", "2027-02-01")) == [
        ("2026-11-20", 2, 30, 5, 4),
        ("2027-01-01", 0, 0, 0, 5),
    ]
    assert [day for day, *_ in empty.figures.read()["gate"].days()] == [
        *("2025-01-01", "2026-01-02", "2026-11-20", "2027-01-01")
    ]


def test_only_the_requested_cameras_are_returned(empty: Services) -> None:
    assert empty.figures.read() == {}
    empty.figures.write(dict.fromkeys(("gate", "gate-2", "gate0", "a", "z"), GATE))
    assert set(empty.figures.read()) == {"gate", "gate-2", "gate0", "a", "z"}
    assert set(empty.figures.read(["gate"])) == {"gate"}
    assert set(empty.figures.read({"z", "a", "none"})) == {"a", "z"}
    assert empty.figures.read([]) == {}
    for _ in range(2):
        empty.figures.remove("gate")
    assert set(empty.figures.read(["gate", "gate-2"])) == {"gate-2"}


def test_many_rows_are_written_a_hundred_at_a_time(empty: Services) -> None:
    """Fewer if they are large: a transaction has a limit in bytes, too."""
    batches = []

    class Rows:
        """Records how many rows each transaction has."""

        def upsert_all(self, partition: str, rows: Mapping[str, object]) -> None:
            batches.append(len(rows))

    table = module.FiguresTable(Rows())  # type: ignore[arg-type]
    table.write({f"camera-{n}": GATE for n in range(250)})
    assert batches == [100, 100, 50]
    batches.clear()
    large = Figures({"y2026": "x" * (module.MAX_TRANSACTION // 3)})
    table.write({f"camera-{n}": large for n in range(7)})
    assert batches == [3, 3, 1]
    empty.figures.write({f"camera-{n:03}": GATE for n in range(201)})
    assert len(empty.figures.read()) == 201


def test_a_year_with_photos_on_each_day_fits(empty: Services) -> None:
    """Its text is below a property's limit of 32K characters (MemoryTable checks it)."""
    days = {date(2024, 1, 1) + timedelta(days=n): Count(99_999, 10**12) for n in range(366)}
    deleted = dict.fromkeys(days, 99_999)
    empty.figures.write(
        {"gate": compute_figures(PhotoCounts(days, deleted=deleted), deleted, "an-id", "")}
    )
    assert len(list(empty.figures.read()["gate"].days())) == 366


def test_the_latest_years_are_kept_if_not_all_fit(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device whose clock was wild for years: its row stays within the limits, and says so."""
    monkeypatch.setattr(module, "MAX_DAYS_TEXT", 1000)
    days = {date(1970 + n, 1, 1): Count(1, 1) for n in range(100)}
    figures = compute_figures(PhotoCounts(days), {}, "", "")
    kept = [day for day, *_ in figures.days()]
    assert 1 < len(kept) < 100
    assert kept[-1] == "2069-01-01"
    assert figures.total.photos == 100
    assert "do not fit" in caplog.text
