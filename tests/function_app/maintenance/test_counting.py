"""Figures are what a recount would find, whatever happened and wherever a run was stopped."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.maintenance.counting import update_figures
from function_app.maintenance.deletion import delete, delete_camera_data
from function_app.maintenance.repair import reconcile
from function_app.maintenance.retention import clean_up
from function_app.services import Services
from function_app.storage.models import Photo, State, StoredAlert
from function_app.storage.row_keys import FIGURES, View, figures_key
from function_app.timer_watch import COUNT, last_runs
from photo_wire.alert import LOSS, Alert
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.support.api import name_of
from tests.support.camera_traffic import log_nothing
from tests.support.interruptions import StoppedError, fragile, until_done
from tests.support.memory_store import memory_services
from tests.support.photo_counting import (
    NOW,
    WILD,
    hours_ago,
    last_is_there,
    last_photo,
    listed,
    small_steps,
    stored,
)
from tests.support.stored_photos import KEPT

CAMERAS = ("gate", "gate-2", "yard")
Counted = dict[str, tuple[list[int], dict[str, list[int]]]]
"""Of each camera photos, bytes and received, and the same with losses by day."""


def recount(backend: Services, came: set[PhotoName]) -> Counted:
    """Count by a look at each photo and each loss."""
    days: dict[str, Counter[tuple[str, int]]] = {one: Counter() for one in backend.index.cameras()}
    for photo in backend.index.query(View(), 10_000):
        day = str(photo.name.captured_at.date())
        days[photo.name.camera].update({(day, 0): 1, (day, 1): photo.size})
    for stub in backend.index.query(View(stubs=True), 10_000):
        day = str(stub.name.captured_at.date())
        days[stub.name.camera].update({(day, 4): 1, (day, 1): stub.size})
    for name in came:
        days[name.camera][str(name.captured_at.date()), 2] += 1
    for kept in backend.alerts.newest(10_000, None):
        if kept.alert.kind == LOSS and not kept.is_taken_back:
            name = kept.alert.name
            days.setdefault(name.camera, Counter())[str(name.captured_at.date()), 3] += 1
    return {
        camera: (
            [sum(count for (_, what), count in counts.items() if what == n) for n in range(3)],
            {day: [counts[day, n] for n in range(5)] for day, _ in counts},
        )
        for camera, counts in days.items()
    }


def written(backend: Services) -> Counted:
    """The same by the figures."""
    return {
        camera: (
            [one.total.photos, one.total.size, one.received],
            {day: of_day for day, *of_day in one.days()},
        )
        for camera, one in backend.figures.read().items()
    }


def without_wild_days(counted: Counted) -> Counted:
    """Leave out what a repair forgets after 400 days: how many photos of a day were deleted."""
    wild = {str(moment.date()) for moment in WILD}
    return {
        camera: (totals, {day: days[day] for day in days.keys() - wild})
        for camera, (totals, days) in counted.items()
    }


class Story:
    """A backend at which things happen, as time goes on."""

    def __init__(self) -> None:
        self.backend = memory_services(KEPT)
        self.now = NOW
        self.came: set[PhotoName] = set()

    def arrive(self, name: PhotoName, number: int) -> None:
        """A photo arrives."""
        photo = Photo(name, Media.JPEG, "ab" * 32, number + 1, self.now)
        self.backend.blobs.add(photo, b"bytes")
        self.backend.photo_store.index_photo(photo, self.now)
        self.came.add(name)

    def lose(self, name: PhotoName) -> None:
        """A device reports a loss."""
        self.backend.index.record_losses({name: ""})
        self.backend.alerts.add([StoredAlert(Alert(name, LOSS, "no-room"), self.now)])

    def arrive_after_all(self, number: int) -> None:
        """A photo arrives that was reported as lost."""
        kept = [one for one in self.backend.alerts.newest(1000, None) if not one.is_taken_back]
        names = [one.alert.name for one in kept if one.alert.kind == LOSS]
        if names:
            self.arrive(names[number % len(names)], number)

    def delete(self, number: int) -> None:
        """A person deletes a photo."""
        if here := self.backend.index.query(View(), 1000):
            delete(here[number % len(here)], self.backend, deleted_at=self.now)

    def repair(self, number: int) -> None:
        """All cameras are repaired, or rebuilt after the rows of a photo were lost."""
        here, everything = self.backend.index.query(View(), 1000), number % 2 == 0
        if here and everything:
            self.backend.index.unindex(here[number % len(here)], State.LISTED)
        reconcile(self.backend, self.now, everything=everything)

    def count(self, changes: int) -> None:
        """The timer runs, and may be killed."""
        with suppress(StoppedError):
            update_figures(fragile(self.backend, changes), self.now)


ACTIONS = st.tuples(
    st.sampled_from("uuuuulladdercccf"),
    st.sampled_from(CAMERAS),
    st.sampled_from([0, 0, 0, 1, 3, 31, 9]),
    st.integers(0, 40),
    st.sampled_from([0, 0, 1, 3, 6, 600]),
)


@given(st.lists(ACTIONS, max_size=30))
@settings(max_examples=2 * settings().max_examples)
def test_figures_are_what_a_recount_finds(
    story: list[tuple[str, str, int, int, int]],
) -> None:
    """Photos arrive, also late and after they were reported lost, are deleted and expire; losses
    are reported; repairs, and runs that are killed, come in between. Then one run, and all is
    right."""
    with pytest.MonkeyPatch.context() as patch:
        small_steps(patch)
        play = Story()
        for number, (what, camera, days, which, minutes) in enumerate(story):
            play.now += timedelta(minutes=minutes)
            taken = WILD[number % 2] if days == 9 else play.now - timedelta(days=days)
            match what:
                case "u":
                    play.arrive(name_of(camera, taken, f"{number:08x}"), number)
                case "l":
                    play.lose(name_of(camera, taken, f"{number:08x}"))
                case "a":
                    play.arrive_after_all(which)
                case "d":
                    play.delete(which)
                case "e":
                    clean_up(play.backend, play.now + timedelta(days=3 * which), clock=lambda: 0)
                case "r":
                    play.repair(which)
                case "f":
                    play.now += timedelta(days=which)
                case _:
                    play.count(which % 6)
        update_figures(play.backend, play.now)
        expected = recount(play.backend, play.came)
        assert without_wild_days(written(play.backend)) == without_wild_days(expected)
        for camera, figures in play.backend.figures.read().items():
            here = [str(one.name) for one in play.backend.index.query(View(camera), 1000)]
            assert figures.last_photo in here if here else figures.last_photo is None


def test_a_run_that_was_stopped_is_made_up_for(empty: Services) -> None:
    """Stopped after each of its changes in turn; in between something happens."""
    came = {photo.name for photo in hours_ago(empty, 6)}
    now = NOW

    def run(stopping: Services) -> None:
        nonlocal now
        now += timedelta(minutes=7)
        number = 100 + len(came)
        came.add(listed(empty, NOW - timedelta(days=number), number, now).name)
        loss = Alert(name_of("yard", NOW, f"{number:08x}"), LOSS, "no-room")
        empty.alerts.add([StoredAlert(loss, now)])
        update_figures(stopping, now)

    assert until_done(run, empty) >= 3
    assert written(empty) == recount(empty, came)
    assert last_runs(empty.accounts)[COUNT] == now


def test_a_run_that_was_stopped_does_not_say_that_it_counted(empty: Services) -> None:
    """Its moment is the last that it writes."""
    hours_ago(empty, 2)
    update_figures(empty, NOW)
    later = NOW + timedelta(minutes=1)

    def run(stopping: Services) -> None:
        try:
            update_figures(stopping, later)
        except StoppedError:
            assert last_runs(empty.accounts)[COUNT] == NOW
            raise

    until_done(run, empty)
    assert last_runs(empty.accounts)[COUNT] == later


def test_whatever_is_wrong_in_the_figures_is_corrected(empty: Services) -> None:
    """Somebody changed a row, or one is left of a camera that is gone."""
    hours_ago(empty, 3)
    update_figures(empty, NOW)
    right, rows = empty.figures.read(), empty.figures.rows
    rows.upsert(FIGURES, figures_key("gate"), {**right["gate"].properties, "photos": "99"})
    rows.upsert(FIGURES, figures_key("gone"), right["gate"].properties)
    assert update_figures(empty, NOW) == 2
    assert empty.figures.read() == right
    assert update_figures(empty, NOW) == 0


def test_a_deleted_camera_has_no_figures(empty: Services) -> None:
    """Not even if a run that began before writes them once more."""
    for photo in hours_ago(empty, 3):
        empty.blobs.add(photo, b"bytes")
    update_figures(empty, NOW)
    left = empty.figures.read()
    delete_camera_data("gate", empty, NOW, log_nothing)
    assert empty.figures.read() == {}
    empty.figures.write(left)
    update_figures(empty, NOW)
    assert empty.figures.read() == {}


def test_the_last_photo_is_looked_up_once(empty: Services) -> None:
    """As long as nothing of the camera changes: not at each run."""
    photos = [stored(empty, photo) for photo in hours_ago(empty, 3)]
    delete(photos[2], empty, deleted_at=NOW)
    looked_up = []

    class Index:
        """Records when somebody looks for the newest photo."""

        def __getattr__(self, name: str) -> Any:
            if name == "query":
                looked_up.append(name)
            return getattr(empty.index, name)

    watched = replace(empty, index=Index())
    for photo in (photos[1], photos[0]):
        for _ in range(3):
            update_figures(watched, NOW)
        assert empty.figures.read()["gate"].last_photo == str(photo.name)
        assert len(looked_up) == 1
        looked_up.clear()
        delete(photo, empty, deleted_at=NOW)
    for _ in range(2):
        update_figures(watched, NOW)
    assert empty.figures.read()["gate"].last_photo is None
    assert not looked_up


def test_the_last_that_came_is_the_last(empty: Services) -> None:
    """Whenever it was taken, counted or not, and whatever was deleted before it."""
    photos = hours_ago(empty, 5)
    assert last_photo(empty) == str(photos[4].name)
    delete(photos[2], empty)
    late = listed(empty, NOW - timedelta(days=90), 9, NOW - timedelta(minutes=1))
    assert last_photo(empty) == str(late.name)
    delete(photos[4], empty)
    assert last_photo(empty) == str(late.name)


def test_if_it_was_deleted_the_newest_that_is_there_is(empty: Services) -> None:
    """Until another comes; and where none is left, there is none."""
    photos = [stored(empty, photo) for photo in hours_ago(empty, 5)]
    for left in (4, 3):
        delete(photos[left], empty, deleted_at=NOW)
        assert last_photo(empty) == str(photos[left - 1].name)
    another = listed(empty, NOW - timedelta(days=2), 9, NOW)
    assert last_photo(empty) == str(another.name)
    for photo in (another, *photos[2::-1]):
        delete(photo, empty)
        assert last_is_there(empty)
    assert last_photo(empty) is None


def test_what_a_repair_took_off_the_list_is_not_the_last(empty: Services) -> None:
    """Its bytes were gone. Nor does a repair bring back what was deleted before it."""
    photos = [stored(empty, photo) for photo in hours_ago(empty, 5)]
    empty.blobs.remove(photos[4])
    delete(photos[3], empty, deleted_at=NOW)
    reconcile(empty, NOW)
    assert last_photo(empty, NOW + timedelta(days=1)) == str(photos[2].name)
    for photo in photos[:3]:
        empty.blobs.remove(photo)
    reconcile(empty, NOW)
    assert last_photo(empty, NOW + timedelta(days=1)) is None
