"""The rows of figures: what is in them, which are read, and how they are written."""

from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from function_app.services import Services
from function_app.storage import figures as module
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.figures import Figures, columns_of_days, compute_figures
from function_app.storage.photo_counts import Count, PhotoCounts
from function_app.storage.row_keys import FIGURES

DAY = date(2026, 11, 20)
COUNTS = PhotoCounts(
    {DAY: Count(2, 30), date(2025, 1, 1): Count(1, 5)}, deleted={DAY: 3, date(2026, 1, 2): 1}
)
GATE = compute_figures(COUNTS, {DAY: 4, date(2027, 1, 1): 5}, "an-id", "", DAY)


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
        "recent": '{"2026-11-20":[2,30,5,4]}',
        "y2025": '{"2025-01-01":[1,5,1,0]}',
        "y2026": '{"2026-01-02":[0,0,1,0]}',
        "y2027": '{"2027-01-01":[0,0,0,5]}',
    }


def test_the_days_within_a_range_are_read(empty: Services) -> None:
    empty.figures.write({"gate": GATE})
    columns = columns_of_days(date(2026, 11, 1), date(2027, 2, 1), DAY)
    read = empty.figures.read(["gate"], columns)["gate"]
    assert (read.total, read.received, read.first_day) == (Count(3, 35), 3, "2025-01-01")
    assert list(read.days("2026-11-01", "2027-02-01")) == [
        ("2026-11-20", 2, 30, 5, 4, 0),
        ("2027-01-01", 0, 0, 0, 5, 0),
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
        {"gate": compute_figures(PhotoCounts(days, deleted=deleted), deleted, "an-id", "", DAY)}
    )
    assert len(list(empty.figures.read()["gate"].days())) == 366


def test_days_of_any_years_fit_into_a_row(empty: Services) -> None:
    """A device whose clock was wild, or a stranger with an upload token: the nearest years are
    kept, and the totals are those of all (MemoryTable checks Azure's limits)."""
    days = {date(year, 6, 1): Count(1, 1) for year in range(1970, 10_000)}
    figures = compute_figures(PhotoCounts(days), {}, "", "", DAY)
    empty.figures.write({"gate": figures})
    assert empty.figures.read() == {"gate": figures}
    assert [int(day[:4]) for day, *_ in figures.days()] == list(range(2019, 2033))
    assert (figures.total.photos, figures.is_complete) == (len(days), False)


def test_a_full_row_fits(empty: Services) -> None:
    """Photos and losses on each day of all years that are kept, and five such rows at once."""
    days = {DAY - timedelta(days=n): Count(99_999, 10**12) for n in range(-2500, 2500)}
    numbers = dict.fromkeys(days, 99_999)
    full = compute_figures(PhotoCounts(days, deleted=numbers), numbers, "an-id", "", DAY)
    assert len(full.properties) == 7 + module.MAX_YEARS
    assert empty.figures.write({f"camera-{n}": full for n in range(5)}) == set()
    assert empty.figures.read()["camera-4"] == full


def test_the_last_sixty_days_are_in_one_column() -> None:
    """Whether the reader or the timer is the first to notice that a day begins."""
    days = {DAY + timedelta(days=n): Count(1, 1) for n in range(-400, 5)}
    for counted in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)):
        figures = compute_figures(PhotoCounts(days), {}, "", "", counted)
        first = DAY - timedelta(days=59)
        columns = columns_of_days(first, DAY, DAY)
        assert columns == [*module.TOTALS, "recent"]
        there = {one for one in columns if one in figures.properties}  # no stubs
        selected = Figures({column: figures.properties[column] for column in there})
        assert len(selected.days(str(first), str(DAY))) == 60
        assert [day for day, *_ in figures.days()] == sorted(map(str, days))


@pytest.mark.parametrize(("first", "last"), [(date.min, date.max), (date(1970, 1, 1), DAY)])
def test_no_more_columns_are_selected_than_a_request_may(
    empty: Services, first: date, last: date
) -> None:
    empty.figures.write({"gate": GATE})
    assert empty.figures.read(["gate"], columns_of_days(first, last, DAY)) == {"gate": GATE}
    short = columns_of_days(date(2020, 1, 1), DAY, DAY)
    assert short is not None
    assert len(short) == 7 + 7


def test_a_row_that_cannot_be_written_stops_no_other(
    empty: Services, caplog: pytest.LogCaptureFixture
) -> None:
    class Rows:
        """Refuses the row of a camera, alone or among others."""

        def upsert_all(self, partition: str, rows: Mapping[str, Mapping[str, str]]) -> None:
            if "bad~all" in rows:
                raise StorageUnavailableError("it answered 400")
            empty.figures.rows.upsert_all(partition, rows)

        def upsert(self, partition: str, key: str, row: Mapping[str, str]) -> None:
            self.upsert_all(partition, {key: row})

    table = module.FiguresTable(Rows())  # type: ignore[arg-type]
    assert table.write(dict.fromkeys(("aaa", "bad", "zzz"), GATE)) == {"bad"}
    assert set(empty.figures.read()) == {"aaa", "zzz"}
    assert "those of bad could not be written: it answered 400" in caplog.text
