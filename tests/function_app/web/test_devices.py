"""The pages of devices over HTTP: what they say, and for whom."""

import html
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import requests

from function_app.auth.caller import Role
from function_app.localization.translation import Translation
from photo_wire.camera_state import CameraState
from photo_wire.command import CommandResult, CommandState
from photo_wire.motion import BLIND, FAILING, WATCHING, WORKING
from tests.support.api import Api, new_camera
from tests.support.browser import same_origin, session_of
from tests.support.doctor import examine_device
from tests.support.fake_clock import FakeClock
from tests.support.reporting_device import ReportingDevice

PAGE_SUBJECTS = ("clock", "zone", "disk", "identity", "network", "backend")  # without hardware
FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.fixture
def two(api: Api) -> ReportingDevice:
    """A device with two cameras, which has reported."""
    name = new_camera()
    device = ReportingDevice(api.backend, name, f"{name}-a", f"{name}-b")
    device.report()
    return device


def post(api: Api, path: str, session: dict[str, str], **fields: str) -> requests.Response:
    headers = session | same_origin(api)
    reply = api.ask(path, headers, "POST", data=urlencode(fields), allow_redirects=False)
    api.http.cookies.clear()
    return reply


def test_a_device_is_described_in_the_language_and_the_zone_of_the_viewer(
    api: Api, two: ReportingDevice
) -> None:
    """Also what it says of the last moment of all years, in a zone where that is in the next."""
    camera = min(two.cameras)
    two.cameras[camera] = CameraState(armed=False, disarmed_until=FOREVER, last_photo=FOREVER)
    two.report(disk_free=12_300_000_000, paused_until=datetime(2126, 1, 1, tzinfo=UTC), losses=1)
    session = session_of(api.backend)
    cookies = {"Cookie": f"{session['Cookie']}; language=de; zone=Europe/Berlin"}
    page = api.ask(f"/devices/{two.name}", cookies).text
    for text in ("deaktiviert", "12,3 GB frei", "1. Jan. 2126, 01:00</time> angehalten", "1 Foto"):
        assert text in page
    assert f'value="arm {camera}"' in page
    assert 'value="resume"' in page


def test_a_camera_that_sees_no_motion_says_why(api: Api, two: ReportingDevice) -> None:
    first, second = sorted(two.cameras)
    two.cameras[first] = CameraState(armed=True, motion=f"{BLIND}no frame came for 5 s")
    two.cameras[second] = CameraState(armed=True, motion=WATCHING)
    two.report()
    for path in ("/devices", f"/devices/{two.name}"):
        page = api.ask(path, session_of(api.backend)).text
        assert page.count("sees no motion in its picture") == 1
        assert "sees no motion in its picture: no frame came for 5 s</span>" in page
        assert page.count("watches for motion") == 1


def test_a_camera_says_since_when_it_watches_for_motion_or_does_not(
    api: Api, two: ReportingDevice
) -> None:
    first, second = sorted(two.cameras)
    since = datetime(2026, 11, 20, 18, 1, tzinfo=UTC)
    two.cameras[first] = CameraState(motion=f"{BLIND}there was no frame yet", motion_since=since)
    two.cameras[second] = CameraState(motion=WATCHING, motion_since=since)
    two.report()
    for language, watches, blind in (
        ("en", "watches for motion since <time ", "has seen no motion in its picture since <time "),
        ("de", "achtet auf Bewegung seit <time ", "sieht seit <time "),
    ):
        cookies = {"Cookie": f"{session_of(api.backend)['Cookie']}; language={language}"}
        for path in ("/devices", f"/devices/{two.name}"):
            page = api.ask(path, cookies).text
            assert page.count(watches) == page.count(blind) == 1


def test_a_camera_whose_photos_no_model_looks_at_says_since_when(
    api: Api, two: ReportingDevice
) -> None:
    first, second = sorted(two.cameras)
    failing, since = f"{FAILING}<b>damaged</b>", datetime(2026, 11, 20, 18, 1, tzinfo=UTC)
    two.cameras[first] = CameraState(armed=True, detection=failing, detection_since=since)
    two.cameras[second] = CameraState(armed=True, detection=failing)
    two.report()
    escaped = "&lt;b&gt;damaged&lt;/b&gt;</span>"
    for path in ("/devices", f"/devices/{two.name}"):
        page = api.ask(path, session_of(api.backend)).text
        assert f"20 Nov 2026, 18:01</time>: {escaped}" in page
        assert "no model has looked at its photos since <time " in page
        assert f"no model looks at its photos: {escaped}" in page
    two.cameras[first] = two.cameras[second] = CameraState(armed=True, detection=WORKING)
    two.report()
    assert "no model" not in api.ask(f"/devices/{two.name}", session_of(api.backend)).text


def test_a_reason_that_has_no_text_is_marked_as_english(api: Api, two: ReportingDevice) -> None:
    """A screen reader says it so; the others are in the language of the page."""
    first, second = sorted(two.cameras)
    two.cameras[first] = CameraState(armed=True, failing="<i>its driver says so</i>", failures=2)
    two.cameras[second] = CameraState(armed=True, motion=f"{BLIND}no frame came for 5 s")
    two.report()
    session = session_of(api.backend)
    german = {"Cookie": f"{session['Cookie']}; language=de"}
    for path in ("/devices", f"/devices/{two.name}"):
        page = api.ask(path, german).text
        assert '<span lang="en">&lt;i&gt;its driver says so&lt;/i&gt;</span>' in page
        assert page.partition("<main")[2].count('lang="en"') == 1
        assert 'lang="en"' not in api.ask(path, session).text.partition("<main")[2]


def test_a_ready_device_with_a_disarmed_camera_and_a_pause(api: Api, two: ReportingDevice) -> None:
    """Beside "ready": which cameras are disarmed, of those that one may see, and a pause."""
    first, second = sorted(two.cameras)
    two.cameras[first] = CameraState(armed=False)
    two.report(paused_until=datetime(2126, 1, 1, tzinfo=UTC))
    owner = session_of(api.backend)
    viewer = session_of(api.backend, Role.VIEWER, frozenset({second}))
    for path in ("/devices", f"/devices/{two.name}"):
        assert f"ready, disarmed: {first}, uploads paused</dd>" in api.ask(path, owner).text
        page = api.ask(path, viewer).text
        assert "ready, " in page
        assert first not in page
    assert "<dt>State</dt>" in page
    assert "State</h2>" not in page


def test_who_may_see_some_cameras_sees_these_and_may_ask_for_nothing(
    api: Api, two: ReportingDevice
) -> None:
    mine, other = two.cameras
    viewer = session_of(api.backend, Role.VIEWER, frozenset({mine}))
    stranger = session_of(api.backend, Role.VIEWER, frozenset({"nothing"}))
    for path in ("/devices", f"/devices/{two.name}"):
        page = api.ask(path, viewer).text
        assert mine in page
        assert other not in page
        assert "<button" not in page[page.index("<main") :]
    assert two.name not in api.ask("/devices", stranger).text
    assert api.ask(f"/devices/{two.name}", stranger).status_code == 404
    assert post(api, f"/devices/{two.name}", viewer, ask="logs").status_code == 404
    assert post(api, f"/devices/{two.name}/key", viewer, decision="approve x").status_code == 404


@pytest.mark.slow
def test_a_command_leads_back_to_its_button(api: Api, two: ReportingDevice) -> None:
    camera, session = min(two.cameras), session_of(api.backend)
    for what, button in (
        (f"disarm {camera}", f"arm-{camera}"),
        (f"arm {camera}", f"arm-{camera}"),
        ("pause", "pause"),
        ("resume", "pause"),
        ("logs", "logs"),
    ):
        reply = post(api, f"/devices/{two.name}", session, ask=what, hours="1")
        assert reply.status_code == 303
        path, _, fragment = reply.headers["Location"].partition("#")
        assert (path, fragment) == (f"/devices/{two.name}", button)
        assert f'id="{fragment}"' in api.ask(path, session).text


@pytest.mark.parametrize("ask", ["", "dance", "disarm", "logs gate", "disarm nonesuch", "photo /"])
def test_what_cannot_be_asked_is_explained(api: Api, two: ReportingDevice, ask: str) -> None:
    """`disarm` without a camera is for all of them."""
    reply = post(api, f"/devices/{two.name}", session_of(api.backend), ask=ask, hours="8")
    if ask == "disarm":
        assert reply.status_code == 303
        return
    assert reply.status_code in (400, 404)
    assert reply.headers["Content-Type"].startswith("text/html")
    if ask in ("logs gate", "disarm nonesuch"):
        assert '<option value="8" selected>' in reply.text  # what was chosen stays


def test_an_older_answer_is_shown_on_demand(api: Api, two: ReportingDevice) -> None:
    session = session_of(api.backend)
    for output in ("the older log", "the newer log"):
        post(api, f"/devices/{two.name}", session, ask="logs")
        (command, *_) = api.ask(f"/api/devices/{two.name}/commands", session).json()["commands"]
        two.report(CommandResult(command["id"], CommandState.DONE, output=output))
    page = api.ask(f"/devices/{two.name}", session).text
    assert "the newer log" in page
    assert "the older log" not in page
    link = page[page.index(f"/devices/{two.name}?command=") :].partition("#")[0]
    older = api.ask(link, session).text
    assert "the older log" in older
    assert "the newer log" not in older


@pytest.mark.parametrize("is_right", [True, False])
def test_a_diagnosis_is_in_the_language_and_the_zone_of_the_viewer(
    api: Api, two: ReportingDevice, tmp_path: Path, is_right: bool
) -> None:
    """All of what the doctor finds on a device that works, and on one that does not."""
    found = examine_device(
        tmp_path,
        is_right,
        BASE_URL=api.backend.base_url,
        AZURE_FUNCTION_KEY=api.backend.function_key if is_right else "wrong",
        TZ="Europe/Berlin" if is_right else "Mars",
    )
    shown = [one for one in found.values() if one.subject in PAGE_SUBJECTS]
    assert {one.is_bad for one in shown} == ({False} if is_right else {False, True})
    session = session_of(api.backend)
    post(api, f"/devices/{two.name}", session, ask="doctor")
    (command, *_) = api.ask(f"/api/devices/{two.name}/commands", session).json()["commands"]
    output = json.dumps([one.facts for one in shown])
    two.report(CommandResult(command["id"], CommandState.DONE, output=output))
    cookies = {"Cookie": f"{session['Cookie']}; language=de; zone=Asia/Tokyo"}
    page = api.ask(f"/devices/{two.name}", cookies).text
    (findings,) = re.findall('<ul class="lines findings">(.*?)</ul>', page, re.DOTALL)
    assert 'lang="en"' not in findings
    for text in ("Uhr", "Zeitzone", "Datenträger", "Schlüssel", "Netz", "in Ordnung"):
        assert text in findings
    local = FakeClock().now().astimezone(ZoneInfo("Asia/Tokyo"))
    assert f"zeigt {Translation('de').day(local)}, {local:%H:%M} und" in findings
    english = html.unescape(api.ask(f"/devices/{two.name}", session).text)
    assert all(one.text in english for one in shown if one.subject != "clock")


def test_a_page_looks_more_often_until_a_device_has_restarted(
    api: Api, two: ReportingDevice
) -> None:
    """As its script does where the page is `data-pending`."""
    session = session_of(api.backend)

    def is_pending() -> bool:
        return " data-pending" in api.ask(f"/devices/{two.name}?part", session).text

    assert not is_pending()
    post(api, f"/devices/{two.name}", session, ask="restart")
    assert is_pending()
    (command,) = api.ask(f"/api/devices/{two.name}/commands", session).json()["commands"]
    two.report(CommandResult(command["id"], CommandState.DONE), goodbye="restart")
    assert is_pending()
    two.report()
    assert not is_pending()


def test_a_page_is_not_sent_again_if_nothing_has_changed(api: Api, two: ReportingDevice) -> None:
    session = session_of(api.backend)
    for path in ("/devices?part", f"/devices/{two.name}?part"):
        first = api.ask(path, session)
        assert "<html" not in first.text
        headers = session | {"If-None-Match": first.headers["ETag"]}
        assert api.ask(path, headers).status_code == 304
        two.report(losses=len(path))
        assert api.ask(path, headers).status_code == 200
