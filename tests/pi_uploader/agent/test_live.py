"""Until when live pictures are sent."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from photo_wire.blob_link import BlobLink
from pi_uploader.agent.live import MAX_LOOK_SECONDS, Live
from pi_uploader.agent.server_clock import ServerClock
from pi_uploader.client.blobs import BlobClient
from pi_uploader.client.connection import tls_context
from pi_uploader.client.deadlines import Deadlines
from pi_uploader.upload.limits import UploadLimits
from tests.support.fake_clock import FakeClock

NOW = datetime(2026, 11, 28, tzinfo=UTC)
END_OF_TIME = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("until", "seconds"),
    [(NOW + timedelta(seconds=120), 120), (END_OF_TIME, MAX_LOOK_SECONDS)],
)
def test_a_look_ends(until: datetime, seconds: float, tmp_path: Path) -> None:
    """Also if the backend names the end of time."""
    passed = [0.0]
    clock = FakeClock(wall=NOW, seconds=lambda: passed[0])
    server_clock = ServerClock(clock)
    server_clock.record(NOW)
    blobs = BlobClient(Deadlines(), tls_context(), needs_tls=False)
    live = Live(tmp_path, blobs, UploadLimits(), clock, server_clock)
    live.update({"gate": until}, {"gate": BlobLink("http://127.0.0.1:1/gate.jpg", until)})
    passed[0] = seconds - 1
    assert live.is_looking()
    passed[0] = seconds + 1
    assert not live.is_looking()
