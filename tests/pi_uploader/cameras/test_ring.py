"""What is kept of a stream: bounded, from a key picture on, and followed while it grows."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.cameras import ring as ring_module
from pi_uploader.cameras.ring import Picture, Ring

MAX_BYTES = 100
steps = st.lists(
    st.tuples(st.floats(0, 3), st.integers(1, 60), st.booleans()), min_size=1, max_size=60
)


def pictures_of(steps: list[tuple[float, int, bool]]) -> list[Picture]:
    """Return pictures from the seconds after the one before, the size, and whether it is a key."""
    at, pictures = 1000.0, []
    for number, (gap, size, is_key) in enumerate(steps):
        at += gap
        content = bytes([number]) * size
        pictures.append(Picture(content, at, is_key, number))
    return pictures


def followed(ring: Ring, begin: float, end: float) -> list[int]:
    """Return the numbers of the pictures of a clip that is complete by now."""
    ring.add(Picture(b"\xff", end, is_key=True))
    return [content[0] for content in ring.follow(begin, end, threading.Event())]


@given(steps, st.floats(0, 10))
def test_it_never_has_more_bytes_than_it_may(
    steps: list[tuple[float, int, bool]], seconds: float
) -> None:
    ring = Ring(seconds, MAX_BYTES)
    for picture in pictures_of(steps):
        ring.add(picture)
        assert ring.size <= MAX_BYTES


@given(steps, st.floats(0, 10), st.integers(1, 9))
def test_it_never_has_more_pictures_than_it_may(
    steps: list[tuple[float, int, bool]], seconds: float, max_pictures: int
) -> None:
    """Empty ones count, too; what is left begins with a key picture."""
    ring, pictures = Ring(seconds, max_pictures=max_pictures), pictures_of(steps)
    for picture in pictures:
        ring.add(picture)
        kept, _ = ring.at_moment(picture.at)
        assert len(kept) <= max_pictures


@given(steps, st.floats(0, 10), st.floats(0, 12))
def test_a_clip_begins_with_the_last_key_picture_before_its_moment(
    steps: list[tuple[float, int, bool]], seconds: float, ago: float
) -> None:
    """Where that is kept; all that came since follow it."""
    ring, pictures = Ring(seconds + 1), pictures_of(steps)
    for picture in pictures:
        ring.add(picture)
    now = pictures[-1].at
    keys = [one.order for one in pictures if one.is_key and one.at <= now - ago]
    numbers = followed(ring, now - ago, now + 1)
    assert (
        numbers == list(range(numbers[0], len(pictures)))
        if numbers
        else not any(one.is_key for one in pictures)
    )
    if numbers:
        assert pictures[numbers[0]].is_key
        if keys and ago <= seconds:
            assert numbers[0] == keys[-1]


@given(steps, st.floats(0, 12))
def test_the_picture_of_a_moment_is_the_nearest_and_has_what_it_needs(
    steps: list[tuple[float, int, bool]], ago: float
) -> None:
    ring, pictures = Ring(1000), pictures_of(steps)
    for picture in pictures:
        ring.add(picture)
    first = next((one.order for one in pictures if one.is_key), None)
    contents, skipped = ring.at_moment(pictures[-1].at - ago)
    if first is None:
        assert (contents, skipped) == ([], 0)
        return
    moment = pictures[-1].at - ago
    group = [pictures[content[0]] for content in contents]
    nearest = min(abs(one.at - moment) for one in pictures[first:])
    assert abs(group[-1].at - moment) == nearest
    assert (group[0].is_key, skipped) == (True, len(group) - 1)


def test_pictures_that_are_shown_in_another_order_than_they_come() -> None:
    """As those of an encoder that looks ahead: the third one is shown before the second."""
    ring = Ring(10)
    for number, (order, is_key) in enumerate([(0, True), (2, False), (1, False)]):
        ring.add(Picture(bytes([number]), 1000.0 + number, is_key, order))
    assert ring.at_moment(1001.0) == ([b"\x00", b"\x01"], 1)
    assert ring.at_moment(1002.0) == ([b"\x00", b"\x01", b"\x02"], 1)


def test_a_clip_goes_on_while_pictures_come_and_ends_with_its_stream() -> None:
    """Or once it is stopped; another stream begins with a key picture."""
    ring, stop = Ring(10), threading.Event()
    ring.add(Picture(b"a", 1.0))
    clip = ring.follow(0.0, 100.0, stop)
    assert next(clip) == b"a"
    threading.Timer(0.05, ring.add, [Picture(b"b", 2.0, is_key=False)]).start()
    assert next(clip) == b"b"
    ring.clear()
    ring.add(Picture(b"c", 3.0, is_key=False))
    ring.add(Picture(b"d", 3.0))
    assert list(clip) == []
    assert next(ring.follow(0.0, 100.0, stop)) == b"d"
    stop.set()
    assert list(ring.follow(0.0, 100.0, stop)) == []


def test_a_clip_ends_when_the_stream_stalls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_module, "STALL_SECONDS", 0.05)
    ring = Ring(10)
    ring.add(Picture(b"a", 1.0))
    assert list(ring.follow(0.0, 100.0, threading.Event())) == [b"a"]


def test_it_remembers_what_came_while_pictures_come() -> None:
    ring, now = Ring(10), time.monotonic()
    assert not ring.remembers(now)
    ring.add(Picture(b"a", now - 3))
    assert not ring.remembers(now - 2)  # nothing has come for a while
    ring.add(Picture(b"b", now + 60))
    assert (ring.remembers(now - 2), ring.remembers(now - 4)) == (True, False)
