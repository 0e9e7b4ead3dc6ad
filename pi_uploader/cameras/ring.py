"""What a camera sent in the last seconds, encoded as it came, in memory.

Clips that begin before their trigger come from it, and the photo of a moment that has passed.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_RING_BYTES = 32 * 1024 * 1024
MAX_RING_PICTURES = 20_000  # each costs memory beside its bytes; ten minutes of a common camera
STALL_SECONDS = 5.0  # without a picture, after which a clip ends
FRESH_SECONDS = 2.0  # since the newest picture, after which the stream counts as away


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture. `at` is when it came (monotonic seconds). One that `is_key` can be shown
    without the ones before it. `order` grows with the pictures as they are shown, which may come in
    another order."""

    content: bytes = field(repr=False)
    at: float
    is_key: bool = True
    order: int = 0


class Ring:
    """The pictures of the last `seconds`, and the ones before them from a key picture on; fewer
    where these are more than `max_pictures`, or have more than `max_bytes`. Any thread may call
    any method."""

    def __init__(
        self,
        seconds: float,
        max_bytes: int = MAX_RING_BYTES,
        max_pictures: int = MAX_RING_PICTURES,
    ) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._max_pictures = max_pictures
        self._changed = threading.Condition()
        self._pictures: deque[Picture] = deque()
        self._keys: deque[tuple[int, float]] = deque()  # the key pictures: number, and when it came
        self._first = 0  # the number of the oldest picture, among all that ever came
        self._size = 0  # bytes
        self._stream = 0  # counts the streams, whose pictures cannot be joined

    @property
    def size(self) -> int:
        """The bytes of its pictures."""
        return self._size

    def add(self, picture: Picture) -> None:
        """Keep a picture, and forget what is too old or too much. The first one of a stream is a
        key picture."""
        with self._changed:
            if self._pictures or picture.is_key:
                if picture.is_key:
                    self._keys.append((self._first + len(self._pictures), picture.at))
                self._pictures.append(picture)
                self._size += len(picture.content)
                while self._is_too_long() or self._is_too_much():
                    self._forget_first_group()
                self._changed.notify_all()

    def clear(self) -> None:
        """Forget everything: another stream begins."""
        with self._changed:
            self._first += len(self._pictures)
            self._pictures.clear()
            self._keys.clear()
            self._size = 0
            self._stream += 1
            self._changed.notify_all()

    def wait_for(self, moment: float, timeout: float) -> bool:
        """Wait for a picture that came at `moment` (monotonic seconds) or later, `timeout` seconds
        at most; return whether there is one."""
        with self._changed:
            return self._changed.wait_for(lambda: self._newest_at() >= moment, timeout)

    def is_fresh(self) -> bool:
        """Return whether the stream delivers pictures now."""
        return time.monotonic() - self._newest_at() < FRESH_SECONDS

    def remembers(self, moment: float) -> bool:
        """Return whether the stream delivers pictures now, and did so at `moment`."""
        with self._changed:
            return self.is_fresh() and self._pictures[0].at <= moment

    @property
    def rate(self) -> float:
        """How many pictures came in a second, on average; 1 if that is not known yet."""
        with self._changed:
            count = len(self._pictures)
            seconds = self._newest_at() - self._pictures[0].at if count > 1 else 0.0
        return (count - 1) / seconds if seconds > 0 else 1.0

    def begin(self, moment: float) -> float | None:
        """Return when the picture came with which a clip of `moment` begins: the last key picture
        until then, else the first one. None if there is no picture."""
        with self._changed:
            return self._pictures[self._key_before(moment)].at if self._pictures else None

    def at_moment(self, moment: float) -> tuple[list[bytes], int]:
        """Return what shows the picture nearest to `moment`: encoded pictures, and how many of them
        are shown before it. Nothing if there is none."""
        with self._changed:
            if not self._pictures:
                return [], 0
            kept = list(self._pictures)
        index, nearest = min(enumerate(kept), key=lambda one: abs(one[1].at - moment))
        first = next(number for number in range(index, -1, -1) if kept[number].is_key)
        group = kept[first : index + 1]
        return [one.content for one in group], sum(one.order < nearest.order for one in group)

    def follow(self, begin: float, end: float, stop: threading.Event) -> Iterator[bytes]:
        """Yield the pictures of a clip as they come: from the one that `begin` says, until one that
        came at `end` or later. Ends early once `stop` is set, or if the stream ends or stalls."""
        with self._changed:
            stream, number = self._stream, self._first
            if self._pictures:
                number += self._key_before(begin)
        while not stop.is_set():
            with self._changed:
                is_there = self._changed.wait_for(
                    lambda: self._stream != stream or self._has(number),  # noqa: B023  used at once
                    STALL_SECONDS,
                )
                if not is_there or self._stream != stream:
                    return
                number = max(number, self._first)  # a reader that is too slow misses some
                picture = self._pictures[number - self._first]
            if picture.at >= end:
                return
            yield picture.content
            number += 1

    def _newest_at(self) -> float:
        return self._pictures[-1].at if self._pictures else float("-inf")

    def _has(self, number: int) -> bool:
        return number < self._first + len(self._pictures)

    def _key_before(self, moment: float) -> int:
        """Return the index of the last key picture until `moment`, else 0."""
        index = 0
        for number, one in enumerate(self._pictures):
            if one.at > moment:
                break
            if one.is_key:
                index = number
        return index

    def _is_too_long(self) -> bool:
        """Return whether the pictures from the second key picture on are long enough."""
        if len(self._keys) < 2:
            return False
        _, second_at = self._keys[1]
        return self._newest_at() - second_at >= self._seconds

    def _is_too_much(self) -> bool:
        return self._size > self._max_bytes or len(self._pictures) > self._max_pictures

    def _forget_first_group(self) -> None:
        """Forget the oldest pictures, until the next one is a key picture."""
        self._keys.popleft()
        end = self._keys[0][0] if self._keys else self._first + len(self._pictures)
        while self._first < end:
            self._size -= len(self._pictures.popleft().content)
            self._first += 1
