"""A clock that nobody has marked as set: what is waited for, and what to do, is said everywhere."""

import logging

import pytest

from pi_uploader import clock
from pi_uploader.status import spool_status
from tests.support.installed_pi import InstalledPi
from tests.support.waiting import wait_for

AWAITED = "photos wait up to 15 minutes for the network to set it"
NEXT_STEP = "set CAMERA_CLOCK=trusted"


@pytest.fixture(autouse=True)
def _unset_clock(pi: InstalledPi, monkeypatch: pytest.MonkeyPatch) -> None:
    clock.TIMESYNCD_MARKER.unlink()
    monkeypatch.setattr(clock, "_kernel_clock_state", lambda: clock.TIME_ERROR)
    pi.environ["CAMERA_SOURCE"] = "simulated"


def test_capture_and_upload_log_it(pi: InstalledPi, caplog: pytest.LogCaptureFixture) -> None:
    """Each by itself; `run` shows both."""
    pi.environ["CAMERA_EVERY"] = "1h"
    with pi.capturing(), pi.uploading():
        wait_for(
            lambda: {"capture", "upload"} <= {one.name for one in notices(caplog)},
            what="both notices",
        )
    assert all(NEXT_STEP in one.getMessage() for one in notices(caplog))
    assert len(notices(caplog)) == 2


def test_status_says_it(pi: InstalledPi) -> None:
    pi.once()
    text, facts = spool_status(pi.spool_folder)
    assert (facts["waiting"], facts["waiting_for_clock"]) == (1, 1)
    assert "clock         1 photo of these: " in text
    assert AWAITED in text
    assert NEXT_STEP in text


def test_a_trusted_clock_is_nothing_to_speak_of(
    pi: InstalledPi, caplog: pytest.LogCaptureFixture
) -> None:
    pi.environ |= {"CAMERA_CLOCK": "trusted", "CAMERA_EVERY": "1h"}
    with pi.capturing():
        pi.wait_for_photos(1)
    assert notices(caplog) == []
    assert "clock  " not in spool_status(pi.spool_folder)[0]


@pytest.mark.parametrize("upload", ["on", "off"])
def test_a_clock_trusted_later_dates_the_photos_that_wait(
    pi: InstalledPi, caplog: pytest.LogCaptureFixture, upload: str
) -> None:
    """Whoever follows the notice is not told it again: the photos go at once, wherever to."""
    pi.once()
    [undated] = pi.spool.undated_photos()
    pi.environ |= {"CAMERA_CLOCK": "trusted", "CAMERA_UPLOAD": upload}
    caplog.clear()
    caplog.set_level(logging.INFO, "upload")
    text, _ = spool_status(pi.spool_folder, clock.Clock(is_trusted=True))
    assert "they get their right time when they are uploaded" in text
    assert NEXT_STEP not in text
    with pi.uploading():
        wait_for(lambda: not list(pi.spool.undated_photos()), what="the photo's name")
    assert notices(caplog) == []
    assert f"(before: {undated.name}), clock corrected" in caplog.text


def notices(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [one for one in caplog.records if AWAITED in one.getMessage()]
