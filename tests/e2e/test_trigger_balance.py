"""Each trigger of a simulated day is a photo or a stub in the backend, or one of the device's
counts: exact, from the motion sensor to the figures of the gallery."""

from datetime import timedelta
from pathlib import Path

import pytest

from function_app.auth.caller import Caller, Scope
from function_app.days.lanes import lanes
from function_app.ingest.intake import Upload, receive
from function_app.maintenance.counting import update_figures
from function_app.maintenance.stubs import correct
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.photo_counts import Count
from function_app.storage.row_keys import View
from photo_wire.headers import Trigger, parse_headers
from pi_uploader.spool import replay
from tests.support.frame_streams import PHOTO_WITH_PREVIEW
from tests.support.memory_store import memory_services
from tests.support.simulated_day import MORNING, SimulatedDay, weather_of

OWNER = Caller("owner", frozenset(Scope))
NEXT_DAY = MORNING + timedelta(days=1)


@pytest.mark.slow
def test_a_day_balances_from_the_trigger_to_the_gallery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Triggers = photos + stubs + coalesced + disarmed + cooled down + failed; also after somebody
    has corrected every third stub, twice."""
    monkeypatch.setattr(replay, "MIN_FREE_BYTES", 10**18)  # no frames are kept
    day = SimulatedDay(tmp_path / "spool", weather_of(17))
    stats, backend = day.pass_by(busy_seconds=3.0), memory_services(Settings(""))
    for photo in day.photos:
        content = (day.spool.folder / "waiting" / photo.path).read_bytes()
        upload = Upload(content, parse_headers(photo.headers.to_headers()))
        receive(upload, backend.photo_store, NEXT_DAY)
    # What the disk did not let become small is whole, and a stub all the same.
    whole = sum(
        photo.motion is not None and not photo.motion.box
        for photo in day.photos
        if photo.size == len(PHOTO_WITH_PREVIEW.content)
    )
    came = sum(day.queue.count(trigger) for trigger in Trigger)
    not_stored = stats.coalesced + stats.disarmed + stats.cooled_down + stats.missed
    not_stored += day.queue.unhandled()
    total = counted(backend)
    assert total.stubs == stats.stubs + whole > 20
    assert total.photos == stats.photographed - whole > 20
    assert came == total.photos + total.stubs + not_stored
    stubs = backend.index.query(View("gate", stubs=True), 10_000)
    for stub in (*stubs[::3], *stubs[::3]):
        assert correct(stub, backend)
    corrected = counted(backend)
    assert (total.stubs - corrected.stubs) == len(stubs[::3])
    assert came == corrected.photos + corrected.stubs + not_stored


def counted(backend: Services) -> Count:
    """Return the figures of the gate, with which the lists and the lane of the day agree."""
    update_figures(backend, NEXT_DAY)
    total = backend.figures.read()["gate"].total
    lists = [len(backend.index.query(View("gate", stubs=kind), 10_000)) for kind in (False, True)]
    assert [total.photos, total.stubs] == lists
    [lane] = lanes(backend, OWNER, (MORNING, NEXT_DAY), NEXT_DAY)
    assert lane.stubs == total.stubs
    return total
