"""The slow picture: what one camera reads is never mixed with what the next one does."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.pi_uploader.program import SlowPicture


def test_each_picture_has_an_end_though_its_reader_is_late(tmp_path: Path) -> None:
    """Somebody holds the first one open when the second is given."""
    path = tmp_path / "a.jpg"
    picture = SlowPicture(path)
    late = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    picture.give(b"first")
    with ThreadPoolExecutor(1) as pool, os.fdopen(late, "rb") as first:
        second = pool.submit(path.read_bytes)
        picture.give(b"second")
        assert (first.read(), second.result(30)) == (b"first", b"second")


def test_a_large_picture_is_given_whole(tmp_path: Path) -> None:
    """More than a pipe holds."""
    path, content = tmp_path / "a.jpg", bytes(1_000_000)
    picture = SlowPicture(path)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(path.read_bytes)
        picture.give(content)
        assert read.result(30) == content
