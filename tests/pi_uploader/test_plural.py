"""One of a thing is spoken of as one."""

import pytest

from pi_uploader.capture.handler import CaptureStats
from pi_uploader.messages import counted


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "photo", "0 photos"),
        (1, "photo", "1 photo"),
        (2, "photo", "2 photos"),
        (1, "loss", "1 loss"),
        (2, "loss", "2 losses"),
    ],
)
def test_counted(number: int, noun: str, words: str) -> None:
    assert counted(number, noun) == words


def test_the_sum_of_a_captures_life() -> None:
    assert str(CaptureStats(kept=1, coalesced=1)).startswith(
        "1 photo kept, 0 lost, 0 failed; 1 trigger c"
    )
