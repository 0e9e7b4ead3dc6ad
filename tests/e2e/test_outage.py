"""Storage is down for a while; the device keeps capturing, and everything arrives."""

from pathlib import Path

import pytest

from tests.conftest import StartAzurite, StartBackend
from tests.e2e.conftest import MakeDevice
from tests.support.api import Api
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for


@pytest.mark.slow
def test_everything_arrives_after_an_outage_without_intervention(
    start_azurite: StartAzurite,
    start_backend: StartBackend,
    make_device: MakeDevice,
    tmp_path: Path,
) -> None:
    """Azurite stopped: the PUT answers 503 with Retry-After and photos wait in the spool.
    Started again: all of them are listed."""
    azurite = start_azurite(tmp_path / "azurite")
    backend = start_backend(azurite.connection_string)
    device = make_device("outage")
    device.start("run", backend)
    wait_for(lambda: Api(backend).listed(device.camera), what="the first photo")
    azurite.stop()
    refused = Api(backend).put(jpeg(64, 48, 1))
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    wait_for(lambda: device.waiting() >= 3, what="photos that gather in the spool")
    azurite.start()
    gathered = device.newest_id()
    wait_for(  # until it reaches its storage again, the backend answers 503
        lambda: Api(backend).read(f"/api/photos/{gathered}").status_code == 200,
        120,
        what="the photo that waited",
    )
    device.end()
    wait_for_rest = make_device("outage")
    wait_for_rest.start("upload", backend)
    wait_for(lambda: device.waiting() == 0, what="an empty spool")
    listed = [photo["id"] for photo in Api(backend).listed(device.camera)]
    assert len(listed) == len(set(listed)) >= 4
