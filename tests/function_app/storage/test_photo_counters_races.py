"""The counts are right whoever comes, goes and counts at once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.maintenance.deletion import delete
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import State
from function_app.storage.row_keys import View, checkpoint_key, month_key
from photo_wire.name import PhotoName
from tests.support.memory_store import memory_services
from tests.support.photo_counting import (
    NOW,
    WILD,
    counted,
    hours_ago,
    last_is_there,
    listed,
    small_steps,
    there,
)
from tests.support.services import count_rows, with_counters
from tests.support.turns import Turns

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


@settings(max_examples=3 * settings().max_examples)
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
                    tasks.append((lambda seen: seen.index.invalidate_counts("gate", now), left))  # noqa: B023
                else:
                    tasks.append((lambda seen: seen.index.count_photos(now), left))  # noqa: B023
            Turns(backend).run(tasks, order)
            came |= {photo.name for photo in backend.index.query(View(), 1000)}
            if number % 2 and backend.index.cameras():
                assert counted(backend, now) == there(backend)
                assert last_is_there(backend, now)
        now += timedelta(hours=1)
        for _ in range(2):  # counting, and from what was saved
            assert not backend.index.cameras() or counted(backend, now) == there(backend)
        lately = Counter(name.captured_at.date() for name in came if name.captured_at not in WILD)
        for camera_counts in backend.index.count_photos(now).values():
            assert camera_counts.received == len(came)
            assert {day: camera_counts.received_on(day) for day in lately} == lately


def test_two_who_delete_the_same_photo_count_it_out_once(empty: Services) -> None:
    """And one who counts meanwhile."""
    photos = hours_ago(empty, 12)
    assert counted(empty) == there(empty)
    with ThreadPoolExecutor(6) as pool:
        work: list[Future[Any]] = [
            pool.submit(delete, photo, empty) for photo in photos[:3] for _ in range(2)
        ]
        work += [pool.submit(empty.index.count_photos, NOW) for _ in range(3)]
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
    empty.index.invalidate_counts("gate", NOW)

    class Meanwhile:
        """Arrivals of which the first photo is deleted when it has been read."""

        def list_arrivals(self, *which: Any) -> Any:
            arrivals = empty.index.list_arrivals(*which)
            delete(first, empty)
            return arrivals

    with_counters(empty, arrivals=Meanwhile()).index.count_photos(NOW)
    assert counted(empty) == there(empty)


def test_a_deletion_whose_camera_was_counted_meanwhile_begins_again(empty: Services) -> None:
    """Another instance wrote the checkpoint after it was read: what was read does not count."""
    removed, *_ = hours_ago(empty, 3)
    empty.index.count_photos(NOW)

    class Meanwhile:
        """Rows that another instance changes once they are read."""

        def __init__(self) -> None:
            self.asked: list[str] = []

        def get(self, partition: str, key: str) -> Any:
            row = count_rows(empty).get(partition, key)
            self.asked.append(key)
            if len(self.asked) == 2:  # the checkpoint, and the photo's month
                empty.index.invalidate_counts("gate", NOW)
            return row

    rows = Meanwhile()
    with_counters(empty, rows=rows).index.remove(removed, State.EXPIRED)
    assert (
        rows.asked
        == [checkpoint_key("gate"), month_key("gate", removed.name.captured_at.date())] * 2
    )
    assert empty.index.get(removed.name) is None
    assert counted(empty) == there(empty)


def test_who_can_save_nothing_answers_all_the_same(empty: Services) -> None:
    """Somebody else is faster each time."""
    hours_ago(empty, 4)

    class Slow:
        """Records that were changed meanwhile, whenever they are to be written."""

        def __getattr__(self, name: str) -> Any:
            return getattr(count_rows(empty), name)

        def rewrite(self, *args: Any) -> bool:
            return False

    slow = with_counters(empty, rows=Slow())
    assert counted(slow) == there(empty)
    assert counted(empty) == there(empty)
