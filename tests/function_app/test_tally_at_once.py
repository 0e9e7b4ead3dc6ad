"""The counts are right whoever comes, goes and counts at once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.maintenance.deletion import delete
from function_app.maintenance.photo_counts import recount, tallies, uncounted
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.row_keys import View
from function_app.storage.table_store import ConditionalUpdate
from photo_wire.name import PhotoName
from tests.function_app.counting import (
    NOW,
    WILD,
    counted,
    hours_ago,
    last_is_there,
    listed,
    small_steps,
    there,
)
from tests.function_app.memory_store import memory_services
from tests.function_app.turns import Turns

TAKEN = st.one_of(
    st.integers(0, 3).map(lambda days: timedelta(days=days)),
    st.integers(0, 12).map(lambda months: timedelta(days=31 * months)),
    st.sampled_from(WILD),
)
ACTION = st.tuples(
    st.sampled_from("cccdddnnr"), TAKEN, st.integers(0, 9), st.none() | st.integers(0, 12)
)
STORY = st.lists(
    st.tuples(
        st.integers(0, 12), st.lists(ACTION, max_size=5), st.lists(st.integers(0, 4), max_size=40)
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(STORY)
def test_whoever_comes_goes_and_counts_at_once_the_counts_are_right(
    story: list[tuple[int, list[tuple[str, Any, int, int | None]], list[int]]],
) -> None:
    """Photos of any day come, are deleted, by two at once too, are counted, by two at once too, or
    are to be counted anew: interleaved at the calls of the stores, and killed at any of them. How
    many ever came is right, too."""
    backend, now, number = memory_services(Settings("")), NOW, 0
    came = set[PhotoName]()
    with pytest.MonkeyPatch.context() as patch:
        small_steps(patch)
        for minutes, actions, order in story:
            now += timedelta(minutes=minutes)
            here = backend.index.query(View(oldest_first=True), 1000)
            tasks: list[tuple[Callable[[Services], object], int | None]] = []
            for what, taken, which, left in actions:
                number += 1
                if what == "c":
                    day = now - taken if isinstance(taken, timedelta) else taken

                    def come(seen: Services, day: datetime = day, number: int = number) -> None:
                        listed(seen, day, number, now)  # noqa: B023

                    tasks.append((come, left))
                elif what == "d" and here:
                    photo = here[which % len(here)]
                    tasks.append((lambda seen, photo=photo: delete(photo, seen), left))  # type: ignore[misc]
                elif what == "r":
                    tasks.append((lambda seen: recount("gate", seen, now), left))  # noqa: B023
                else:
                    tasks.append((lambda seen: tallies(seen, now), left))  # noqa: B023
            Turns(backend).run(tasks, order)
            came |= {photo.name for photo in backend.index.query(View(), 1000)}
            if number % 2 and backend.index.cameras():
                assert counted(backend, now) == there(backend)
                assert last_is_there(backend, now)
        now += timedelta(hours=1)
        for _ in range(2):  # counting, and from what was saved
            assert not backend.index.cameras() or counted(backend, now) == there(backend)
        lately = Counter(name.captured_at.date() for name in came if name.captured_at not in WILD)
        for tally in tallies(backend, now).values():
            assert tally.received == len(came)
            assert {day: tally.received_on(day) for day in lately} == lately


def test_two_who_delete_the_same_photo_count_it_out_once(empty: Services) -> None:
    """And one who counts meanwhile."""
    photos = hours_ago(empty, 12)
    assert counted(empty) == there(empty)
    with ThreadPoolExecutor(6) as pool:
        work: list[Future[Any]] = [
            pool.submit(delete, photo, empty) for photo in photos[:3] for _ in range(2)
        ]
        work += [pool.submit(tallies, empty, NOW) for _ in range(3)]
        for one in work:
            one.result()
    assert sum(photos for photos, _ in counted(empty).values()) == 9
    assert counted(empty) == there(empty)


def test_eight_threads_that_delete_count_each_photo_out(empty: Services) -> None:
    """As retention does, whose every deletion changes the same record."""
    photos = hours_ago(empty, 48)
    assert counted(empty) == there(empty)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda photo: delete(photo, empty), photos[:40]))
    assert counted(empty) == there(empty)


def test_a_count_under_way_does_not_miss_a_deletion(empty: Services) -> None:
    """It has read of a photo that was not counted yet; then that is deleted."""
    first, *_ = hours_ago(empty, 3)
    recount("gate", empty, NOW)

    class Meanwhile:
        """An index in which the first photo is deleted when its arrival has been read."""

        def __getattr__(self, name: str) -> Any:
            return getattr(empty.index, name)

        def arrived(self, *words: Any) -> Any:
            found = empty.index.arrived(*words)
            delete(first, empty)
            return found

    tallies(replace(empty, index=Meanwhile()), NOW)
    assert counted(empty) == there(empty)


def test_a_deletion_whose_camera_was_counted_meanwhile_begins_again(empty: Services) -> None:
    """Another instance wrote the record after it was read: what was read does not count."""
    gone, *_ = hours_ago(empty, 3)
    tallies(empty, NOW)
    asked: list[str] = []

    def uncount(place: str) -> ConditionalUpdate:
        rewrite = uncounted(gone, place, empty)
        if not asked:
            recount("gate", empty, NOW)
        asked.append(place)
        return rewrite

    empty.index.remove(gone, uncount)
    assert len(asked) == 2
    assert empty.index.get(gone.name) is None
    assert counted(empty) == there(empty)


def test_who_can_save_nothing_answers_all_the_same(empty: Services) -> None:
    """Somebody else is faster each time."""
    hours_ago(empty, 4)

    class Slow:
        """Records that were changed meanwhile, whenever they are to be written."""

        def __getattr__(self, name: str) -> Any:
            return getattr(empty.tally, name)

        def rewrite(self, *words: Any) -> bool:
            return False

    slow = replace(empty, tally=Slow())
    assert counted(slow) == there(empty)
    assert counted(empty) == there(empty)
