"""The page of a camera's live pictures over HTTP."""

from datetime import UTC, datetime

import pytest

from function_app.auth import sessions, users
from function_app.auth.caller import Role
from function_app.services import connect
from function_app.settings import Settings
from tests.support.api import Api, name_of, new_camera, photo_headers
from tests.support.browser import same_origin
from tests.support.pictures import jpeg
from tests.support.reporting_device import ReportingDevice


def session_of(
    api: Api, role: Role = Role.OWNER, cameras: frozenset[str] | None = None
) -> dict[str, str]:
    """Return the headers of a new person's session."""
    rows = connect(Settings(api.backend.connection_string)).accounts
    person = users.add(rows, new_camera(), "a good password", role, cameras)
    return {"Cookie": f"nightjar_session={sessions.create(rows, person, datetime.now(UTC))}"}


def test_the_last_photo_is_shown(api: Api, camera: str) -> None:
    """Without a script it is all that there is."""
    name = name_of(camera)
    assert api.put(jpeg(), photo_headers(name)).status_code == 201
    page = api.ask(f"/live/{camera}", session_of(api)).text
    assert f'src="/api/photos/{name}/thumbnail"' in page
    assert 'id="take"' in page
    stranger = api.ask(f"/live/{camera}", allow_redirects=False)
    assert stranger.headers["Location"] == f"/sign-in?next=%2Flive%2F{camera}"
    viewer = api.ask(f"/live/{camera}", session_of(api, Role.VIEWER, frozenset({camera}))).text
    assert f'src="/api/photos/{name}/thumbnail"' in viewer
    assert 'id="take"' not in viewer


@pytest.mark.parametrize("cameras", [None, frozenset({"another"})])
def test_a_camera_that_is_not_there_has_no_page(api: Api, cameras: frozenset[str] | None) -> None:
    """It is the same for one that the viewer may not see."""
    hidden = new_camera()
    assert api.put(jpeg(), photo_headers(name_of(hidden))).status_code == 201
    camera = new_camera() if cameras is None else hidden
    reply = api.ask(f"/live/{camera}", session_of(api, Role.VIEWER, cameras))
    assert reply.status_code == 404


def test_a_photo_is_asked_for_by_a_form(api: Api, camera: str) -> None:
    """Then the page of the device says what becomes of it."""
    device = ReportingDevice(api.backend, camera, camera)
    device.report()
    session = session_of(api)
    headers = session | same_origin(api)
    reply = api.ask(f"/live/{camera}", headers, "POST", allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (303, f"/devices/{camera}#commands")
    (command,) = api.ask(f"/api/devices/{camera}/commands", session).json()["commands"]
    assert (command["kind"], command["camera"]) == ("photo", camera)
    viewer = session_of(api, Role.VIEWER) | same_origin(api)
    assert api.ask(f"/live/{camera}", viewer, "POST").status_code == 404
