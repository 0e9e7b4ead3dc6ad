"""The pages /devices and /devices/NAME in a real browser, over devices that report what the test
says."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from function_app.devices.states import OVERDUE_AT, RECEIVED_AT
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.device_keys import STATES
from photo_wire.camera_state import CameraState
from photo_wire.command import MAX_OPEN, CommandResult, CommandState, tag_of
from photo_wire.moment import format_time
from photo_wire.name import new_name
from tests.e2e.gallery.browser_pages import (
    SETTLED,
    SIZES,
    Pages,
    Size,
    check_axe,
    expect_seen,
    open_session,
)
from tests.e2e.gallery.filled_gallery import FIRST, Gallery
from tests.support.backend import Backend
from tests.support.reporting_device import CAN, ReportingDevice
from tests.support.signing_device import SigningDevice
from tests.support.waiting import wait_for

LOOK_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"
PASSWORD = "a password for vera"


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend over a store of its own, so that each device on the page is one of a test here."""
    return backend_of_file


@pytest.fixture
def two(backend: Backend) -> ReportingDevice:
    """A device with two cameras, which has reported."""
    name = f"two-{new_name('x', datetime.now(UTC)).tag}"
    device = ReportingDevice(backend, name, f"{name}-a", f"{name}-b")
    device.report()
    return device


def ask(backend: Backend, method: str, path: str, body: object = None) -> Any:
    """Return the JSON of the response to the admin token."""
    reply = requests.request(
        method,
        f"{backend.base_url}/api/{path}",
        json=body,
        headers={"Authorization": f"Bearer {backend.admin_token}"},
        timeout=90,
    )
    assert reply.ok, reply.text
    return reply.json()


def open_device(page: Page, device: ReportingDevice) -> Locator:
    """Open the page of a device, and return what it shows."""
    page.goto(f"{device.backend.base_url}/devices/{device.name}")
    return page.get_by_role("main")


@pytest.fixture
def owner(page: Page, backend: Backend) -> Page:
    open_session(page, backend, "owner", backend.password)
    return page


def id_of_command(device: ReportingDevice, action: Callable[[], object]) -> str:
    """Do what asks a device for something, and return the id of the command."""
    path = f"devices/{device.name}/commands"
    before = len(ask(device.backend, "GET", path)["commands"])
    action()

    def newer() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(device.backend, "GET", path)["commands"]
        return found if len(found) > before else []

    commands = wait_for(newer, what="the command")
    command: str = commands[0]["id"]
    return command


def commands_of(page: Page) -> Locator:
    """Return the part of a device's page where it is asked for something."""
    return page.get_by_role("region", name="Commands", exact=True)


def key_of(page: Page) -> Locator:
    """Return the part of a device's page that has its key."""
    return page.locator("#key")


def let_fall_silent(device: ReportingDevice) -> None:
    """As if the device's last heartbeat had come three hours ago."""
    rows = connect(Settings(device.backend.connection_string)).devices
    row = rows.get(STATES, device.name)
    assert row
    at = datetime.now(UTC) - timedelta(hours=3, minutes=1)
    columns = {RECEIVED_AT: format_time(at), OVERDUE_AT: format_time(at + timedelta(minutes=15))}
    assert rows.replace(STATES, row, {**row.properties, **columns})


@pytest.mark.slow
def test_a_viewer_sees_their_cameras_and_asks_for_nothing(
    page: Page, backend: Backend, two: ReportingDevice
) -> None:
    mine, other = two.cameras
    name = two.name.replace("two", "vera")
    viewer = {"name": name, "password": PASSWORD, "cameras": [mine]}
    ask(backend, "POST", "people", viewer)
    open_session(page, backend, name, PASSWORD)
    page.goto(backend.base_url)
    expect(page.get_by_role("heading", name=mine)).to_be_visible()
    expect(page.get_by_role("button", name="Photo now")).to_have_count(0)
    page.goto(f"{backend.base_url}/devices")
    expect(page.locator(".device")).to_have_count(1)
    expect(page.locator(".device")).to_contain_text(f"{mine} \N{MIDDLE DOT} ready")
    page.get_by_role("link", name="Details").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text(f"{mine} \N{MIDDLE DOT} ready")
    expect(main).not_to_contain_text(other)
    expect(page.locator("main :is(button, summary)")).to_have_count(0)
    main.get_by_role("link", name="Live").click()
    expect(page.locator("#state")).to_contain_text("Asking the device for pictures")
    expect(page.get_by_role("button", name="Photo now")).to_be_hidden()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "detail", "sentence"),
    [
        pytest.param(
            CommandState.TAKEN,
            "",
            "{} has taken the command\N{HORIZONTAL ELLIPSIS}",
            marks=pytest.mark.slow,
        ),
        (CommandState.REFUSED, "the capture process ends", "{} refused: the capture process ends."),
        pytest.param(CommandState.REFUSED, "", "{} refused.", marks=pytest.mark.slow),
        pytest.param(
            CommandState.EXPIRED,
            "",
            "{} did not do it in time. Try again.",
            marks=pytest.mark.slow,
        ),
        (CommandState.DONE, "", "Uploads are paused until "),
    ],
)
def test_the_page_says_what_became_of_a_command(
    owner: Page, two: ReportingDevice, state: CommandState, detail: str, sentence: str
) -> None:
    card = open_device(owner, two)
    command = id_of_command(two, card.get_by_role("button", name="Pause uploads").click)
    status = commands_of(owner).get_by_role("status")
    expect(status).to_contain_text(f"Asking {two.name}")
    two.report(CommandResult(command, state, detail))
    expect(status).to_contain_text(sentence.format(two.name))


@pytest.mark.slow
def test_commands_that_are_not_accepted(owner: Page, two: ReportingDevice) -> None:
    """The backend's own sentence says why."""
    card = open_device(owner, two)
    for _ in range(MAX_OPEN):
        ask(two.backend, "POST", f"devices/{two.name}/commands", {"kind": "resume"})
    card.get_by_role("button", name="Log").click()
    problem = commands_of(owner).get_by_role("alert")
    expect(problem).to_contain_text(f"{two.name} has {MAX_OPEN} open commands")
    expect_seen(problem)
    with owner.expect_response("**/devices/*part"):
        owner.evaluate(LOOK_AGAIN)
    owner.evaluate(SETTLED)
    expect_seen(problem)


@pytest.mark.slow
def test_a_pause_a_log_and_a_restart(owner: Page, two: ReportingDevice) -> None:
    owner.on("dialog", lambda dialog: dialog.accept())
    card = open_device(owner, two)
    card.get_by_label("How long to disarm, or to pause uploads").select_option("for a day")
    for name in ("Pause uploads", "Log", "Restart"):
        command = id_of_command(two, card.get_by_role("button", name=name).click)
        output = "INFO capture: capturing" if name == "Log" else ""
        two.report(CommandResult(command, CommandState.DONE, output=output))
        done = "Uploads are paused until" if name == "Pause uploads" else "Done."
        expect(commands_of(owner).get_by_role("status")).to_contain_text(done)
        if output:
            expect(card.locator("pre")).to_have_text(output)
    expect(card.locator("pre")).to_have_text("INFO capture: capturing")  # the last answer stays
    expect(card.locator("#asked li")).to_have_count(3)
    asked = ask(two.backend, "GET", f"devices/{two.name}/commands")["commands"][::-1]
    assert [one["kind"] for one in asked] == ["pause", "logs", "restart"]
    days = datetime.fromisoformat(asked[0]["until"]) - datetime.now(UTC)
    assert timedelta(hours=23) < days <= timedelta(days=1)


@pytest.mark.slow
def test_uploads_that_are_paused(owner: Page, two: ReportingDevice) -> None:
    """The page says so, and offers what fits."""
    card = open_device(owner, two)
    expect(card.get_by_role("button", name="Pause uploads")).to_be_visible()
    expect(card.get_by_role("button", name="Resume uploads")).to_have_count(0)
    two.report(paused_until=datetime.now(UTC) + timedelta(hours=1))
    owner.evaluate(LOOK_AGAIN)
    expect(card).to_contain_text("Uploadspaused until ")
    expect(card).to_contain_text("Last heard of")
    expect(card.get_by_role("button", name="Pause uploads")).to_have_count(0)
    command = id_of_command(two, card.get_by_role("button", name="Resume uploads").click)
    two.report(CommandResult(command, CommandState.DONE))
    expect(commands_of(owner).get_by_role("status")).to_have_text("Uploads go on.")


@pytest.mark.slow
@pytest.mark.parametrize("is_paused", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_photo_that_is_taken_and_waits(
    owner: Page, two: ReportingDevice, is_paused: bool
) -> None:
    """It is no error; without a pause the page goes on looking."""
    camera = next(iter(two.cameras))

    def answer(route: Route) -> None:
        response = route.fetch()
        devices = response.json()["devices"]
        for one in devices:
            one["paused_until"] = "9999-12-31T23:59:59.000Z" if is_paused else None
        route.fulfill(response=response, json={"devices": devices})

    owner.route("**/api/devices", answer)
    owner.goto(f"{two.backend.base_url}/live/{camera}")
    with owner.expect_response("**/capture") as reply:  # the page looks, too
        owner.get_by_role("button", name="Photo now").click()
    command = reply.value.json()["id"]
    photo = new_name(camera, datetime.now(UTC), tag_of(command))
    two.report(CommandResult(command, CommandState.DONE, photos=(str(photo),)))
    status = owner.locator("#photo").get_by_role("status")
    if is_paused:
        sentence = "comes when uploads go on (paused until they are resumed)."
        expect(status).to_contain_text(sentence)
        return
    expect(status).to_contain_text("The photo is taken, and waits to be uploaded")
    Gallery(two.backend).add_signed(two.key, photo)
    expect(owner.locator("#photo img")).to_be_visible()


@pytest.mark.slow
def test_after_a_restart_the_page_waits_for_the_device(owner: Page, two: ReportingDevice) -> None:
    """By itself."""
    accepting(owner)
    card = open_device(owner, two)
    command = id_of_command(two, card.get_by_role("button", name="Restart").click)
    two.report(CommandResult(command, CommandState.DONE), goodbye="restart")
    expect(card).to_contain_text("off: it restarts")
    expect(card.get_by_role("button", name="Restart")).to_be_disabled()
    two.report()
    expect(card).to_contain_text("Stateready")
    expect(card.get_by_role("button", name="Restart")).to_be_enabled()


@pytest.mark.slow
@pytest.mark.parametrize("is_whole", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_diagnosis_is_a_list(owner: Page, two: ReportingDevice, is_whole: bool) -> None:
    """One that was cut is shown as it came."""
    findings = [
        {"what": "clock", "verdict": "ok", "sentence": "is set by NTP", "next_step": ""},
        {
            "what": "disk",
            "verdict": "bad",
            "sentence": "is read-only",
            "next_step": "Replace the card.",
        },
    ]
    card = open_device(owner, two)
    command = id_of_command(two, card.get_by_role("button", name="Diagnosis").click)
    output = json.dumps(findings, indent=2)
    output = output if is_whole else output[:-4]
    two.report(CommandResult(command, CommandState.DONE, output=output))
    if is_whole:
        expect(card.locator(".findings li")).to_have_text(
            [
                "clock \N{MIDDLE DOT} okis set by NTP",
                "disk \N{MIDDLE DOT} badis read-only\N{RIGHTWARDS ARROW} Replace the card.",
            ]
        )
        expect(card.locator(".findings .alarm")).to_have_text("bad")
    else:
        expect(card.locator("pre")).to_have_text(output)


def test_a_device_that_is_silent(owner: Page, two: ReportingDevice) -> None:
    """It is asked for nothing."""
    let_fall_silent(two)
    card = open_device(owner, two)
    expect(card.locator(".alarm")).to_have_text(["silent", "silent", "silent"])
    expect(card).to_contain_text("Last heard of3 hours ago, ")
    expect(card).to_contain_text(f"{two.name} has been silent since ")
    expect(card).to_contain_text("It takes commands again once it is back.")
    expect(card.get_by_role("button", name="Restart")).to_be_disabled()
    expect(card.get_by_role("button", name=re.compile("^Disarm"))).to_have_count(0)


@pytest.mark.slow
def test_a_device_that_is_off_is_asked_for_no_live_pictures(
    owner: Page, two: ReportingDevice
) -> None:
    """And photos that came since its last report count."""
    camera = min(two.cameras)
    two.report(goodbye="shutdown")
    Gallery(two.backend).add_signed(two.key, new_name(camera, datetime.now(UTC), "0000abcd"))
    card = open_device(owner, two)
    expect(card).to_contain_text(
        f"{camera} \N{MIDDLE DOT} off: it was shut down \N{MIDDLE DOT} last photo came "
    )
    expect(card).to_contain_text(f"{two.name} has been off since ")
    owner.goto(f"{two.backend.base_url}/live/{camera}")
    expect(owner.locator("#state")).to_contain_text(f"{camera} has been off since ")
    expect(owner.get_by_role("button", name="Photo now")).to_be_disabled()


def test_the_states_of_cameras(owner: Page, two: ReportingDevice) -> None:
    """In the words of the API."""
    first, second = two.cameras
    two.cameras[first] = CameraState(armed=True, failing="no frames")
    two.cameras[second] = CameraState(armed=False)
    two.report()
    card = open_device(owner, two)
    lines = card.locator("#cameras li")
    expect(lines.nth(0)).to_contain_text(f"{first} \N{MIDDLE DOT} failing: no frames")
    expect(lines.nth(1)).to_contain_text(f"{second} \N{MIDDLE DOT} disarmed")


@pytest.mark.slow
def test_the_focus_stays_while_the_page_is_refreshed(owner: Page, two: ReportingDevice) -> None:
    """A keyboard's user arms and disarms without a way through the page for each."""
    camera = min(two.cameras)
    card = open_device(owner, two)
    button = card.locator(f"#arm-{camera}")
    button.focus()
    command = id_of_command(two, lambda: owner.keyboard.press("Enter"))
    two.cameras[camera] = CameraState(armed=False)
    two.report(CommandResult(command, CommandState.DONE))
    expect(button).to_have_text("Arm")
    expect(button).to_be_focused()


def accepting(page: Page) -> list[str]:
    """Say yes to every question from now on. Return the list of them."""
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    return asked


def test_the_key_of_a_device_without_a_heartbeat_is_approved(owner: Page, backend: Backend) -> None:
    """A key that comes while the page is open is shown, too."""
    asked = accepting(owner)
    before, after = (ReportingDevice(backend, "shed") for _ in range(2))
    Gallery(backend).add_signed(before.key, new_name("shed", FIRST))
    card, key = open_device(owner, before), key_of(owner)
    expect(card).to_contain_text("unknown: it has not sent a heartbeat")
    expect(card.get_by_role("button", name="Restart")).to_be_disabled()
    expect(key.get_by_role("heading")).to_have_text("Key")
    Gallery(backend).add_signed(after.key, new_name("shed", FIRST + timedelta(seconds=1)))
    owner.evaluate(LOOK_AGAIN)
    expect(key.get_by_role("heading")).to_have_text("Key: waits for your decision")
    expect(key).to_contain_text(f"Fingerprint of its key: {before.key.fingerprint}")
    key.get_by_role("button", name="Approve").click()
    expect(key).to_contain_text(f"Fingerprint of its key: {after.key.fingerprint}")
    expect(key.get_by_role("heading")).to_have_text("Key")
    expect(key.get_by_role("heading")).to_be_focused()
    expect(key.get_by_role("button", name="Approve")).to_have_count(0)
    assert after.key.fingerprint in asked[0]
    after.report()
    owner.evaluate(LOOK_AGAIN)
    expect(card).to_contain_text("Stateready")
    Gallery(backend).add_signed(before.key, new_name("shed", FIRST + timedelta(seconds=2)))
    owner.evaluate(LOOK_AGAIN)
    expect(key).to_contain_text(f"{before.key.fingerprint}, the key until ")
    expect(key).to_contain_text("Two devices use the name shed: rename one (CAMERA_DEVICE_NAME).")


@pytest.mark.slow
def test_why_a_decision_was_not_stored_stays(owner: Page, two: ReportingDevice) -> None:
    """While the page is refreshed, as long as another key waits."""
    accepting(owner)
    others = [ReportingDevice(two.backend, two.name) for _ in range(2)]
    for other in others:
        Gallery(two.backend).add_signed(other.key, new_name(min(two.cameras), FIRST))
    open_device(owner, two)
    chosen = others[0].key.fingerprint
    decision = {"fingerprint": chosen, "approve": False}
    ask(two.backend, "POST", f"devices/{two.name}/key", decision)
    key_of(owner).get_by_role("button", name=f"Approve the fingerprint {chosen}").click()
    problem = key_of(owner).get_by_role("alert")
    expect(problem).to_have_text(f"No key with this fingerprint waits for {two.name}.")
    with owner.expect_response("**/devices/*part"):
        owner.evaluate(LOOK_AGAIN)
    owner.evaluate(SETTLED)
    expect(problem).to_have_text(f"No key with this fingerprint waits for {two.name}.")
    expect(key_of(owner).get_by_role("button", name="Approve")).to_have_count(1)


def test_a_decision_that_is_denied_changes_nothing(owner: Page, two: ReportingDevice) -> None:
    owner.on("dialog", Dialog.dismiss)
    other = ReportingDevice(two.backend, two.name)
    Gallery(two.backend).add_signed(other.key, new_name(min(two.cameras), FIRST))
    open_device(owner, two)
    key_of(owner).get_by_role("button", name="Approve").click()
    keys = ask(two.backend, "GET", f"devices/{two.name}/keys")
    assert [one["fingerprint"] for one in keys["waiting"]] == [other.key.fingerprint]


@pytest.mark.slow
def test_an_owner_chooses_the_cameras_that_a_device_gets(owner: Page, two: ReportingDevice) -> None:
    """Each by a button of its own, which names it; the others go on waiting."""
    asked = accepting(owner)
    kept, given = two.cameras
    new = ReportingDevice(two.backend, f"{two.name}-new", kept, given)
    new.report()
    open_device(owner, new)
    key = key_of(owner)
    expect(key).to_contain_text(f"photos of the camera {given}, which belongs to {two.name}")
    key.get_by_role("button", name=f"Approve the camera {given}").click()
    expect(key.get_by_role("button", name=f"Approve the camera {given}")).to_have_count(0)
    expect(key.get_by_role("heading")).to_be_focused()
    key.get_by_role("button", name=f"Reject the camera {kept}").click()
    expect(key.get_by_role("heading")).to_have_text("Key")
    keys = ask(two.backend, "GET", f"devices/{new.name}/keys")
    assert (keys["cameras"], keys["wanted"]) == ([given], [])
    assert [question.partition("\n")[0] for question in asked] == [
        f"Approve the camera {given} for {new.name}?",
        f"Reject the camera {kept} for {new.name}?",
    ]


@pytest.mark.slow
def test_without_javascript_a_device_is_asked_and_its_answer_shown(
    pages: Pages, two: ReportingDevice
) -> None:
    page = pages.signed_in(two.backend, "/devices", java_script_enabled=False)
    page.get_by_role("link", name=two.name, exact=True).click()
    command = id_of_command(two, page.get_by_role("button", name="Log").click)
    expect(page.get_by_role("button", name="Log")).to_be_focused()
    expect(commands_of(page).get_by_role("status")).to_contain_text(f"Asking {two.name}")
    two.report(CommandResult(command, CommandState.DONE, output="INFO capture: capturing"))
    page.reload()
    expect(page.locator("pre")).to_have_text("INFO capture: capturing")


@pytest.mark.slow
@pytest.mark.parametrize("size", ["desk", pytest.param("laptop", marks=pytest.mark.slow), "phone"])
def test_the_pages_are_accessible(pages: Pages, two: ReportingDevice, size: Size) -> None:
    """With all that a device may show. On a phone in German and in the light."""
    first, second = two.cameras
    two.cameras[first] = CameraState(armed=True, failing="no frames", can=CAN)
    two.report(temperature=41.5, disk_free=12_300_000_000, disk_total=64_000_000_000, losses=2)
    Gallery(two.backend).add_signed(SigningDevice(two.name), new_name(second, FIRST))
    ask(two.backend, "POST", f"devices/{two.name}/commands", {"kind": "logs"})
    is_phone = size == "phone"
    options = {"locale": "de-DE", "color_scheme": "light"} if is_phone else {}
    page = pages.signed_in(two.backend, "/devices", size, **options)
    for path in ("/devices", f"/devices/{two.name}"):
        page.goto(two.backend.base_url + path)
        expect(page.get_by_role("main")).to_contain_text(
            f"{first} \N{MIDDLE DOT} {'gestört' if is_phone else 'failing'}: no frames"
        )
        check_axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


@pytest.mark.slow
def test_what_devices_say_is_text(owner: Page, two: ReportingDevice) -> None:
    """Not markup: what a device reports, its log and its diagnosis."""
    bad = "</pre><img src=x onerror=alert(1)>"
    alerts = accepting(owner)
    camera = min(two.cameras)
    two.cameras[camera] = CameraState(armed=True, failing=bad)
    two.report()
    card = open_device(owner, two)
    for button, output in (
        ("Log", bad),
        ("Diagnosis", json.dumps([{"what": bad, "verdict": bad, "sentence": bad}])),
    ):
        command = id_of_command(two, card.get_by_role("button", name=button).click)
        two.report(CommandResult(command, CommandState.REFUSED, bad, output=output))
        expect(card.locator(".output")).to_contain_text(bad)
    expect(commands_of(owner).get_by_role("status")).to_contain_text(bad)
    expect(card.locator("#cameras")).to_contain_text(bad)
    expect(card.locator("img")).to_have_count(0)
    assert alerts == []
