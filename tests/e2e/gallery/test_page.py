"""The gallery in a real browser, as a person uses it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect

from photo_wire.alert import LOSS, QUARANTINE, Alert
from photo_wire.name import new_name
from tests.e2e.gallery.conftest import Gallery, loaded_width, sign_in, width_when_loaded


def test_nobody_sees_a_photo_without_signing_in(page: Page, gallery: Gallery) -> None:
    """Without a session the page has a form and no photo; it says when the password is wrong."""
    page.goto(gallery.backend.base_url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="wrong")).to_be_visible()
    expect(page.locator(".photo")).to_have_count(0)


def test_the_newest_photos_are_shown_day_by_day(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """Newest first, under the day they were taken on, with camera and time on each."""
    sign_in(page, gallery)
    cards = page.locator(".photo")
    shown = [card.get_attribute("data-id") for card in cards.all()]
    assert shown == [str(name) for name in reversed(gallery.names)]
    expect(page.locator("h2:visible")).to_have_text(
        [re.compile("Saturday,? 21 November 2026"), re.compile("Friday,? 20 November 2026")]
    )
    expect(page.get_by_text("time uncertain")).to_have_count(1)
    assert loaded_width(page, ".photo img") == 480
    for picture in page.locator(".photo img").all():
        width_when_loaded(picture)
    page.screenshot(path=screenshots / "gallery.png")


def test_a_photo_opens_in_full_and_its_neighbours_are_a_key_away(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """A click opens it, arrows walk, Escape closes, and the download is the photo's own name."""
    sign_in(page, gallery)
    page.locator(".photo").nth(1).click()
    viewer = page.get_by_role("dialog")
    expect(viewer).to_be_visible()
    newest, second, third = reversed(gallery.names[-3:])
    original = viewer.get_by_role("link", name="Download")
    expect(original).to_have_attribute("download", f"{second}.jpg")
    assert loaded_width(page, "#picture img") == 1280
    page.screenshot(path=screenshots / "photo.png")
    page.keyboard.press("ArrowRight")
    expect(original).to_have_attribute("download", f"{third}.jpg")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(original).to_have_attribute("download", f"{newest}.jpg")
    expect(page.get_by_role("button", name="Newer photo")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()


def test_one_camera_can_be_chosen(page: Page, gallery: Gallery) -> None:
    """The choice of a camera leaves only its photos."""
    sign_in(page, gallery)
    page.get_by_role("combobox", name="Camera").select_option("gate")
    gates = [str(name) for name in reversed(gallery.names) if name.camera == "gate"]
    expect(page.locator(".photo")).to_have_count(len(gates))
    assert [card.get_attribute("data-id") for card in page.locator(".photo").all()] == gates


def test_photos_can_be_filtered_by_trigger_day_and_hours(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """All were taken on motion; up to the first day, the second day's are left out."""
    sign_in(page, gallery)
    page.get_by_role("combobox", name="Trigger").select_option("motion")
    expect(page.locator(".photo")).to_have_count(len(gallery.names))
    page.get_by_label("Up to this day").fill("2026-11-20")
    first_day = [name for name in gallery.names if name.captured_at.day == 20]
    expect(page.locator(".photo")).to_have_count(len(first_day))
    page.get_by_label("From this day").fill("2026-11-20")
    expect(page.locator(".photo")).to_have_count(len(first_day))
    early = [name for name in first_day if name.captured_at.minute < 45]
    page.get_by_label("From this time of day").fill("16:30")
    page.get_by_label("To this time of day").fill("16:45")
    expect(page.locator(".photo")).to_have_count(len(early))
    page.screenshot(path=screenshots / "choice.png")
    page.get_by_role("combobox", name="Trigger").select_option("on demand")
    expect(page.locator(".photo")).to_have_count(0)
    expect(page.get_by_text("No such photos.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".photo")).to_have_count(len(gallery.names))


def test_reversed_days_are_explained(page: Page, gallery: Gallery) -> None:
    """Instead of a gallery that looks empty."""
    sign_in(page, gallery)
    page.get_by_label("From this day").fill("2026-11-21")
    page.get_by_label("Up to this day").fill("2026-11-20")
    expect(page.locator("#nothing")).to_have_text("The start date is after the end date.")
    expect(page.locator(".photo")).to_have_count(0)
    page.get_by_label("Up to this day").fill("2026-11-21")
    expect(page.locator(".photo").first).to_be_visible()


def test_a_session_that_ended_leaves_nothing_on_the_screen(page: Page, gallery: Gallery) -> None:
    """Not even the photo that was open; and the page says what happened."""
    sign_in(page, gallery)
    page.locator(".photo").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it looks again now
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".photo")).to_have_count(0)
    assert page.locator("#picture img").count() == 0


def test_a_photo_is_shared_and_deleted(page: Page, gallery: Gallery, screenshots: Path) -> None:
    """The link opens it without a session; deleted, it is gone from the page and for the link."""
    name = gallery.add("gate", gallery.names[-1].captured_at + timedelta(seconds=30))
    sign_in(page, gallery)
    page.locator(f".photo[data-id='{name}']").click()
    page.get_by_role("button", name="Share").click()
    dialog = page.locator("#share-dialog")
    page.get_by_label("The link opens for").select_option("a day")
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%A,? %-d %B %Y}"
    expect(dialog).to_contain_text(
        re.compile(f"sees this photo without signing in, until {tomorrow}")
    )
    page.screenshot(path=screenshots / "share-choice.png")
    expect(page.get_by_label("The link", exact=True)).to_be_hidden()
    before = gallery.links()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_label("The link", exact=True)).to_have_value(re.compile("/shared/"))
    (made,) = [link for link in gallery.links() if link not in before]
    until = datetime.fromisoformat(made["until"])
    expect(dialog).to_contain_text(re.compile(f"until {until:%A,? %-d %B %Y}"))
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(hours=24)
    link = page.get_by_label("The link", exact=True).input_value()
    page.screenshot(path=screenshots / "share.png")
    page.locator("#share-close").click()
    assert page.context.browser
    guest = page.context.browser.new_context().new_page()
    guest.goto(link)
    assert loaded_width(guest, "figure img") == 1280
    guest.screenshot(path=screenshots / "shared.png")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(f".photo[data-id='{name}']")).to_have_count(0)
    gallery.names.remove(name)
    guest.reload()
    expect(guest.get_by_text("There is no photo.")).to_be_visible()
    guest.context.close()


def test_what_is_shown_is_what_is_shared_and_deleted(page: Page, gallery: Gallery) -> None:
    """Also when newer photos came while it was looked at: the places of all others have changed.
    Who is asked whether to delete it reads for how long it can be brought back."""
    name = gallery.add("gate", gallery.names[-1].captured_at + timedelta(seconds=30))
    sign_in(page, gallery)
    page.locator(f".photo[data-id='{name}']").click()
    newer = page.get_by_role("button", name="Newer photo")
    expect(newer).to_be_disabled()
    later = gallery.add("entry", name.captured_at + timedelta(seconds=30))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # it looks again now
    expect(newer).to_be_enabled()
    page.get_by_role("button", name="Share").click()
    with page.expect_request("**/api/shares") as shared:
        page.get_by_role("button", name="Make the link").click()
    assert str(name) in (shared.value.post_data or "")
    page.locator("#share-close").click()
    asked: list[str] = []

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.once("dialog", agree)
    with page.expect_request(lambda request: request.method == "DELETE") as deleted:
        page.get_by_role("button", name="Delete").click()
    assert deleted.value.url.endswith(str(name))
    assert name.camera in asked[0]
    kept = re.search(r"param softDeleteDays int = (\d+)", Path("infra/main.bicep").read_text())
    assert kept
    assert f"can restore it for {kept[1]} days" in asked[0]
    expect(page.locator(f".photo[data-id='{name}']")).to_have_count(0)
    expect(page.locator(f".photo[data-id='{later}']")).to_have_count(1)
    gallery.names.remove(name)


def test_alerts_are_sentences_and_new_until_they_were_seen(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """New ones are counted on the button; a device's own words are text, never markup."""
    lost, aside, odd = (
        new_name(camera, gallery.names[-1].captured_at + timedelta(minutes=n), "0" * 8)
        for n, camera in enumerate(("gate", "entry", "drive"))
    )
    alerts = [
        Alert(lost, LOSS, "no-room"),
        Alert(aside, QUARANTINE, "rejected-422"),
        Alert(odd, "odd-kind", "<img src=x onerror=alert(1)>"),
    ]
    gallery.report(alerts)
    sign_in(page, gallery)
    page.get_by_role("button", name="Alerts (3 new)").click()
    lines = page.locator("#alerts-list li")
    expect(lines).to_have_text(
        [
            re.compile("^drive.*odd-kind: <img src=x onerror=alert"),
            re.compile(
                "^entry.*in quarantine .rejected-422. and needs attention: run sudo pi-uploader"
            ),
            re.compile("^gate.*A photo was lost: the device had no more room."),
        ]
    )
    expect(page.locator("#alerts-list li.new")).to_have_count(3)
    page.screenshot(path=screenshots / "alerts.png")
    page.locator("#alerts-close").click()
    page.reload()
    page.get_by_role("button", name="Alerts", exact=True).click()
    expect(lines).to_have_count(3)
    expect(page.locator("#alerts-list li.new")).to_have_count(0)


def test_changing_the_password_ends_the_other_sessions(
    page: Page, gallery: Gallery, screenshots: Path
) -> None:
    """A wrong old password is an error; the new one counts from then on."""
    sign_in(page, gallery)
    page.get_by_role("button", name="Account").click()
    for old in ("not the old one", gallery.backend.password):
        page.get_by_label("Old password").fill(old)
        page.get_by_label("New password").fill("another good password")
        page.screenshot(path=screenshots / "account.png")
        page.get_by_role("button", name="Change the password").click()
        if old != gallery.backend.password:
            expect(page.get_by_text("The old password is wrong.")).to_be_visible()
    expect(page.locator("#account-dialog")).to_be_hidden()
    gallery.backend.password = "another good password"
    page.get_by_role("button", name="Account").click()
    asked: list[str] = []
    for answer in ("dismiss", "accept"):

        def reply(dialog: Dialog, answer: str = answer) -> None:
            asked.append(dialog.message)
            dialog.accept() if answer == "accept" else dialog.dismiss()

        page.once("dialog", reply)
        expect(page.locator("#account-dialog")).to_be_visible()  # still, after a refusal
        page.get_by_role("button", name="Sign out everywhere").click()
    assert asked == ["Sign out on every device and in every browser, here too?"] * 2
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    sign_in(page, gallery)


@pytest.mark.slow
def test_a_new_photo_appears_by_itself_and_a_reload_needs_no_password(
    page: Page, gallery: Gallery
) -> None:
    """The page looks again by itself; the session outlives a reload; signing out ends it."""
    sign_in(page, gallery)
    name = gallery.add("gate", gallery.names[-1].captured_at + timedelta(seconds=60))
    newest = page.locator(".photo").first
    expect(newest).to_have_attribute("data-id", str(name))
    page.reload()
    expect(newest).to_have_attribute("data-id", str(name))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    expect(page.locator(".photo")).to_have_count(0)
