"""The page of the alerts, over HTTP and of services in memory."""

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import azure.functions as func
import pytest

from function_app.localization.translation import load_strings
from function_app.services import Services
from function_app.settings import Settings
from function_app.storage.models import StoredAlert
from photo_wire.alert import (
    BACK,
    CLOCK,
    DISK,
    LOSS,
    MISSING,
    QUARANTINE,
    SILENT,
    SPOOL_FILLING,
    UNDELIVERED,
    Alert,
)
from photo_wire.name import new_name
from tests.support.api import MOMENT
from tests.support.handlers import call
from tests.support.many_cameras import Requests
from tests.support.memory_store import memory_services
from tests.support.pages import SITE, open_page, session_cookie

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


def report(
    services: Services,
    kind: str,
    reason: str = "the reason",
    camera: str = "gate",
    minutes: int = 0,
    details: Mapping[str, str | int] | None = None,
) -> StoredAlert:
    """Store an alert that came in so many minutes after the moment."""
    at = MOMENT + timedelta(minutes=minutes)
    kept = StoredAlert(Alert(new_name(camera, at), kind, reason, details or {}), at)
    services.alerts.add([kept])
    return kept


def shown(services: Services, path: str = "/alerts", cookie: str = "", **headers: str) -> str:
    """Return the page's text, without its elements."""
    cookie = f"{session_cookie(services)}; {cookie}"
    page = open_page(services, "get_alerts_page", path, cookie, **headers)
    assert page.status == 200
    main = page.body.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", f"<main{main}")))


@pytest.mark.parametrize(
    ("kind", "reason", "details", "sentences"),
    [
        (LOSS, "no-room", {}, ["A photo was lost", "no more room", "Check the device's conn"]),
        (LOSS, "eaten", {}, ["A photo was lost", "Reason: eaten"]),
        (
            QUARANTINE,
            "rejected-422",
            {},
            ["in quarantine", "rejected twice (status 422)", "requeue"],
        ),
        (QUARANTINE, "set-aside", {}, ["in quarantine", "Reason: set-aside"]),
        (MISSING, "it is not there", {}, ["stored photo is gone", "It is not there.", "backup"]),
        (SPOOL_FILLING, "9 of 10 MB", {}, ["disk is filling", "9 of 10 MB.", "Devices"]),
        (DISK, "it is read-only", {}, ["Trouble with the device's disk", "doctor"]),
        (CLOCK, "it is an hour off.", {}, ["clock is wrong", "It is an hour off. ", "time server"]),
        ("timer-stalled", "the repair stopped", {}, ["timer of Nightjar", "Restart the app"]),
        (
            "unknown-device",
            "a new key signs for it",
            {"device": "shed", "fingerprint": "0123abcd"},
            ["waits for an owner's approval", "A new key signs", "0123abcd", "Devices"],
        ),
        (
            SILENT,
            "the device shed has sent no report",
            {"devices": "shed, barn", "since": "2026-11-20T02:10:00.000Z"},
            ["No reports from shed, barn", "Nothing was heard since 20 Nov 2026, 02:10", "Wi-Fi"],
        ),
        (SILENT, "an old one", {"devices": "shed"}, ["No reports from shed", "An old one."]),
        (BACK, "it is back", {"devices": "shed"}, ["shed: back", "Nothing to do."]),
        (UNDELIVERED, "3 messages failed", {}, ["was not told", "Notifications"]),
        ("odd-kind", MARKUP, {}, ["odd-kind", "<script>alert(1)</script><img"]),
    ],
)
def test_an_alert_says_what_happened_and_what_to_do(
    kind: str, reason: str, details: dict[str, str | int], sentences: list[str]
) -> None:
    """In words of the viewer's language; those of a device are text, never markup."""
    services = memory_services(Settings(""))
    report(services, kind, reason, details=details)
    text = shown(services)
    assert [one for one in sentences if one not in text] == []
    page = open_page(services, "get_alerts_page", "/alerts", session_cookie(services))
    assert "<script>alert" not in page.body.decode()
    german = shown(services, **{"Accept-Language": "de"})
    assert "Warnungen" in german
    what_to_do = load_strings("en").get(f"alerts.next.{kind.replace('-', '_')}", "")
    for part in re.split(r"\W*\{\w+\}\W*", what_to_do):  # between the commands
        assert part in text
        assert not part or part not in german


def test_a_reason_is_in_the_language_of_the_page() -> None:
    """One that has no text there is marked as English."""
    services = memory_services(Settings(""))
    report(services, UNDELIVERED, "its owner is on the moon")
    report(services, BACK, "the device shed is back after 4 h 35 min; 2 photos wait", minutes=1)
    german = {"Accept-Language": "de"}
    text = shown(services, **german)
    assert "Das Gerät shed ist wieder da, nach 4 Std. 35 Min.; 2 Fotos warten." in text
    page = open_page(services, "get_alerts_page", "/alerts", session_cookie(services), **german)
    assert '<p lang="en">Its owner is on the moon.</p>' in page.body.decode()


def test_a_camera_leads_to_its_day() -> None:
    """In the viewer's zone; what the backend reports is of no camera."""
    services = memory_services(Settings(""))
    at = report(services, LOSS).alert.name.captured_at
    report(services, "timer-stalled", camera="backend")
    for zone in ("UTC", "Pacific/Kiritimati"):
        cookie = f"{session_cookie(services)}; zone={zone}"
        page = open_page(services, "get_alerts_page", "/alerts", cookie).body.decode()
        assert f'href="/days/{at.astimezone(ZoneInfo(zone)):%Y-%m-%d}?camera=gate"' in page
        assert "camera=backend" not in page


def test_alerts_are_new_until_they_were_seen_in_this_browser() -> None:
    """As far as the page showed them: what comes in meanwhile is new. It never goes back."""
    services = memory_services(Settings(""))
    report(services, LOSS, "no-room")
    report(services, DISK, minutes=1)
    first = open_page(services, "get_alerts_page", "/alerts", session_cookie(services))
    [until] = re.findall(r'name="until" value="([^"]+)"', first.body.decode())
    report(services, CLOCK, minutes=2)
    assert shown(services).count(" new ") == 3
    cookie = mark_seen(services, until)
    text = shown(services, "/alerts?seen", cookie)
    assert "marked as seen in this browser" in text
    assert text.count(" new ") == 1
    assert "Mark all as seen" in text
    latest = mark_seen(services, "2026-12-31T00:00:00.000Z")
    assert mark_seen(services, until, latest) == latest
    text = shown(services, cookie=latest)
    assert " new " not in text
    assert "Mark all as seen" not in text
    assert shown(services, cookie="alerts_seen=nonsense").count(" new ") == 3


def mark_seen(services: Services, until: str, cookie: str = "") -> str:
    """Send the page's form, and return the cookie that the browser has then."""
    request = func.HttpRequest(
        "POST",
        f"{SITE}/alerts",
        headers={"Cookie": f"{session_cookie(services)}; {cookie}", "Origin": SITE},
        body=f"until={until}".encode(),
    )
    reply = call("post_alerts_seen", request, services)
    assert (reply.status, reply.headers["Location"]) == (303, "/alerts?seen")
    [made] = reply.cookies
    return made.partition(";")[0]


def test_earlier_alerts_are_on_further_pages() -> None:
    services = memory_services(Settings(""))
    for minute in range(60):
        report(services, "odd-kind", f"reason{minute:02}", minutes=minute)
    page = open_page(services, "get_alerts_page", "/alerts", session_cookie(services))
    text = page.body.decode()
    assert ("reason59" in text, "reason10" in text, "reason09" in text) == (True, True, False)
    [cursor] = re.findall(r'href="(/alerts\?cursor=[^"]+)"', text)
    second = shown(services, html.unescape(cursor))
    assert ("reason10" in second, "reason09" in second, "reason00" in second) == (False, True, True)
    assert "Mark all as seen" not in second
    broken = open_page(services, "get_alerts_page", "/alerts?cursor=x", session_cookie(services))
    assert broken.status == 404


@pytest.mark.parametrize("cameras", [None, frozenset({"gate"})])
def test_the_page_takes_at_most_three_requests(cameras: frozenset[str] | None) -> None:
    """Of 500 alerts, of which a viewer of one camera sees theirs."""
    services = memory_services(Settings(""))
    for minute in range(250):
        for camera in ("gate", "yard"):
            report(services, DISK, f"of {camera}", camera, minute)
    requests = Requests()
    tables = requests.of(services)
    counted = replace(services, accounts=tables.accounts, alerts=tables.alerts)
    page = open_page(counted, "get_alerts_page", "/alerts", session_cookie(services, cameras))
    assert requests.count <= 3
    text = page.body.decode()
    assert "Of gate" in text
    assert ("Of yard" in text) is (cameras is None)


def test_without_alerts_the_page_says_what_that_means() -> None:
    services = memory_services(Settings(""))
    assert "no photo was lost" in shown(services)
