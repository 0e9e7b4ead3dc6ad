"""The page of a camera's live pictures over HTTP."""

import pytest

from function_app.auth.caller import Role
from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Heartbeat
from photo_wire.motion import WATCHING
from photo_wire.polygons import MAX_CORNERS, MAX_POLYGONS
from tests.support.api import Api, name_of, new_camera, photo_headers
from tests.support.browser import same_origin, session_of
from tests.support.pictures import jpeg
from tests.support.reporting_device import ReportingDevice

ZONE = ((10, 20), (90, 20.5), (50, 80))
MASK = ((0, 0), (5.25, 0), (5.25, 9))


def test_the_last_photo_is_shown(api: Api, camera: str) -> None:
    """Without a script it is all that there is."""
    name = name_of(camera)
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    page = api.ask(f"/live/{camera}", session_of(api.backend)).text
    assert f'src="/api/photos/{name}/thumbnail"' in page
    assert 'id="take"' in page
    stranger = api.ask(f"/live/{camera}", allow_redirects=False)
    assert stranger.headers["Location"] == f"/sign-in?next=%2Flive%2F{camera}"
    session = session_of(api.backend, Role.VIEWER, frozenset({camera}))
    viewer = api.ask(f"/live/{camera}", session).text
    assert f'src="/api/photos/{name}/thumbnail"' in viewer
    assert 'id="take"' not in viewer


@pytest.mark.parametrize("cameras", [None, frozenset({"another"})])
def test_a_camera_that_is_not_there_has_no_page(api: Api, cameras: frozenset[str] | None) -> None:
    """It is the same for one that the viewer may not see."""
    hidden = new_camera()
    assert api.put(jpeg(), photo_headers(name_of(hidden))).status_code == 201
    camera = new_camera() if cameras is None else hidden
    reply = api.ask(f"/live/{camera}", session_of(api.backend, Role.VIEWER, cameras))
    assert reply.status_code == 404


def test_a_photo_is_asked_for_by_a_form(api: Api, camera: str) -> None:
    """Then the page of the device says what becomes of it."""
    device = ReportingDevice(api.backend, camera, camera)
    device.report()
    session = session_of(api.backend)
    headers = session | same_origin(api)
    reply = api.ask(f"/live/{camera}", headers, "POST", allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/devices/{camera}#commands")
    (command,) = api.ask(f"/api/devices/{camera}/commands", session).json()["commands"]
    assert (command["kind"], command["camera"]) == ("photo", camera)
    viewer = session_of(api.backend, Role.VIEWER) | same_origin(api)
    assert api.ask(f"/live/{camera}", viewer, "POST").status_code == 404


def test_zones_and_masks_are_drawn_over_the_last_photo(api: Api, camera: str) -> None:
    """For who may see the camera, and nobody else (above). In German, too."""
    assert api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    viewer = session_of(api.backend, Role.VIEWER, frozenset({camera}))
    path = f"/live/{camera}"
    assert "No device has reported zones and masks" in api.ask(path, viewer).text
    device = ReportingDevice(api.backend, camera, camera)
    device.report()
    page = api.ask(path, viewer).text
    assert "Motion counts in the whole picture" in page
    assert "The camera does not look for motion" in page
    device.cameras[camera] = CameraState(motion=WATCHING, zones=(ZONE,), masks=(MASK, MASK))
    device.report()
    page = api.ask(path, viewer).text
    assert page.count('<polygon class="zone" points="10,20 90,20.5 50,80"/>') == 1
    assert page.count('<polygon class="mask" points="0,0 5.25,0 5.25,9" fill="url(#hatch)"/>') == 2
    assert "Mask 2: 0,0 5.25,0 5.25,9" in page
    assert "The camera does not look for motion" not in page
    assert "Maske 2:" in api.ask(path, {"Cookie": f"{viewer['Cookie']}; language=de"}).text


def test_the_page_says_how_many_polygons_the_heartbeat_had_no_room_for(
    api: Api, camera: str
) -> None:
    device = ReportingDevice(api.backend, camera, camera)
    large = (((12.25, 34.75),) * MAX_CORNERS,) * MAX_POLYGONS
    full = CameraState(motion=WATCHING, zones=large, masks=large)
    cut = Heartbeat(version="1", interval=300, cameras={camera: full}).cut_to_fit()
    device.cameras = dict(cut.cameras)
    device.report()
    page = api.ask(f"/live/{camera}", session_of(api.backend)).text
    assert "40 further polygons of the device are not shown" in page
    assert "Motion counts in the whole picture" not in page
