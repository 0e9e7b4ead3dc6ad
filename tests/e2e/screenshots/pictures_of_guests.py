"""Pictures of the sign-in, of what guests with a link see, and of problems."""

import shutil
from datetime import timedelta

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from function_app.storage.errors import StorageUnavailableError
from photo_wire.media import Media
from photo_wire.name import PhotoName
from tests.e2e.gallery.browser_pages import follow
from tests.e2e.screenshots import camera
from tests.e2e.screenshots.site import FullSite, empty_site
from tests.e2e.screenshots.view import View, shows

# What the sign-in says, by the status of the response and the kind of the problem.
PROBLEMS = {
    "wrong": (401, ""),
    "code": (401, "code-required"),
    "too-easy": (403, ""),
    "too-many": (429, ""),
    "busy": (503, ""),
}


@shows("/sign-in")
def test_the_sign_in(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/sign-in", "")
    view.take(page, "sign-in")
    page.goto(f"{site.address}/sign-in?ended")
    view.take(page, "sign-in-ended")


def sign_in(page: Page) -> None:
    page.locator("#password").fill("not the password")
    page.locator("#sign-in button").first.click()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_sign_in_that_fails(view: View, site: FullSite, problem: str) -> None:
    status, kind = PROBLEMS[problem]

    def refuse(route: Route) -> None:
        body = {"type": kind, "detail": "No."}
        route.fulfill(status=status, json=body, headers={"Retry-After": "37"})

    page = view.open(site.address, "/sign-in", "")
    page.route("**/api/session", refuse)
    sign_in(page)
    expect(page.locator("#sign-in-problem")).not_to_be_empty()
    view.take(page, f"sign-in-{problem}")
    if problem == "code":
        page.locator("#code").fill("123456")
        sign_in(page)
        expect(page.locator("#sign-in-problem")).not_to_be_empty()
        view.take(page, "sign-in-wrong-code")


def test_a_sign_in_without_a_connection(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/sign-in", "")
    page.context.set_offline(True)
    sign_in(page)
    expect(page.locator("#sign-in-problem")).not_to_be_empty()
    view.take(page, "sign-in-offline")


def test_a_sign_in_without_a_passkey(view: View, site: FullSite) -> None:
    page = view.new()
    page.goto(site.address.replace("127.0.0.1", "localhost"))
    page.route("**/api/passkeys/**", lambda route: route.fulfill(status=401, json={"detail": ""}))
    page.locator("#passkey").click()
    expect(page.locator("#sign-in-problem")).not_to_be_empty()
    view.take(page, "sign-in-no-passkey")


def test_a_sign_in_without_a_script(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/sign-in", "", java_script_enabled=False)
    sign_in(page)
    expect(page.locator("#sign-in-problem")).not_to_be_empty()
    view.take(page, "sign-in-without-script")


# -- Guests


@shows("/shared/{secret}")
def test_a_shared_event(view: View, site: FullSite) -> None:
    page = view.new()
    page.goto(site.link)
    view.take(page, "shared")


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg: make rtsp-server, as root")
def test_other_shared_photos(view: View) -> None:
    """A clip and a raw picture; more photos than a page has; none."""
    with empty_site() as site:
        story = site.begin()
        site.sign_in()
        at = story.day
        raw_at = at + timedelta(minutes=5)
        names = [
            story.add("gate", at, body=camera.take_clip("gate", at), media=Media.MP4),
            story.add("barn", raw_at, body=camera.take_raw(raw_at), media=Media.DNG),
        ]
        page = view.new()
        page.goto(share(site.address, site.session, names))
        view.take(page, "shared-kinds", is_whole=True)
        site.ask("POST", "/api/photos/delete", {"ids": [str(one) for one in names]})
        page.reload()
        view.take(page, "shared-empty")
        for second in range(205):
            story.add("gate", at + timedelta(hours=1, seconds=second))
        span = {"camera": "gate", "from": f"{at:%Y-%m-%dT%H:%M:%S}Z"}
        span["to"] = f"{at + timedelta(hours=3):%Y-%m-%dT%H:%M:%S}Z"
        page.goto(site.ask("POST", "/api/shares", {**span, "hours": 24})["url"])
        view.take(page, "shared-more")
        page.locator("[rel=next]").first.click()
        expect(page.locator("figure")).to_have_count(5)
        view.take(page, "shared-further", is_whole=True)
        view.close()


def share(address: str, session: requests.Session, names: list[PhotoName]) -> str:
    """Return a link to photos."""
    body = {"photos": [str(name) for name in names], "hours": 24}
    reply = session.post(f"{address}/api/shares", json=body, timeout=90)
    assert reply.ok, reply.text
    url: str = reply.json()["url"]
    return url


def test_a_link_that_opens_nothing(view: View, site: FullSite) -> None:
    page = view.new()
    page.goto(f"{site.address}/shared/{'0' * 32}")
    view.take(page, "shared-closed")


# -- Problems


def test_no_such_page(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/devices/nonesuch")
    view.take(page, "problem-404")


def test_a_wrong_address(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/days/yesterday")
    view.take(page, "problem-400")


def test_a_form_of_another_site(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/settings/display")

    def forge(route: Route) -> None:
        origin = {"origin": "https://other.example"} if route.request.method == "POST" else {}
        route.fulfill(response=route.fetch(headers={**route.request.headers, **origin}))

    page.route("**/settings/display", forge)
    follow(page.locator("form.settings [type=submit]"))
    view.take(page, "problem-403")


@pytest.mark.parametrize("status", [500, 503])
def test_a_backend_that_fails(view: View, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with empty_site() as site:
        page = view.open(site.address, "/")
        problem = StorageUnavailableError("the tables do not answer")

        def fail(*args: object) -> None:
            raise problem if status == 503 else RuntimeError("a defect")

        monkeypatch.setattr(site.services.index, "cameras", fail)
        page.reload()
        view.take(page, f"problem-{status}")
        view.close()


@shows("/api/docs")
def test_the_description_of_the_api(view: View, site: FullSite) -> None:
    page = view.open(site.address, "/api/docs", "")
    view.take(page, "api-docs")
