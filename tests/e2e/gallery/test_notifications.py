"""Notifications in a real browser: the page, the service worker, and what a click opens.

The push service of Chromium is not reached from a test, so the browser's subscription is one of
tests/support/push_service.py, put in place of PushManager's. What is sent to it, decrypted, goes to
the service worker by the browser's DevTools.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Dialog, Page, expect

from tests.conftest import NewStore, new_backend
from tests.e2e.gallery.browser_pages import (
    PHONE,
    SETTLED,
    SIZES,
    Held,
    Pages,
    Size,
    check_axe,
    expect_seen,
    follow,
    open_session,
)
from tests.e2e.gallery.filled_gallery import FIRST, Gallery
from tests.e2e.gallery.phone import Phone
from tests.support.chromium import whole_chromium
from tests.support.fault_server import FaultServer
from tests.support.push_service import PushService
from tests.support.receivers import Inbox
from tests.support.waiting import wait_for

PASSWORD = "a password for vera"
PART = "**/notifications?part"
LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
THROUGH_WORKER = """performance.getEntriesByType("resource")
  .filter((one) => one.workerStart > 0).map((one) => one.name)"""
FAIL_TO_SUBSCRIBE = """() => {
  PushManager.prototype.subscribe = async () => { throw new Error("the push service is away"); };
}"""
CHANGE_ADDRESS = """([endpoint, fresh]) => new Promise((done) => {
  const event = new ExtendableEvent("pushsubscriptionchange");
  event.oldSubscription = { endpoint, options: {} };
  event.newSubscription = { toJSON: () => JSON.parse(fresh) };
  event.waitUntil = (work) => work.then(() => done());
  dispatchEvent(event);
})"""


@pytest.fixture(scope="module")
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


@pytest.fixture(scope="module")
def gallery(
    new_store: NewStore, log_folder: Path, secrets_used: set[str], push_service: PushService
) -> Iterator[Gallery]:
    """A gallery with a photo of each of two cameras."""
    places = {"PUSH_HOSTS": push_service.host, "CHANNEL_NETWORKS": "loopback"}
    backend = new_backend(new_store(), places, log_folder, secrets_used)
    backend.start()
    gallery = Gallery(backend)
    for camera in ("gate", "house"):
        gallery.add(camera, FIRST)
    yield gallery
    backend.stop()


@pytest.fixture(scope="module")
def chromium(browser: Chromium) -> Iterator[Chromium]:
    with whole_chromium(browser) as one:
        yield one


@pytest.fixture
def phone(chromium: Chromium, gallery: Gallery, push_service: PushService) -> Iterator[Phone]:
    """The owner's browser. Their channels are gone with the test."""
    phone = Phone(chromium, gallery, push_service)
    phone.sign_in()
    yield phone
    origin = {"Origin": gallery.backend.base_url}
    for channel in phone.channels():
        path = f"{gallery.backend.base_url}/api/notifications/channels/{channel['id']}"
        phone.context.request.delete(path, headers=origin)
    phone.context.close()


def photo_message(gallery: Gallery, channel: str) -> dict[str, Any]:
    """Return what the backend sends of the first photo."""
    name = gallery.names[0]
    number = f"{name}.{channel}"
    return {
        "id": number,
        "kind": "photo",
        "title": "gate: motion",
        "body": "17:40:12",
        "url": f"https://photos.example/photos/{name}",
        "camera": "gate",
        "at": "2026-11-20T16:40:12.480000+00:00",
        "tag": number,
        "snooze_url": f"https://photos.example/notifications?channel={channel}&snooze=gate",
        "language": "en",
        "snooze": {
            "button": "Snooze for an hour",
            "title": "gate is silent until {end}",
            "body": "Photos are still taken and stored.",
        },
    }


def test_from_the_switch_to_the_notification(phone: Phone, push_service: PushService) -> None:
    """The browser subscribes, and its test is encrypted, sent, decrypted and shown."""
    page = phone.open()
    expect(page.locator("#browser-state")).to_contain_text("Notifications are off in this browser.")
    expect(page.locator("#or-this-browser")).to_be_visible()
    expect(page.locator("#silence")).to_contain_text("There is nothing to silence")
    expect(page.get_by_role("button", name="Silence", exact=True)).to_have_count(0)
    phone.turn_on()
    expect(page.get_by_role("button", name="Silence", exact=True)).to_be_visible()
    card = page.get_by_role("region", name="Chrome on Linux (this browser)")
    expect(card).to_contain_text("nothing was sent yet")
    (channel,) = phone.channels()
    assert channel["rule"]["zone"] == "Europe/Berlin"
    card.get_by_role("button", name="Send a test").click()
    expect(card.get_by_role("status")).to_contain_text("The test was sent.")
    expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    assert push_service.problems == []
    (message,) = phone.subscribed[-1].messages
    phone.push(dict(message.content))
    (shown,) = phone.shown()
    assert shown == {
        "title": "Nightjar: a test",
        "body": "This reaches you through Chrome on Linux.",
        "tag": "test",
        "lang": "en",
        "actions": [],
    }
    page.reload()
    expect(page.locator("#browser-state")).to_contain_text("This browser shows")
    assert page.evaluate("navigator.serviceWorker.controller.state") == "activated"
    assert page.evaluate(THROUGH_WORKER) == []
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator("#no-channels")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    assert phone.channels() == []
    assert page.evaluate("localStorage.getItem('subscription')") is None


def test_a_browser_that_blocks_notifications_is_not_offered(phone: Phone) -> None:
    """The page says how to allow them, and once they are, it offers to turn them on."""
    for allowed, is_offered in (("geolocation", False), ("notifications", True)):
        phone.context.clear_permissions()  # all but those that are granted then are denied
        phone.context.grant_permissions([allowed], origin=phone.backend.base_url)
        page = phone.open()
        state = "Notifications are off" if is_offered else "Allow them in its settings"
        expect(page.locator("#browser-state")).to_contain_text(state)
        expect(page.locator("#no-channels")).to_contain_text("Add a place.")
        for offer in (page.locator("#or-this-browser"), page.locator("#browser-switch")):
            expect(offer).to_be_visible(visible=is_offered)


@pytest.mark.slow
def test_a_click_opens_the_photo_in_the_open_gallery(phone: Phone, gallery: Gallery) -> None:
    phone.turn_on()
    page = phone.open("/days")
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
    phone.push(photo_message(gallery, phone.channels()[0]["id"]))
    (shown,) = phone.shown()
    assert (shown["title"], shown["actions"]) == ("gate: motion", ["Snooze for an hour"])
    assert phone.click() == []
    expect(page.locator("#photo")).to_have_attribute("data-id", str(gallery.names[0]))


@pytest.mark.slow
def test_a_click_without_an_open_gallery_opens_the_photo(phone: Phone, gallery: Gallery) -> None:
    phone.turn_on()
    phone.push(photo_message(gallery, phone.channels()[0]["id"]))
    phone.shown()
    assert phone.click() == [f"/photos/{gallery.names[0]}"]


@pytest.mark.slow
def test_a_new_photo_reaches_the_browser_and_a_click_opens_it(
    phone: Phone, gallery: Gallery, push_service: PushService
) -> None:
    """The whole way: stored, queued, encrypted, sent, decrypted, shown, opened."""
    phone.turn_on()
    (browser,) = phone.subscribed
    added = gallery.add("gate", datetime.now(UTC))
    # Where the queue did not answer within a second, the message waits for this timer.
    gallery.backend.start_timer("every_minute")
    (message,) = wait_for(lambda: browser.messages, what="the message")
    assert push_service.problems == []
    phone.push(dict(message.content))
    (shown,) = phone.shown()
    assert (shown["title"], shown["actions"]) == ("gate: motion", ["Snooze for an hour"])
    assert phone.click() == [f"/photos/{added}"]
    page = phone.open(f"/photos/{added}")
    expect(page.locator("#photo h1")).to_have_text("gate")
    page = phone.open()
    expect(page.locator("#deliveries")).to_contain_text("gate: motion")
    expect(page.locator("#deliveries")).to_contain_text("sent")
    page.locator("#deliveries").get_by_role("link", name="gate: motion").click()
    expect(page.locator("#photo h1")).to_have_text("gate")


@pytest.mark.slow
def test_the_same_message_twice_is_not_two_notifications(phone: Phone, gallery: Gallery) -> None:
    phone.turn_on()
    message = photo_message(gallery, "0" * 16)
    phone.push(message)
    phone.shown()
    phone.push(message)
    phone.push({**message, "id": "other", "tag": "other", "title": "house: motion"})
    assert sorted(one["title"] for one in phone.shown(2)) == ["gate: motion", "house: motion"]


@pytest.mark.slow
def test_a_message_that_cannot_be_read_is_shown_in_some_way(phone: Phone) -> None:
    """Or the browser would say itself that something was hidden."""
    phone.turn_on()
    phone.push("no json")
    (shown,) = phone.shown()
    assert (shown["title"], shown["body"]) == ("Nightjar", "Something happened. Open the gallery.")


@pytest.mark.slow
def test_snooze_from_the_notification(phone: Phone, gallery: Gallery) -> None:
    """In the language of the message."""
    phone.turn_on()
    message = photo_message(gallery, phone.channels()[0]["id"])
    texts = {"button": "Still", "title": "gate ist still bis {end}", "body": "Fotos bleiben."}
    phone.push({**message, "language": "de", "snooze": texts})
    (shown,) = phone.shown()
    assert (shown["actions"], shown["lang"]) == (["Still"], "de")
    assert phone.click("snooze") == []
    (shown,) = phone.shown()
    assert re.fullmatch(r"gate ist still bis \d\d:\d\d", shown["title"])
    assert (shown["body"], shown["lang"]) == ("Fotos bleiben.", "de")
    (channel,) = phone.channels()
    assert list(channel["rule"]["snoozed_cameras"]) == ["gate"]
    page = phone.open()
    expect(page.locator("#snoozes")).to_contain_text("gate silent until")
    page.get_by_role("button", name="End the silence of gate").click()
    expect(page.locator("#snoozes")).to_be_empty()
    assert phone.channels()[0]["rule"]["snoozed_cameras"] == {}


@pytest.mark.slow
def test_snooze_when_signed_out_leads_through_the_sign_in_to_the_page(
    phone: Phone, gallery: Gallery
) -> None:
    phone.turn_on()
    channel = phone.channels()[0]["id"]
    # The page would find out by itself, and lead to the sign-in at any moment.
    phone.page.route(PART, lambda _: None)
    phone.context.clear_cookies()
    phone.push(photo_message(gallery, channel))
    phone.shown()
    tab = phone.page
    assert phone.click("snooze") == []  # the open tab shows it
    phone.page.unroute(PART)
    tab.get_by_label("Password", exact=True).fill(gallery.backend.password)
    follow(tab.get_by_role("button", name="Sign in"))
    expect(tab.get_by_role("heading", name="Silence")).to_be_visible()
    expect(tab.locator("#snooze-camera")).to_have_value("gate")
    expect(tab.get_by_role("button", name="Silence", exact=True)).to_be_focused()
    tab.get_by_role("button", name="Silence", exact=True).click()
    expect(tab.locator("#snoozes")).to_contain_text("gate silent until")


@pytest.mark.slow
def test_silence_is_offered_for_the_camera_of_the_message(phone: Phone) -> None:
    """Its button has the focus."""
    phone.turn_on()
    page = phone.open("/notifications?snooze=gate")
    expect(page.get_by_role("button", name="Silence", exact=True)).to_be_focused()
    expect(page.locator("#snooze-camera")).to_have_value("gate")
    page.keyboard.press("Enter")
    expect(page.locator("#snoozes")).to_contain_text("gate silent until")
    expect(page.locator("#snooze-problem")).to_be_empty()


@pytest.mark.slow
def test_a_late_look_does_not_hide_a_silence(phone: Phone) -> None:
    """The page looks for changes by itself, too."""
    phone.turn_on()
    part = Held(phone.page, PART)
    phone.page.evaluate(LOOK_AGAIN)
    part.wait()
    phone.page.locator("#snooze-camera").select_option("house")
    phone.page.get_by_role("button", name="Silence", exact=True).click()
    expect(phone.page.locator("#snoozes")).to_contain_text("house silent until")


@pytest.mark.slow
def test_a_change_elsewhere_is_shown_and_what_is_typed_stays(phone: Phone) -> None:
    phone.turn_on()
    page = phone.page
    page.get_by_text("What and when").click()
    page.locator(".channel").get_by_role("textbox", name="Name").fill("not saved yet")
    silence = {"camera": "gate", "minutes": 60}
    origin = {"Origin": phone.backend.base_url}
    path = f"{phone.backend.base_url}/api/notifications/snooze"
    assert phone.context.request.post(path, data=silence, headers=origin).ok
    page.evaluate(LOOK_AGAIN)
    expect(page.locator("#snoozes")).to_contain_text("gate silent until")
    name = page.locator(".channel").get_by_role("textbox", name="Name")
    expect(name).to_be_visible()
    expect(name).to_have_value("not saved yet")
    expect(page.get_by_role("region", name="(this browser)")).to_be_visible()


@pytest.mark.slow
def test_a_channel_that_was_removed_elsewhere(phone: Phone) -> None:
    phone.turn_on()
    page, (channel,) = phone.page, phone.channels()
    page.on("dialog", Dialog.accept)
    path = f"{phone.backend.base_url}/api/notifications/channels/{channel['id']}"
    origin = {"Origin": phone.backend.base_url}
    assert phone.context.request.delete(path, headers=origin).ok
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#channels-problem")).to_have_text(
        "There is no such channel: it was removed."
    )
    expect(page.locator("#browser-state")).to_contain_text("Notifications are off in this browser.")


@pytest.mark.slow
def test_a_photos_link_opens_it_after_the_sign_in(page: Page, gallery: Gallery) -> None:
    name = gallery.names[1]
    page.goto(f"{gallery.backend.base_url}/?photo={name}")
    page.get_by_label("Password", exact=True).fill(gallery.backend.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#photo")).to_have_attribute("data-id", str(name))


def test_the_link_of_an_alert_opens_the_alerts(page: Page, gallery: Gallery) -> None:
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    for address in ("/alerts", "/?alerts"):  # the second one is in older messages
        page.goto(gallery.backend.base_url + address)
        expect(page.get_by_role("heading", name="Alerts")).to_be_visible()


def test_a_browser_that_blocks_notifications_reads_what_to_do(page: Page, gallery: Gallery) -> None:
    """The headless shell denies them to all."""
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    page.goto(f"{gallery.backend.base_url}/notifications")
    expect(page.locator("#browser-state")).to_contain_text("This browser blocks notifications")
    expect(page.locator("#browser-switch")).to_be_hidden()


def test_a_push_service_that_is_not_reached(phone: Phone) -> None:
    """The browser's own: this machine reaches none."""
    page = phone.open()
    page.evaluate(FAIL_TO_SUBSCRIBE)
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("#browser-problem")).to_contain_text("did not get an address from its push")
    expect(page.get_by_role("button", name="Turn on")).to_be_enabled()
    assert phone.channels() == []


@pytest.mark.slow
def test_an_address_that_the_browser_changed_reaches_its_channel(
    phone: Phone, push_service: PushService
) -> None:
    phone.turn_on()
    (before,) = phone.channels()
    fresh = push_service.subscribe(phone.subscribed[-1].application_server_key).subscription
    phone.page.evaluate("text => localStorage.setItem('subscription', text)", fresh)
    phone.open()
    expect(phone.page.locator("#browser-state")).to_contain_text("This browser shows")
    (after,) = phone.channels()
    assert after["id"] == before["id"]
    assert after["browser"] != before["browser"]


@pytest.mark.slow
def test_the_worker_tells_the_backend_a_changed_address(
    phone: Phone, push_service: PushService
) -> None:
    """When the push service changes the address, no page needs to be open."""
    phone.turn_on()
    (before,) = phone.channels()
    old = json.loads(phone.subscribed[-1].subscription)
    fresh = push_service.subscribe(phone.subscribed[-1].application_server_key).subscription
    phone.worker.evaluate(CHANGE_ADDRESS, [old["endpoint"], fresh])
    (after,) = phone.channels()
    assert after["id"] == before["id"]
    assert after["browser"] != before["browser"]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("delete PushManager", "This browser cannot show notifications."),
        (
            "Object.defineProperty(window, 'isSecureContext', { value: false })",
            "A browser shows notifications only of sites with https.",
        ),
        (
            "delete PushManager; Object.defineProperty(navigator, 'userAgent', "
            "{ get: () => 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)' })",
            "On an iPhone or iPad, first add Nightjar to the home screen",
        ),
    ],
)
def test_a_browser_without_notifications_says_why(
    page: Page, gallery: Gallery, script: str, sentence: str
) -> None:
    page.add_init_script(script.replace("delete ", "delete window."))
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    page.goto(f"{gallery.backend.base_url}/notifications")
    expect(page.locator("#browser-state")).to_contain_text(sentence)
    expect(page.locator("#browser-switch")).to_be_hidden()


@pytest.mark.slow
def test_a_session_that_ended_leads_to_the_sign_in(phone: Phone) -> None:
    phone.turn_on()
    phone.context.clear_cookies()
    phone.page.evaluate(LOOK_AGAIN)
    expect(phone.page.get_by_text("You were signed out.")).to_be_visible()
    expect(phone.page.locator("#page")).to_have_count(0)
    phone.sign_in()


@pytest.mark.slow
def test_a_webhook_shows_its_secret_once_and_a_failing_test_says_why(
    phone: Phone,
) -> None:
    inbox = Inbox()
    with FaultServer(inbox) as server:
        page = phone.open()
        page.get_by_text("Add a place", exact=True).click()
        page.get_by_label("What it is").select_option("webhook")
        expect(page.locator("#new-webhook-hint")).to_contain_text("it begins with https://")
        page.locator("#new-channel").get_by_label("Name").fill("my server")
        page.get_by_label("Address").fill("http://example.org/hook")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#new-problem")).to_have_text("The address must begin with https://.")
        expect_seen(page.locator("#new-problem"))
        expect(page.locator("#new-channel").get_by_label("Name")).to_have_value("my server")
        expect(page.get_by_label("What it is")).to_have_value("webhook")
        expect(page.get_by_label("Address")).to_be_empty()  # it may have a password in it
        page.get_by_label("Address").fill("http://192.168.1.20/hook")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#new-problem")).to_contain_text(
            "The address leads into a private network; the setting CHANNEL_NETWORKS"
        )
        page.get_by_label("Address").fill(f"{server.base_url}/hook")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_label("The secret")).to_have_value(re.compile("whsec_.+"))
        expect(page.get_by_label("The secret")).to_be_in_viewport()
        card = page.get_by_role("region", name="my server")
        expect(card).to_contain_text("webhook at 127.0.0.1")
        card.get_by_role("button", name="Send a test").click()
        expect(card.get_by_role("status")).to_contain_text("The test was sent.")
        assert len(inbox.messages) == 1
        server.refuse()
        page.set_viewport_size(PHONE)
        card.get_by_role("button", name="Send a test").click()
        problem = card.get_by_role("alert").first
        sentence = (
            "The test was not sent: nothing listens there (connection refused); check the port, "
            "and that the receiver is running."
        )
        expect(problem).to_have_text(sentence)
        expect_seen(problem)
        with page.expect_response(PART):
            page.evaluate(LOOK_AGAIN)
        page.evaluate(SETTLED)
        expect(problem).to_have_text(sentence)
    phone.open()
    expect(page.get_by_role("region", name="my server")).to_be_visible()
    expect(page.get_by_label("The secret")).to_have_count(0)


@pytest.mark.slow
def test_a_german_browser_leads_to_german_messages(pages: Pages, gallery: Gallery) -> None:
    """From the form to what a webhook receives, unless another language is chosen."""
    inbox = Inbox()
    with FaultServer(inbox) as server:
        page = pages.signed_in(gallery.backend, "/notifications", locale="de-DE")
        page.get_by_text("Ort hinzufügen", exact=True).click()
        page.get_by_label("Was es ist").select_option("webhook")
        page.locator("#new-channel").get_by_label("Name").fill("mein Server")
        page.get_by_label("Adresse").fill(f"{server.base_url}/hook")
        page.get_by_role("button", name="Hinzufügen", exact=True).click()
        card = page.get_by_role("region", name="mein Server")
        expect(card).to_be_visible()
        gallery.add("gate", datetime.now(UTC))
        # Where the queue did not answer within a second, the message waits for this timer.
        gallery.backend.start_timer("every_minute")
        (body,) = wait_for(lambda: inbox.bodies, what="the message")
        message = json.loads(body)
        assert (message["type"], message["data"]["title"]) == ("photo", "gate: Bewegung")
        card.get_by_text("Was und wann").click()
        expect(card.get_by_label("Sprache der Mitteilungen")).to_have_value("de")
        card.get_by_label("Sprache der Mitteilungen").select_option("English")
        card.get_by_role("button", name="Speichern").click()
        expect(card.locator("form [role=status]")).to_have_text("Gespeichert.")
        card.get_by_role("button", name="Probe senden").click()
        expect(card.get_by_role("status").first).to_contain_text("Die Probe wurde gesendet.")
        test = wait_for(lambda: inbox.bodies[1:], what="the test")[0]
        assert json.loads(test)["data"]["title"] == "Nightjar: a test"
        page.on("dialog", Dialog.accept)
        card.get_by_role("button", name="Entfernen").click()
        expect(card).to_have_count(0)


@pytest.mark.slow
def test_what_and_when(phone: Phone) -> None:
    """The form shows the rule, and saves it."""
    phone.turn_on()
    page = phone.page
    card = page.locator(".channel")
    card.get_by_text("What and when").click()
    card.get_by_role("textbox", name="Name").fill("my phone")
    card.get_by_label("all, also future ones").uncheck()
    card.get_by_role("button", name="Save").click()
    expect(card.locator("form [role=alert]")).to_have_text("Choose cameras, or all.")
    expect_seen(card.locator("form [role=alert]"))
    expect(card.get_by_role("textbox", name="Name")).to_have_value("my phone")
    card.get_by_label("gate").check()
    card.get_by_label("schedule").uncheck()
    card.get_by_label("Sun").uncheck()
    card.get_by_label("a device is back").uncheck()
    quiet = card.get_by_role("group", name="Quiet hours, without photos")
    quiet.get_by_label("from").fill("22:00")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("form [role=alert]")).to_contain_text("Give both times, or none")
    quiet.get_by_label("to").fill("06:30")
    card.get_by_label("Minutes between two messages").fill("30")
    card.get_by_role("combobox", name="Time zone").fill("Mars/Olympus")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("form [role=alert]")).to_contain_text("must be a time zone such as")
    card.get_by_role("combobox", name="Time zone").fill("Asia/Tokyo")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("form [role=status]")).to_have_text("Saved.")
    expect(card.get_by_role("heading")).to_have_text("my phone (this browser)")
    rule = phone.channels()[0]["rule"]
    assert rule["cameras"] == ["gate"]
    assert rule["triggers"] == ["demand", "gpio", "motion"]
    assert rule["days"] == [0, 1, 2, 3, 4, 5]
    assert "back" not in rule["alerts"]
    assert "silent" in rule["alerts"]
    assert rule["quiet"] == {"from": "22:00", "to": "06:30"}
    assert (rule["interval_minutes"], rule["zone"]) == (30, "Asia/Tokyo")
    card.get_by_role("button", name="Switch off").click()
    expect(card).to_contain_text("switched off")
    phone.open()
    card.get_by_text("What and when").click()
    expect(card.get_by_label("gate")).to_be_checked()
    expect(card.get_by_label("house")).not_to_be_checked()
    expect(card.get_by_label("Sun")).not_to_be_checked()


@pytest.mark.slow
def test_an_owner_sees_and_ends_the_channels_of_others(
    phone: Phone, page: Page, gallery: Gallery
) -> None:
    backend = gallery.backend
    viewer = {"name": "vera", "password": PASSWORD, "cameras": ["gate"]}
    bearer = {"Authorization": f"Bearer {backend.admin_token}"}
    made = requests.post(f"{backend.base_url}/api/people", json=viewer, headers=bearer, timeout=90)
    assert made.status_code == 201
    open_session(page, backend, "vera", PASSWORD)
    page.goto(f"{backend.base_url}/")
    follow(page.get_by_role("link", name="Notifications"))
    page.get_by_text("Add a place", exact=True).click()
    page.locator("#new-channel").get_by_label("Name").fill("vera's ntfy")
    page.get_by_label("Address").fill("ntfys://a-secret-topic")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("region", name="vera's ntfy")).to_be_visible()
    expect(page.locator("#others")).to_have_count(0)
    assert page.locator("#snooze-camera option").all_inner_texts() == ["all cameras", "gate"]

    phone.page.on("dialog", Dialog.accept)
    owner = phone.open()
    others = owner.get_by_role("region", name="Other people's")
    expect(others).to_contain_text("vera \N{MIDDLE DOT} vera's ntfy \N{MIDDLE DOT} ntfys://")
    expect(others).not_to_contain_text("a-secret-topic")
    others.get_by_role("button", name="Switch off: vera's ntfy of vera").click()
    expect(others).to_contain_text("switched off")
    others.get_by_role("button", name="Remove: vera's ntfy of vera").click()
    expect(others).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["desk", pytest.param("laptop", marks=pytest.mark.slow), "phone"])
def test_the_page_is_accessible(pages: Pages, gallery: Gallery, size: Size) -> None:
    """With a channel and its rule. On a phone in German and in the light."""
    is_phone = size == "phone"
    options = {"locale": "de-DE", "color_scheme": "light"} if is_phone else {}
    page = pages.new(size, **options)
    made = make_channel(page, gallery, f"a place {size}", "ntfys://a-secret-topic")
    page.goto(f"{gallery.backend.base_url}/notifications")
    card = page.get_by_role("region", name=f"a place {size}")
    expect(card).to_contain_text("noch nichts gesendet" if is_phone else "nothing was sent yet")
    check_axe(page)
    card.get_by_text("Was und wann" if is_phone else "What and when").click()
    check_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    remove_channel(page, gallery, made)


@pytest.mark.slow
def test_without_javascript_everything_but_this_browser_works(
    pages: Pages, gallery: Gallery
) -> None:
    page = pages.signed_in(gallery.backend, "/notifications", java_script_enabled=False)
    expect(page.locator("#browser-switch")).to_be_hidden()
    page.get_by_text("Add a place", exact=True).click()
    page.locator("#new-channel").get_by_label("Name").fill("<b>my</b> ntfy")
    page.get_by_label("Address").fill("ntfys://a-secret-topic")
    page.get_by_role("button", name="Add", exact=True).click()
    card = page.get_by_role("region", name="<b>my</b> ntfy")
    expect(card).to_contain_text("nothing was sent yet")
    expect(page.locator("main")).not_to_contain_text("a-secret-topic")
    card.get_by_role("button", name="Switch off").click()
    expect(card).to_contain_text("switched off")
    expect(card.get_by_role("button", name="Switch on")).to_be_focused()
    card.get_by_text("What and when").click()
    card.get_by_label("Minutes between two messages").fill("7")
    card.get_by_role("button", name="Save").click()
    expect(card.locator("form [role=status]")).to_have_text("Saved.")
    expect(card.get_by_label("Minutes between two messages")).to_have_value("7")
    page.get_by_role("button", name="Silence", exact=True).click()
    expect(page.locator("#snoozes")).to_contain_text("all cameras silent until")
    card.get_by_role("button", name="Remove").click()
    expect(page.locator("#no-channels")).to_be_visible()


def make_channel(page: Page, gallery: Gallery, label: str, address: str) -> str:
    """Make a channel of the owner's, and return its id."""
    open_session(page, gallery.backend, "owner", gallery.backend.password)
    reply = page.context.request.post(
        f"{gallery.backend.base_url}/api/notifications/channels",
        data={"label": label, "kind": "apprise", "address": address},
        headers={"Origin": gallery.backend.base_url},
    )
    assert reply.ok, reply.text()
    made: str = reply.json()["id"]
    return made


def remove_channel(page: Page, gallery: Gallery, channel: str) -> None:
    path = f"{gallery.backend.base_url}/api/notifications/channels/{channel}"
    assert page.context.request.delete(path, headers={"Origin": gallery.backend.base_url}).ok


def test_the_gallery_can_be_installed(phone: Phone) -> None:
    page = phone.open("/")
    devtools = phone.context.new_cdp_session(page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["start_url"] == "/"
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in errors] in ([], ["in-incognito"])
