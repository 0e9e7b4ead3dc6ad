"""Losses are counted by camera and day, exactly, however they come and whoever counts when."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.services import Services
from function_app.settings import Settings
from function_app.storage import loss_counts
from function_app.storage.models import StoredAlert
from function_app.storage.table_store import Entity
from photo_wire.alert import LOSS, QUARANTINE, Alert
from tests.support.api import MOMENT, name_of
from tests.support.interruptions import StoppedError, fragile, until_done
from tests.support.memory_store import MemoryAlerts, MemoryTable, memory_services

NOW = MOMENT
LATER = NOW + timedelta(days=1)


def alert_of(
    number: int, came: datetime, days: int = 0, camera: str = "gate", kind: str = LOSS
) -> StoredAlert:
    """An alert that came in at this moment, of a photo of so many days before NOW."""
    name = name_of(camera, NOW - timedelta(days=days), f"{number:08x}")
    return StoredAlert(Alert(name, kind, "no-room"), came)


def expected(kept: list[StoredAlert]) -> dict[str, Counter[date]]:
    """Their counts, of each loss once."""
    names = {one.alert.name for one in kept if one.alert.kind == LOSS}
    counts: dict[str, Counter[date]] = {}
    for name in names:
        counts.setdefault(name.camera, Counter())[name.captured_at.date()] += 1
    return counts


def test_losses_are_counted_by_camera_and_day(empty: Services) -> None:
    """Those that came just now, and those that came since somebody asked; of any day, in whatever
    order they come; of other kinds none."""
    assert empty.loss_counts.count(NOW) == {}
    kept = [alert_of(n, NOW, days) for n, days in enumerate((0, 0, 1, 40, 900, -3000))]
    kept += [alert_of(6, NOW, camera="entry"), alert_of(7, NOW, camera="yard", kind=QUARANTINE)]
    empty.alerts.add(kept)
    for now in (NOW, LATER, LATER):
        assert empty.loss_counts.count(now) == expected(kept)
    kept += [alert_of(8, LATER), alert_of(9, LATER, 40), alert_of(10, LATER, 5, "drive")]
    empty.alerts.add([*kept[3:], *kept[-1:]])
    for now in (LATER, LATER + timedelta(days=1)):
        assert empty.loss_counts.count(now) == expected(kept)


def test_a_count_that_was_stopped_goes_on(empty: Services) -> None:
    """Wherever it was stopped, and whatever came in since."""
    kept = [alert_of(n, NOW, days) for n, days in enumerate((0, 31, 62, 93))]
    empty.alerts.add(kept)
    stopped = 0

    def again(stopping: Services) -> None:
        nonlocal stopped
        stopped += 1
        now = NOW + timedelta(hours=stopped)
        new = alert_of(100 + stopped, now - timedelta(minutes=30), days=31 * (stopped % 5))
        empty.alerts.add([new])
        kept.append(new)
        assert stopping.loss_counts.count(now) == expected(kept)

    assert until_done(again, empty) >= 3  # each goes on from where the one before came to
    assert empty.loss_counts.count(LATER) == expected(kept)


class Seen(MemoryAlerts):
    """Tells how many alerts were read."""

    read = 0

    def newest(self, count: int, after: str | None, end: str | None = None) -> list[StoredAlert]:
        found = super().newest(count, after, end)
        self.read += len(found)
        return found


def test_what_is_counted_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many alerts are kept, of whatever kind; also where they are more than a page has."""
    monkeypatch.setattr(loss_counts, "PAGE_SIZE", 7)
    alerts = Seen()
    backend = memory_services(Settings(""), alerts=alerts)
    kept = [
        alert_of(n, NOW + timedelta(seconds=n // 10), n % 70, f"gate-{n % 3}", kind)
        for n, kind in enumerate([LOSS, LOSS, QUARANTINE] * 100)
    ]
    alerts.add(kept)
    assert backend.loss_counts.count(LATER) == expected(kept)
    assert alerts.read == len(kept)
    kept.append(alert_of(1000, LATER, kind=QUARANTINE))
    alerts.add(kept)
    for now, more in ((LATER, 1), (LATER + timedelta(hours=1), 1), (LATER + timedelta(hours=2), 0)):
        alerts.read = 0
        assert backend.loss_counts.count(now) == expected(kept)
        assert alerts.read == more


class Interrupted(MemoryTable):
    """Somebody else does something between two of the calls."""

    def __init__(self) -> None:
        super().__init__()
        self.others: list[Callable[[], object]] = []  # what they do, before each of the next calls

    def get(self, *args: Any) -> Entity | None:
        self._let_others()
        return super().get(*args)

    def query(self, *args: Any, **kwargs: Any) -> list[Entity]:
        self._let_others()
        return super().query(*args, **kwargs)

    def insert(self, *args: Any) -> bool:
        self._let_others()
        return super().insert(*args)

    def replace(self, *args: Any) -> bool:
        self._let_others()
        return super().replace(*args)

    def _let_others(self) -> None:
        if self.others:
            self.others.pop(0)()


def test_who_finds_another_at_work_leaves_it_to_them() -> None:
    """Also if they know less, and are killed before they are done: nothing is left out."""
    rows = Interrupted()
    backend = memory_services(Settings(""), rows=rows)
    kept = [alert_of(0, NOW), alert_of(1, NOW + timedelta(minutes=10))]
    backend.alerts.add(kept)

    def begin() -> None:
        with pytest.raises(StoppedError):
            fragile(backend, 1).loss_counts.count(NOW + timedelta(minutes=7))

    rows.others = [lambda: None, lambda: None, begin]  # before the first row is written
    for _ in range(2):
        assert backend.loss_counts.count(LATER) == expected(kept)


STEPS = st.tuples(
    st.sampled_from("llqraakk"),  # loss, quarantine, repeated; ask: alone, killed, with another
    st.integers(0, 20),
    st.integers(0, 9),
)


def count(backend: Services, rows: Interrupted, now: datetime) -> None:
    """Count undisturbed."""
    rows.others = []
    backend.loss_counts.count(now)


@given(st.lists(STEPS, max_size=40))
def test_however_losses_come_the_counts_are_right(story: list[tuple[str, int, int]]) -> None:
    """They are told, told again, and counted, by one who is killed at some point, or by two at
    once, in any order, as time goes on."""
    rows = Interrupted()
    backend, now, kept = memory_services(Settings(""), rows=rows), NOW, list[StoredAlert]()
    for number, (what, minutes, which) in enumerate(story):
        now += timedelta(minutes=minutes)
        if what in "lq":
            came = now - timedelta(minutes=which / 3)  # listed a little late
            kind = LOSS if what == "l" else QUARANTINE
            kept.append(alert_of(number, came, 13 * which, f"gate-{which % 2}", kind))
            backend.alerts.add(kept[-1:])
        elif what == "r" and kept:
            backend.alerts.add([replace(kept[which % len(kept)], received_at=now)])
        elif what == "k":
            try:
                fragile(backend, which).loss_counts.count(now)
            except StoppedError:
                continue
        else:
            at = now + timedelta(minutes=1 - 2 * (which % 4))  # by another instance's clock
            idle: list[Callable[[], object]] = [lambda: None] * (which // 2)
            rows.others = [*idle, partial(count, backend, rows, at)]
            assert backend.loss_counts.count(now) == expected(kept)
            rows.others = []
            assert backend.loss_counts.count(now) == expected(kept)
    assert backend.loss_counts.count(now + timedelta(days=1)) == expected(kept)
