"""SlowPicture: the content of two pictures is never mixed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.program import SlowPicture


def test_a_picture_ends_although_its_reader_is_late(tmp_path: Path) -> None:
    """Its reader still has it open when the next one is given."""
    path = tmp_path / "a.jpg"
    picture = SlowPicture(path)
    late = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    picture.give(b"first")
    with ThreadPoolExecutor(1) as pool, os.fdopen(late, "rb") as first:
        second = pool.submit(path.read_bytes)
        picture.give(b"second")
        assert (first.read(), second.result(90)) == (b"first", b"second")


def test_a_large_picture_is_given_whole(tmp_path: Path) -> None:
    """It is larger than the pipe's buffer."""
    path, content = tmp_path / "a.jpg", bytes(1_000_000)
    picture = SlowPicture(path)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(path.read_bytes)
        picture.give(content)
        assert read.result(90) == content
