"""Counts in sentences."""

import pytest

from pi_uploader.messages import counted


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "photo", "0 photos"),
        (1, "photo", "1 photo"),
        (2, "photo", "2 photos"),
        (1, "loss", "1 loss"),
        (2, "loss", "2 losses"),
    ],
)
def test_a_noun_is_plural_unless_there_is_one(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text
