"""Measure the requests in infra/transactions.json on the real backend: one recorder is in front of
the backend, one before Azurite's blobs and one before its tables."""

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from function_app import build_app
from function_app.auth.caller import DEVICE
from function_app.devices.commands import reply_for
from function_app.devices.heartbeats import record
from function_app.devices.live import end_looking
from function_app.devices.states import list_devices
from function_app.devices.watch import watch_devices
from function_app.ingest.intake import Upload
from function_app.ingest.upload import store as store_photo
from function_app.maintenance.counting import update_figures
from function_app.maintenance.retention import clean_up, delete_due
from function_app.maintenance.timers import purge_hour
from function_app.services import connect
from function_app.settings import Settings
from infra.bill import TRANSACTIONS, Transactions
from local.azurite import Azurite
from local.processes import ROOT
from photo_wire.alert import LOSS, Alert, alerts_to_json
from photo_wire.command import CommandState
from photo_wire.headers import UPLOAD_PATH, PhotoHeaders
from photo_wire.name import parse_name
from pi_uploader.cameras.media.dng import add_preview
from tests.conftest import new_backend
from tests.support.api import MOMENT, Api, Store, name_of, new_camera, photo_headers
from tests.support.counted_table import CountedTable
from tests.support.devices import Device, heartbeat
from tests.support.memory_store import memory_services
from tests.support.meter import Meter
from tests.support.pictures import jpeg, jpeg_with_preview, mp4, pi_dng
from tests.support.recorder import Recorder
from tests.support.signing_device import SigningDevice
from tests.support.stopped_clock import stop_clock

EXPECTED = Transactions.read(TRANSACTIONS)
# Of the device below: a photo of a camera with a device costs one more request.
CAMERA = new_camera()


@pytest.fixture(scope="module")
def store() -> Iterator[Azurite]:
    """A store of these tests alone: photos of other tests would be on the pages."""
    with Azurite() as azurite:
        yield azurite


@pytest.fixture(scope="module")
def meter(store: Azurite, log_folder: Path, secrets_used: set[str]) -> Iterator[Meter]:
    """A backend with a photo."""
    blob, _, table = store.ports
    with ExitStack() as running:
        blobs, tables = (running.enter_context(Recorder(port)) for port in (blob, table))
        to_recorders = store.connection_string.replace(
            f"http://127.0.0.1:{blob}/", f"{blobs.base_url}/"
        ).replace(f"http://127.0.0.1:{table}/", f"{tables.base_url}/")
        backend = new_backend(to_recorders, {}, log_folder, secrets_used)
        running.callback(backend.stop)
        backend.start()
        front = running.enter_context(Recorder(backend.port))
        meter = Meter(backend, front, blobs, tables)
        meter.put(0)
        yield meter


@pytest.mark.slow
def test_a_photo_stored(meter: Meter) -> None:
    """By an instance that has just read, as once a minute, whether the camera has a device."""
    meter.put(999)
    counted = meter.count(lambda: meter.put(1000))
    assert counted == EXPECTED.events["photo stored"]


def test_a_photo_stored_by_a_new_instance(meter: Meter) -> None:
    """It checks whether it knows the camera, and when the timers last ran. The number of cameras
    does not matter: they are not read."""
    cold = connect(Settings(meter.api.backend.connection_string))
    name = name_of(meter.camera, MOMENT + timedelta(seconds=1006))
    upload = Upload(jpeg(seed=1006), PhotoHeaders(name=name))
    counted = meter.count(lambda: store_photo(upload, cold, DEVICE, datetime.now(UTC)))
    assert {"executions": 1, **counted} == EXPECTED.events["photo stored by a new instance"]


@pytest.mark.slow
def test_a_hundred_photos_cost_a_hundred_times_one(meter: Meter) -> None:
    """No request is sent only sometimes, such as a check whether the container exists."""
    meter.put(999)
    counted = meter.count(lambda: [meter.put(2000 + number) for number in range(100)])
    one = EXPECTED.events["photo stored"]
    assert counted == {kind: 100 * count for kind, count in one.items()}


def test_a_photo_sent_again(meter: Meter) -> None:
    meter.put(1001)
    counted = meter.count(lambda: meter.put(1001))
    assert counted == EXPECTED.events["photo sent again"]


def test_signing_in(meter: Meter) -> None:
    """The page sends name and password. The very first sign-in also creates tables."""
    visitor = Api(meter.api.backend)

    def sign_in() -> None:
        credentials = {"name": "owner", "password": visitor.backend.password}
        assert visitor.ask("/api/session", method="POST", json=credentials).status_code == 200
        visitor.http.cookies.clear()

    sign_in()
    assert meter.count(sign_in) == EXPECTED.events["signed in"]


@pytest.fixture(scope="module")
def visitor(meter: Meter) -> Api:
    """A signed-in user who has opened a photo once, which creates a table."""
    visitor = Api(meter.api.backend)
    credentials = {"name": "owner", "password": visitor.backend.password}
    assert visitor.ask("/api/session", method="POST", json=credentials).status_code == 200
    visitor.ask(f"/api/photos/{meter.put(3000)}/content")
    visitor.ask(f"/api/photos/{meter.put(3000)}/thumbnail")
    return visitor


def test_the_gallery_opened(meter: Meter, visitor: Api) -> None:
    """For the first time: the page to sign in and that of what is now, with every file that they
    load. Later visits load none of these, since browsers keep them."""
    sizes: dict[str, int] = {}

    def load(by: Api, page: str) -> None:
        reply = by.ask(page)
        sizes[page] = len(reply.content)
        for path in re.findall(r'<(?:link|script)[^>]* (?:src|href)="(/[^"]+)"', reply.text):
            if path not in sizes:
                file = by.ask(path)
                assert file.status_code == 200, path
                sizes[path] = len(file.content)

    def visit() -> None:
        stranger = Api(meter.api.backend)
        assert stranger.ask("/", allow_redirects=False).status_code == 303
        load(stranger, "/sign-in")
        load(visitor, "/")

    assert meter.count(visit) == EXPECTED.events["gallery opened"]
    assert sum(sizes.values()) <= EXPECTED.page_bytes < 2 * sum(sizes.values())


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ("looked at again", "/?tiles"),
        ("day opened", f"/days/{MOMENT:%Y-%m-%d}"),
        ("alerts opened", "/alerts"),
    ],
)
def test_a_page_opened(meter: Meter, visitor: Api, event: str, path: str) -> None:
    """With the session's, at most three requests to the tables. Once an hour one more records that
    somebody looked at a day."""
    counted = meter.count(lambda: visitor.ask(path))
    assert counted == EXPECTED.events[event]
    later = [meter.count(lambda: visitor.ask(path)) for _ in range(2)]  # an hour may begin
    assert min(one["table_requests"] for one in later) <= 3


@pytest.mark.slow
def test_a_photo_looked_at(meter: Meter, visitor: Api) -> None:
    """Its thumbnail, created and then shown again, and the photo in full, which the audit log
    records."""
    path = f"/api/photos/{meter.put(1003)}"
    page = path.removeprefix("/api")
    assert meter.count(lambda: visitor.ask(page)) == EXPECTED.events["page of a photo opened"]
    for event, part in (
        ("thumbnail made", "/thumbnail"),
        ("thumbnail shown", "/thumbnail"),
        ("photo opened", "/content"),
    ):
        assert meter.count(lambda part=part: visitor.ask(path + part)) == EXPECTED.events[event]  # type: ignore[misc]


def test_the_thumbnail_of_a_device_s_photo_is_never_made(meter: Meter, visitor: Api) -> None:
    """It is a part of the photo, from the first request on."""
    name = name_of(meter.camera, MOMENT + timedelta(seconds=5000))
    photo = jpeg_with_preview(jpeg(480, 360, quality=50), jpeg(1200, 900))
    assert meter.api.put(photo, photo_headers(name)).status_code == 201
    for _ in range(2):
        counted = meter.count(lambda: visitor.ask(f"/api/photos/{name}/thumbnail"))
        assert counted == EXPECTED.events["thumbnail shown"]


@pytest.mark.slow
def test_a_preview_costs_what_a_picture_does(meter: Meter, visitor: Api) -> None:
    """Of a clip only the part with its poster is read, in one request; of a raw picture its
    beginning and its end, one read more, the first time."""
    raw = io.BytesIO(pi_dng(size=(640, 480)))
    add_preview(raw, jpeg(480, 270), (480, 270))
    photos = (("video/mp4", mp4(cover=jpeg(480, 270)), 0), ("image/x-adobe-dng", raw.getvalue(), 1))
    for number, (kind, content, more) in enumerate(photos):
        name = name_of(meter.camera, MOMENT + timedelta(seconds=4000 + number))
        headers = {**photo_headers(name), "Content-Type": kind}
        assert meter.api.put(content, headers).status_code == 201
        path = f"/api/photos/{name}/thumbnail"
        made = EXPECTED.events["thumbnail made"]
        made = {**made, "blob_reads": made["blob_reads"] + more}
        for expected in (made, EXPECTED.events["thumbnail shown"]):
            assert meter.count(lambda: visitor.ask(path)) == expected  # noqa: B023


def test_a_photo_deleted(meter: Meter, visitor: Api) -> None:
    """It moves into the trash: its blob is marked, its rows and its count change; the audit log
    records it."""
    path = f"/api/photos/{meter.put(1004)}"
    backend = connect(Settings(meter.api.backend.connection_string))
    backend.index.count_photos(datetime.now(UTC) + timedelta(days=1))
    here = {"Origin": visitor.backend.base_url}
    counted = meter.count(lambda: visitor.ask(path, here, "DELETE"))
    assert counted == EXPECTED.events["photo deleted"]


def test_a_photo_whose_time_is_over(meter: Meter) -> None:
    """Retention deletes it; the request that finds it finds a hundred."""
    backend = connect(Settings(meter.api.backend.connection_string))
    name, tomorrow = parse_name(meter.put(1005)), datetime.now(UTC) + timedelta(days=1)
    backend.index.count_photos(tomorrow)  # by when it has long been counted
    arrived = backend.index.list_arrivals(meter.camera, tomorrow, 1000)
    (due,) = (one for one in arrived if one[1].name == name)
    assert meter.count(lambda: delete_due(due, backend)) == EXPECTED.events["photo's time over"]


def test_an_hour_in_which_no_photo_expires(meter: Meter) -> None:
    """Retention requests the cameras, those with old protected photos, and for each camera whether
    a photo is due."""
    backend = connect(Settings(meter.api.backend.connection_string))
    cameras = len(backend.index.cameras())
    counted = meter.count(lambda: clean_up(backend, datetime.now(UTC)))
    assert counted == {"table_requests": 2 + cameras}


def test_losses_reported(meter: Meter) -> None:
    """A hundred at once, none of which the backend has, nor has a report of."""
    key = {"x-functions-key": meter.api.backend.function_key}

    def report(days: int) -> None:
        before = MOMENT - timedelta(days=days)
        names = [name_of(meter.camera, before + timedelta(seconds=n)) for n in range(100)]
        body = alerts_to_json([Alert(name, LOSS, "no-room") for name in names])
        reply = meter.api.ask("/api/alerts", key, "POST", data=body)
        assert len(reply.json()["recorded"]) == 100

    report(1)  # the first one makes the table
    assert meter.count(lambda: report(2)) == EXPECTED.events["losses reported"]


def test_health(meter: Meter) -> None:
    asked = meter.count(lambda: meter.api.ask("/api/health"))
    assert asked == EXPECTED.events["health asked for"]


def test_how_often_pages_look_for_changes() -> None:
    script = (ROOT / "function_app/web/page/follow.js").read_text()
    assert f"const INTERVAL = {EXPECTED.seconds_between_looks}_000;" in script


def test_the_rows_of_a_photo(meter: Meter, store: Azurite) -> None:
    """Their size by Azure's formula for billing: 4 bytes and the keys in UTF-16, and for each
    property 8 bytes, its name and its text in UTF-16, and 4 more (texts)."""
    camera = f"{new_camera()}-of-32-letters"[:32]  # the longest name there may be
    assert meter.api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    table = Store(store.connection_string).table
    rows = [row for row in table.list_entities() if camera in row["RowKey"]]
    rows = [row for row in rows if not row["RowKey"].startswith("m~")]  # one for each camera
    sizes = []
    for row in rows:
        keys = len(row.pop("PartitionKey") + row.pop("RowKey"))
        texts = sum(8 + 2 * len(name) + 2 * len(text) + 4 for name, text in row.items())
        sizes.append(4 + 2 * keys + texts)
    assert 0.8 * EXPECTED.row_bytes_per_photo <= sum(sizes) <= EXPECTED.row_bytes_per_photo


@pytest.fixture(scope="module")
def device(meter: Meter) -> SigningDevice:
    """A device whose key and camera the backend knows, and which was asked for something before."""
    device = SigningDevice("house")
    put_signed(meter, device, "0" * 8)
    stores, now = connect(Settings(meter.api.backend.connection_string)), datetime.now(UTC)
    assert reply_for(stores, device.name, device.key, now).link
    return device


def put_signed(meter: Meter, device: SigningDevice, tag: str) -> None:
    """Store a photo that was taken on demand."""
    name, body = name_of(CAMERA, datetime.now(UTC), tag), jpeg(seed=int(tag, 16) % 1000)
    headers = {**photo_headers(name), "X-Trigger": "demand"}
    reply = meter.api.put(body, device.sign("PUT", UPLOAD_PATH, body, headers))
    assert reply.status_code == 201, reply.text


def test_an_idle_device_for_an_hour(meter: Meter) -> None:
    """Twelve heartbeats. The first one of an hour stores a row of history, and looks up each of
    its cameras again."""
    services = connect(Settings(meter.api.backend.connection_string))
    start = datetime(2026, 11, 20, 4, tzinfo=UTC)
    device = Device("idle-pi", services).introduce(start)
    record(services, device.caller(), heartbeat("idle"), start - timedelta(minutes=5))
    for minutes in range(0, 60, 5):

        def send(now: datetime = start + timedelta(minutes=minutes)) -> None:
            assert record(services, device.caller(), heartbeat("idle"), now).is_recorded

        event = "heartbeat" if minutes else "first heartbeat of an hour"
        assert {"executions": 1, **meter.count(send)} == EXPECTED.events[event]


@pytest.mark.slow  # it idles for an hour below
def test_an_idle_device_for_a_month() -> None:
    """Each request of 30 days, to tables that count; what the bill takes for them."""
    table = CountedTable()
    services = memory_services(Settings(""), devices=table)
    start = datetime(2026, 11, 1, tzinfo=UTC)
    device = Device("idle-pi", services).introduce(start)
    record(services, device.caller(), heartbeat("idle"), start - timedelta(minutes=5))
    table.requests.clear()
    for number in range(30 * 24 * 12):
        now = start + timedelta(minutes=5 * number)
        assert record(services, device.caller(), heartbeat("idle"), now).is_recorded
    first, other = (
        EXPECTED.events[event]["table_requests"]
        for event in ("first heartbeat of an hour", "heartbeat")
    )
    assert len(table.requests) == 720 * (first + 11 * other)


def test_a_photo_asked_for(
    meter: Meter, visitor: Api, device: SigningDevice, secrets_used: set[str]
) -> None:
    """A poll that finds nothing, the request of a person, and the photo that marks it done."""
    path = f"/api/cameras/{CAMERA}/capture"
    origin = {"Origin": visitor.backend.base_url}
    stores, now = connect(Settings(meter.api.backend.connection_string)), datetime.now(UTC)
    link = reply_for(stores, device.name, device.key, now).link
    assert link
    secrets_used.add(parse_qs(urlsplit(link.url).query)["sig"][0])
    polled = meter.count(lambda: requests.get(link.url, timeout=60))
    assert polled == EXPECTED.events["commands polled"]
    put_signed(meter, device, "1" * 8)  # the backend reads the device's rows once a minute
    asked: list[dict[str, Any]] = []

    def ask() -> None:
        reply = visitor.ask(path, origin, "POST")
        assert reply.status_code == 202, reply.text
        asked.append(reply.json())

    assert meter.count(ask) == EXPECTED.events["photo asked for"]
    tag = asked[0]["id"][:8]
    stored = meter.count(lambda: put_signed(meter, device, tag))
    assert stored == EXPECTED.events["photo of a command stored"]
    found = stores.commands.get(device.name, asked[0]["id"])
    assert found
    assert found.state is CommandState.DONE


def test_live_pictures(
    meter: Meter, visitor: Api, device: SigningDevice, secrets_used: set[str]
) -> None:
    """Looking for the first time in a while, and again; a picture sent and shown; the end."""
    look, live = (f"/api/cameras/{CAMERA}/{what}" for what in ("look", "live"))
    origin = {"Origin": visitor.backend.base_url}
    stores = connect(Settings(meter.api.backend.connection_string))

    def ask(method: str, path: str) -> None:
        assert visitor.ask(path, origin, method).status_code == 200

    assert visitor.ask(live).status_code == 204  # the backend reads the camera's once a minute
    first = meter.count(lambda: ask("POST", look))
    again = EXPECTED.events["camera looked at"]
    # The audit log, and the row by which the timer knows of the picture if the rest fails.
    assert first == {**again, "table_requests": again["table_requests"] + 2}
    url = stores.commands.read_blob(device.name).content.live[CAMERA].url
    secrets_used.add(parse_qs(urlsplit(url).query)["sig"][0])
    headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "image/jpeg"}
    sent = meter.count(lambda: requests.put(url, jpeg(), headers=headers, timeout=60))
    assert sent == EXPECTED.events["live picture sent"]
    assert meter.count(lambda: ask("GET", live)) == EXPECTED.events["live picture shown"]
    now = datetime.now(UTC)
    moments = (now + timedelta(minutes=5), now + timedelta(minutes=15))  # and when the link ended
    end = meter.count(lambda: [end_looking(stores, moment) for moment in moments])
    assert end == EXPECTED.events["looking over"]


@pytest.mark.slow
def test_the_minutely_timer(meter: Meter) -> None:
    """When nothing arrived; and what a photo adds to the runs that list it, until it is saved."""
    stores = connect(Settings(meter.api.backend.connection_string))
    # At noon, since a day that begins between two runs, or a photo that is its first, costs more.
    start = datetime.now(UTC).replace(hour=12) + timedelta(days=1)
    later = start + timedelta(minutes=10)

    def store(number: int, now: datetime) -> None:
        name = name_of(meter.camera, MOMENT + timedelta(seconds=number))
        store_photo(Upload(jpeg(seed=number), PhotoHeaders(name=name)), stores, DEVICE, now)

    def run(now: datetime) -> None:
        watch_devices(stores, now)
        update_figures(stores, now)
        end_looking(stores, now)

    store(1007, start)
    for _ in range(2):  # this photo, and all that other tests stored, is saved
        run(later)
    expected = EXPECTED.events["minutely count"]["table_requests"]
    assert meter.count(lambda: run(later)) == {"table_requests": expected}
    store(1008, later)
    runs = [later + timedelta(minutes=minute, seconds=1) for minute in range(7)]

    def run_all() -> None:
        for now in runs:
            run(now)

    more = EXPECTED.events["photo counted"]["table_requests"]
    assert meter.count(run_all) == {"table_requests": len(runs) * expected + more}


def test_the_hourly_timer(meter: Meter, visitor: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to delete: one request for each camera and each device, two more for a device
    whose hour it is, and some more. The visitor's sign-in is an attempt on record."""
    now = stop_clock(monkeypatch, datetime.now(UTC)).moment
    stores = connect(Settings(meter.api.backend.connection_string))
    cameras = len(stores.index.cameras())
    (run,) = [
        one.get_user_function()
        for one in build_app(lambda: stores).get_functions()
        if one.get_function_name() == "hourly_cleanup"
    ]
    for _ in range(2):  # then the lists of alerts by camera are complete
        run(None)
    devices = list_devices(stores.devices)
    of_this_hour = [one for one in devices if purge_hour(one) == now.hour]
    expected = EXPECTED.events["hourly cleanup"]["table_requests"] + cameras
    expected += len(devices) + 2 * len(of_this_hour)
    assert meter.count(partial(run, None)) == {"table_requests": expected}
