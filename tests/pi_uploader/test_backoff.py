"""The wait after failures."""

import pytest

from pi_uploader.backoff import backoff


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 120), (7, 120), (100_000, 120)],
)
def test_the_wait_doubles_up_to_the_longest(failures: int, seconds: float) -> None:
    assert backoff(failures, 5.0, 120.0) == seconds
