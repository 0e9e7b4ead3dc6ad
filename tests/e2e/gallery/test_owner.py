"""What an owner decides, in a real browser: users, links and cameras."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Dialog, Page, Route, ViewportSize, expect

from photo_wire.alert import LOSS, QUARANTINE, Alert
from photo_wire.name import new_name
from tests.e2e.gallery.conftest import DESK, FIRST, PHONE, Gallery, sign_in
from tests.support.signing_device import SigningDevice


def test_an_owner_adds_a_viewer_and_revokes_a_link(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """Who was let in sees their camera alone and decides nothing; shut out, they see nothing."""
    sign_in(page, gallery)
    page.locator(".photo").first.click()
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("The link", exact=True)).to_have_value(re.compile("/shared/"))
    link = page.get_by_label("The link", exact=True).input_value()
    page.locator("#share-close").click()
    page.keyboard.press("Escape")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Account").click()
    page.get_by_label("Name", exact=True).last.fill("vera")
    page.get_by_label("Their password").fill("a password for vera")
    page.get_by_label("gate", exact=True).check()
    page.get_by_role("button", name="Add viewer").click()
    expect(page.locator("#people li")).to_have_count(2)
    page.locator("#account-dialog").screenshot(path=screenshots / "owner.png")

    assert page.context.browser
    guest = page.context.browser.new_context().new_page()
    guest.goto(gallery.backend.base_url)
    guest.get_by_label("Name", exact=True).first.fill("vera")
    guest.get_by_label("Password", exact=True).fill("a password for vera")
    guest.get_by_role("button", name="Sign in").click()
    gates = [name for name in gallery.names if name.camera == "gate"]
    expect(guest.locator(".photo")).to_have_count(len(gates))
    guest.get_by_role("button", name="Account").click()
    expect(guest.locator("#owner")).to_be_hidden()

    page.locator("#people").get_by_role("button", name="Remove").click()
    expect(page.locator("#people li")).to_have_count(1)
    guest.reload()
    expect(guest.get_by_role("button", name="Sign in")).to_be_visible()
    links = page.locator(f"#links li[title='{gallery.names[-1]}']")
    camera, taken = gallery.names[-1].camera, gallery.names[-1].captured_at
    expect(links).to_contain_text(f"{camera} · one photo, {taken:%-d %b %Y, %H:%M:%S} · open until")
    assert requests.get(link, timeout=90).status_code == 200
    links.get_by_role("button", name="Revoke").click()
    expect(links).to_have_count(0)
    assert requests.get(link, timeout=90).status_code == 404
    guest.goto(link)
    expect(guest.get_by_text("This link has expired, was revoked")).to_be_visible()
    guest.context.close()


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_the_reason_why_no_viewer_was_added_is_visible(
    page: Page, gallery: Gallery, screen: ViewportSize
) -> None:
    """The dialog is longer than the screen, so what went wrong is brought to where one looks."""
    page.set_viewport_size(screen)
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    page.locator("#person-name").fill("owner")
    page.get_by_label("Their password").fill("a good password")
    page.get_by_label("all, also future ones").check()
    page.get_by_role("button", name="Add viewer").click()
    expect(page.locator("#owner-problem")).to_contain_text("The name owner is taken")
    expect(page.locator("#owner-problem")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("field", ["#new", "#person-password"])
def test_a_weak_password_is_rejected_beside_its_field(
    page: Page, gallery: Gallery, field: str
) -> None:
    """By the browser, before anything is sent, with the rule in a sentence."""
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    message = "document.querySelector(field).validationMessage".replace("field", repr(field))
    page.locator(field).fill("ababababababab")
    assert page.evaluate(message) == (
        "Choose a password of at least 10 characters, at least 5 of them different."
    )
    page.locator(field).fill("abcdeabcdeabcde")
    assert page.evaluate(message) == ""


def test_the_cameras_of_a_viewer_are_chosen_by_name(page: Page, gallery: Gallery) -> None:
    """Who was given none is not let in; all of them means those to come, too."""
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    page.locator("#person-name").fill("mia")
    page.get_by_label("Their password").fill("a password for mia")
    expect(page.locator("#person-cameras label")).to_have_text(["drive", "entry", "gate"])
    page.get_by_role("button", name="Add viewer").click()
    expect(page.locator("#owner-problem")).to_have_text(
        "Choose the cameras that the viewer may see, or all."
    )
    expect(page.locator("#people li")).to_have_count(1)
    page.get_by_label("all, also future ones").check()
    expect(page.get_by_label("gate", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Add viewer").click()
    expect(page.locator("#people li").filter(has_text="mia")).to_contain_text("all cameras")
    expect(page.get_by_label("gate", exact=True)).to_be_enabled()
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#people").get_by_role("button", name="Remove").click()
    expect(page.locator("#people li")).to_have_count(1)


def test_the_account_can_be_closed_from_every_part_of_it(page: Page, gallery: Gallery) -> None:
    """It is longer than a phone; and it opens without the keyboard that a field brings up."""
    page.set_viewport_size(PHONE)
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    close = page.get_by_role("button", name="Close", exact=True)
    expect(close).to_be_focused()
    page.get_by_role("heading", name="Shared links").scroll_into_view_if_needed()
    expect(close).to_be_in_viewport(ratio=1)
    close.click()
    expect(page.locator("#account-dialog")).to_be_hidden()


def test_removing_a_user_asks_about_the_users_whom_they_added(page: Page, gallery: Gallery) -> None:
    """Another owner is removed, and after a yes everybody whom that owner had added."""
    site, rights = gallery.backend.base_url, {"password": "a good long password", "cameras": None}
    admin = {"Authorization": f"Bearer {gallery.backend.admin_token}"}
    people = {"name": "eve", "role": "owner", **rights}
    assert requests.post(f"{site}/api/people", json=people, headers=admin, timeout=90).ok
    eve = requests.Session()
    signing_in = {"name": "eve", "password": rights["password"]}
    assert eve.post(f"{site}/api/session", json=signing_in, timeout=90).ok
    for name in ("grace", "heidi"):
        added = {"name": name, **rights}
        reply = eve.post(f"{site}/api/people", json=added, headers={"Origin": site}, timeout=90)
        assert reply.status_code == 201
    asked: list[str] = []

    def say_yes(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", say_yes)
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    line = page.locator("#people li").filter(has_text="eve")
    line.get_by_role("button", name="Remove").click()
    expect(page.locator("#people li")).to_have_count(1)
    assert asked == [
        "Remove eve? They can no longer sign in.",
        "eve had added grace, heidi. Remove them, too?",
    ]


def test_an_owner_removes_a_camera(page: Page, gallery: Gallery) -> None:
    """After a question that says what goes, and in as many requests as it takes: the first reply
    here says that there are more. The page shows its photos no longer."""
    name = gallery.add("porch", FIRST)
    lost = replace(name, tag="0000dead")
    gallery.report([Alert(lost, LOSS, "no-room"), Alert(name, QUARANTINE, "no-photo")])
    gallery.names.remove(name)
    replies: list[dict[str, object]] = []

    def answer_part(route: Route) -> None:
        """As if the time of the first request were over before anything was deleted."""
        if not replies:
            replies.append({"photos": 0, "alerts": 0, "more": True})
            expect(page.locator("#removal")).to_have_text("Removing porch...")
            route.fulfill(json=replies[0])
            return
        expect(page.locator("#removal")).to_have_text(
            "Removing porch. Deleted so far: photos 0, alerts 0."
        )
        reply = route.fetch()
        replies.append(reply.json())
        route.fulfill(response=reply)

    page.route("**/api/cameras/porch", answer_part)
    asked: list[str] = []
    answers = iter((False, True))

    def decide(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if next(answers):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", decide)
    sign_in(page, gallery)
    of_the_camera = page.locator(f".photo[data-id='{name}']")
    expect(of_the_camera).to_have_count(1)
    page.locator("#camera").select_option("porch")
    expect(page.locator(".photo")).to_have_count(1)
    page.get_by_role("button", name="Account").click()
    lines = page.locator("#cameras li")
    expect(lines.locator("b")).to_have_text(["drive", "entry", "gate", "porch"])
    remove = page.get_by_role("button", name="Remove porch", exact=True)
    remove.click()
    assert replies == []
    remove.click()
    expect(page.locator("#removal")).to_have_text("porch is removed. Deleted: photos 1, alerts 2.")
    expect(lines.locator("b")).to_have_text(["drive", "entry", "gate"])
    expect(page.locator("#person-cameras label")).to_have_text(["drive", "entry", "gate"])
    expect(of_the_camera).to_have_count(0)
    expect(page.locator(".photo")).to_have_count(len(gallery.names))
    expect(page.locator("#camera option[value=porch]")).to_have_count(0)
    assert [one["more"] for one in replies] == [True, False]
    assert len(asked) == 2
    assert "All of its photos and alerts are deleted; this cannot be undone." in asked[0]
    assert "porch" in asked[0]


def test_a_removal_that_stops_says_why(page: Page, gallery: Gallery) -> None:
    """And may be repeated: the camera is still listed."""
    problem = {"title": "Forbidden", "status": 403, "detail": "Owners remove cameras."}
    page.route("**/api/cameras/gate", lambda route: route.fulfill(status=403, json=problem))
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Remove gate", exact=True).click()
    expect(page.locator("#owner-problem")).to_have_text("Owners remove cameras.")
    expect(page.get_by_role("button", name="Remove gate", exact=True)).to_be_enabled()
    expect(page.locator(".photo")).to_have_count(len(gallery.names))


def test_an_owner_approves_the_key_of_a_device(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """Photos that the device signed are told from those of an unknown one."""
    before, after = SigningDevice("shed"), SigningDevice("shed")
    for number, (device, caption) in enumerate(
        [(before, "signed by shed"), (after, "unknown device")]
    ):
        name = new_name("shed", FIRST + timedelta(days=2, seconds=number))
        gallery.add_signed(device, name)
        if number == 0:
            sign_in(page, gallery)
        else:
            page.reload()
        page.locator(f".photo[data-id='{name}']").click()
        expect(page.locator("#caption")).to_contain_text(caption)
        page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Alerts")).click()
    alert = page.locator("#alerts-list li").filter(has_text="shed")
    expect(alert).to_contain_text("Unknown device: a new key signs for it")
    expect(alert).to_contain_text(after.fingerprint)
    page.screenshot(path=screenshots / "unknown-device.png")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    alert.get_by_role("button", name="Approve").click()
    expect(alert).to_contain_text("Approved.")
    assert after.fingerprint in asked[0]
    admin = {"Authorization": f"Bearer {gallery.backend.admin_token}"}
    for path in ("devices", "cameras"):  # other tests count both
        url = f"{gallery.backend.base_url}/api/{path}/shed"
        assert requests.delete(url, headers=admin, timeout=90).ok
