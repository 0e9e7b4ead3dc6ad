"""When a folder changed: known only if the next change gets another time."""

import os
import time
from pathlib import Path

import pytest

from pi_uploader.spool.disk import TIME_STEP_NS, Disk

MINUTE_NS = 60_000_000_000


@pytest.mark.parametrize("ago", [MINUTE_NS, TIME_STEP_NS + MINUTE_NS, -MINUTE_NS])
def test_the_time_of_a_change_is_known_long_after_it(ago: int, tmp_path: Path) -> None:
    """Also if the clock was set back since, to before the change."""
    changed_at = time.time_ns() - ago
    os.utime(tmp_path, ns=(changed_at, changed_at))
    assert Disk().changed_at(tmp_path) == tmp_path.stat().st_mtime_ns


def test_the_time_of_a_change_is_not_known_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = tmp_path.stat().st_mtime_ns
    for moment in (now - TIME_STEP_NS, now, now + TIME_STEP_NS):
        monkeypatch.setattr(time, "time_ns", lambda moment=moment: moment)
        assert Disk().changed_at(tmp_path) is None
