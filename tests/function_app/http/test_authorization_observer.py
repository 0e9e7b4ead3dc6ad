"""Whoever may see some cameras gets the same replies, byte for byte, whatever the others do."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

import azure.functions as func
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.auth import links, sessions, tokens, users
from function_app.auth.caller import Role, Scope
from function_app.auth.provenance import Provenance
from function_app.devices.heartbeats import record
from function_app.devices.live import live_path
from function_app.http.authorization import Access
from function_app.http.dispatch import handle
from function_app.http.responses import render
from function_app.maintenance.counting import update_figures
from function_app.maintenance.deletion import delete
from function_app.routes import ROUTES
from function_app.services import Services, connect
from function_app.settings import Secrets, Settings
from function_app.storage import account_keys
from function_app.storage.models import Photo, StoredAlert
from function_app.timer_watch import COUNT, record_run
from local.azurite import Azurite
from local.routes import Route as Template
from photo_wire.alert import ALERTS_PATH, LOSS, QUARANTINE, Alert, alerts_to_json
from photo_wire.camera_state import CameraState
from photo_wire.heartbeat import Heartbeat, SpoolState
from photo_wire.media import Media
from photo_wire.moment import format_time
from photo_wire.motion import Label, Motion
from photo_wire.name import PhotoName
from tests.support.api import Api, name_of, new_camera, photo_headers
from tests.support.devices import Device, bind, heartbeat
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg

OWN, OTHERS = ("mine", "mine-2"), ("mine-1", "other", "zz")
SIGHTS = [frozenset({"mine"}), frozenset(OWN), frozenset({*OWN, "nowhere"}), frozenset[str]()]
SHA256 = "ab" * 32
SHARED = "pi-of-two"  # the device of a camera of its own and of one that it may not see
A_DAY = "from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z"

Answer = tuple[int, Mapping[str, str], bytes]
Ask = Callable[[str, str, Mapping[str, str], bytes], Answer]
"""Asks by a method for a path, with headers and a body."""


@dataclass(frozen=True)
class Event:
    """What happens at a camera: a photo, an alert, a deletion, or that somebody may see it."""

    camera: str
    what: str
    at: int  # milliseconds
    number: int

    def name(self, start: datetime) -> PhotoName:
        moment = start + timedelta(milliseconds=self.at)
        return name_of(self.camera, moment, f"{self.number:08x}")


EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from([*OWN, *OTHERS, *OTHERS]),
        st.sampled_from(
            [*["photo"] * 3, "alert", "alert", "delete", "share", "live", "heartbeat", "heartbeat"]
        ),
        st.sampled_from([0, 1, 2, 1_000, 61_000, 3_600_000]),
        st.integers(0, 3),
    ),
    max_size=30,
)


def play(events: list[Event], start: datetime) -> Services:
    """A backend at which these happened, a millisecond after one another. The last count was before
    the last of them."""
    backend = memory_services(Settings("", secrets=Secrets(gallery_password="the owner's first")))
    devices: dict[str, Device] = {}
    for number, event in enumerate(sorted(events, key=lambda one: one.at)):
        now, name = start + timedelta(minutes=1, milliseconds=event.at), event.name(start)
        trigger = ("motion", "gpio", None)[event.number % 3]
        motion = Motion() if event.number == 3 else None  # then it is a stub
        labels = (Label("person", 0.9),) if event.number == 2 else ()
        photo = Photo(name, Media.JPEG, SHA256, 3, now, trigger, motion=motion, labels=labels)
        match event.what:
            case "photo":
                backend.blobs.add(photo, b"abc")
                backend.index.add(photo, now, waiting=event.number)
            case "alert":
                alert = Alert(name, (LOSS, QUARANTINE)[event.number % 2], "no-room")
                backend.alerts.add([StoredAlert(alert, now)])
            case "delete":
                if listed := backend.index.get(name):
                    delete(listed, backend, deleted_at=now)
            case "live":
                name_of_device = device_of(event.camera)
                devices.setdefault(name_of_device, Device(name_of_device, backend)).introduce(now)
                bind(backend, event.camera, name_of_device)
                backend.device_blobs.write(live_path(event.camera), jpeg(), "image/jpeg")
            case "heartbeat":
                name_of_device = device_of(event.camera)
                device = devices.setdefault(name_of_device, Device(name_of_device, backend))
                if name_of_device != SHARED or event.camera in OWN:  # whose times it may see
                    record(backend, device.introduce(now).caller(), report(event, number), now)
            case "share":
                links.store(backend.accounts, links.link_to_photo(name, now, Provenance("owner")))
                limited = frozenset({event.camera})
                tokens.create(
                    backend.accounts,
                    f"t{event.camera}{number}",
                    tokens.Grant(frozenset(Scope), limited),
                    now,
                )
    update_figures(backend, start + timedelta(minutes=30))
    return backend


def device_of(camera: str) -> str:
    """The device of a camera."""
    return SHARED if camera in (OWN[0], OTHERS[0]) else f"pi-of-{camera}"


def report(event: Event, number: int) -> Heartbeat:
    """A heartbeat of the camera's device. The `number` of events so far is that of all cameras."""
    reported = heartbeat(event.camera, uptime=event.number)
    if device_of(event.camera) != SHARED:
        return reported
    failing = CameraState(
        failing=f"failure {number}",
        failures=number,
        last_photo=NOW,
        masks=(((0, 0), (number % 100, 0), (50, 50)),),
        omitted_polygons=number % 100 or None,
    )
    return replace(
        reported,
        cameras={**reported.cameras, OTHERS[0]: failing},
        spool=SpoolState(waiting=number),
        losses=number,
        quarantine=number,
        sent_this_month=number,
        temperature=float(number),
        disk_free=number,
        cpu=float(number),
        site="a site",
    )


def asks(backend: Services) -> Ask:
    """Asks the handlers, as the host does."""

    def ask(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        parts = urlsplit(path)
        for route in ROUTES:
            found = Template(route.path).match(parts.path)
            if found is not None and method in route.methods and route.path != "{*path}":
                break
        params = dict(parse_qsl(parts.query))
        req = func.HttpRequest(
            method,
            f"https://nightjar.example{path}",
            headers=headers,
            params=params,
            route_params=found,
            body=body,
        )
        reply = render(handle(route, req, lambda: backend), method)
        return reply.status_code, dict(reply.headers), reply.get_body()

    return ask


@dataclass
class Observer:
    """Asks for everything that a reader may ask for, with these headers; `names` are photos, some
    of cameras that it may not see."""

    ask: Ask
    headers: Mapping[str, str]
    cameras: tuple[str, ...]
    names: tuple[PhotoName, ...]
    limits: tuple[int, ...] = (1, 3)
    span: str = A_DAY
    seen: dict[str, Answer] = field(default_factory=dict)

    def look(self) -> dict[str, Answer]:
        """Every reply, by what was asked for."""
        for path in self._lists():
            self._walk(path)
        for path in self._others():
            self._get(path)
        for name in self.names:
            etag = {"If-None-Match": "*"}
            for end in ("", "/content", "/thumbnail"):
                self._get(f"/api/photos/{name}{end}")
                self._get(f"/api/photos/{name}{end}", etag)
        return self.seen

    def _lists(self) -> Iterator[str]:
        which = ["", *(f"&camera={camera}" for camera in self.cameras)]
        for limit in self.limits:
            for camera in which:
                yield f"/api/alerts?limit={limit}{camera}"
                yield f"/api/alerts?limit={limit}{camera}&kind=loss"
                for more in (
                    "",
                    "&order=oldest",
                    "&trigger=gpio",
                    "&stubs=include",
                    "&stubs=only&label=person",
                    "&time_from=00:00&time_to=23:59",
                ):
                    yield f"/api/photos?limit={limit}{camera}{more}"
            for camera in which[1:]:
                yield f"/api/events?limit={limit}{camera}"

    def _others(self) -> Iterator[str]:
        yield from ("/api/cameras", "/api/cameras?counts=none", "/api/days", "/api/stats")
        yield from ("/api/status", "/api/session", "/api/events", "/api/health", "/api/people")
        yield from ("/api/tokens", "/api/shares", "/api/accesses", "/api/openapi.json")
        for camera in self.cameras:
            yield from (f"/api/days?camera={camera}", f"/api/stats?camera={camera}&days=9")
            yield f"/api/cameras/{camera}/status"
            for end in ("", "/history", "/pins"):
                yield f"/api/devices/{device_of(camera)}{end}"
            yield f"/api/cameras/{camera}/timeline?{self.span}"
            yield f"/api/lanes?camera={camera}&{self.span}"
        yield f"/api/lanes?{self.span}"
        yield "/api/devices"

    def _walk(self, path: str) -> None:
        """All pages of a list."""
        cursor = ""
        while cursor is not None:
            _, _, body = self._get(path + (cursor and f"&{urlencode({'cursor': cursor})}"))
            cursor = json.loads(body).get("next_cursor")

    def _get(self, path: str, more: Mapping[str, str] | None = None) -> Answer:
        status, headers, body = self.ask("GET", path, {**self.headers, **(more or {})}, b"")
        kept = {name: text for name, text in headers.items() if name.lower() != "date"}
        self.seen[f"{path} {more or ''}"] = (status, kept, body)
        return status, headers, body


def observe(backend: Services, cameras: frozenset[str], start: datetime) -> dict[str, Answer]:
    """What somebody sees who may see these cameras and look, and delete there."""
    person = users.User("vera", Role.VIEWER, "", cameras)
    backend.accounts.upsert(account_keys.USERS, person.name, person.to_properties())
    value = sessions.create(backend.accounts, person, datetime.now(UTC))
    headers = {"Cookie": f"__Host-nightjar_session={value}; __Secure-nightjar_session={value}"}
    names = [
        Event(camera, "photo", at, number).name(start)
        for camera in ("mine", "other")
        for at in (0, 1_000)
        for number in (0, 1)
    ]
    ask = asks(backend)
    span = urlencode({"from": format_time(start), "to": format_time(start + timedelta(hours=2))})
    seen = Observer(ask, headers, (*OWN, *OTHERS), tuple(names), span=span).look()
    secret = tokens.create(
        backend.accounts, "cleaner", tokens.Grant(frozenset(Scope), cameras), start
    )
    bearer = {"Authorization": f"Bearer {secret}"}
    for name in names:
        if name.camera not in cameras:
            ids = json.dumps({"ids": [str(name)]}).encode()
            seen[f"DELETE {name}"] = ask("DELETE", f"/api/photos/{name}", bearer, b"")
            seen[f"delete {name}"] = ask("POST", "/api/photos/delete", bearer, ids)
    for camera in sorted({*OWN, *OTHERS} - cameras):
        for method, what in (("GET", "live"), ("POST", "look"), ("POST", "capture")):
            path = f"/api/cameras/{camera}/{what}"
            seen[f"{path} {method}"] = ask(method, path, bearer, b"")
    return seen


@given(EVENTS, st.sampled_from(SIGHTS))
@settings(max_examples=settings().max_examples // 5)
def test_responses_do_not_depend_on_hidden_cameras(
    events: list[Event], cameras: frozenset[str]
) -> None:
    """Two runs: one with everything that happened, one without what happened at cameras that the
    observer may not see."""
    own = [event for event in events if event.camera in cameras]
    while True:
        today = datetime.now(UTC)
        start = today - timedelta(hours=3)
        found = [observe(play(some, start), cameras, start) for some in (own, events)]
        if datetime.now(UTC).date() == today.date():  # else "today" changed between the two
            break
    assert found[0] == found[1]
    assert len(found[0]) > 100


@pytest.mark.slow
def test_responses_over_http_do_not_depend_on_hidden_cameras(api: Api, azurite: Azurite) -> None:
    """Headers and all, with a real store."""
    while True:
        today = datetime.now(UTC).date()
        before, after = looks_over_http(api, azurite)
        if datetime.now(UTC).date() == today:  # else "today" changed between the two
            break
    assert after == before
    assert {status for status, _, _ in before.values()} == {200, 304, 400, 403, 404}


def looks_over_http(api: Api, azurite: Azurite) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """What somebody sees before and after photos, alerts, deletions and rights of a camera whose
    photos lie among those of its own."""
    own, other = new_camera(), new_camera()
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    times = [start + timedelta(seconds=second) for second in range(6)]
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    key = {"x-functions-key": api.backend.function_key}

    def happen(camera: str, moments: list[datetime]) -> list[PhotoName]:
        names = [name_of(camera, moment) for moment in moments]
        for name in names:
            assert api.put(jpeg(seed=1), photo_headers(name)).status_code == 201
        alerts = alerts_to_json([Alert(name, LOSS, "no-room") for name in names])
        assert api.ask(ALERTS_PATH, key, "POST", data=alerts).status_code == 200
        return names

    mine = happen(own, times[::2])
    rows = connect(Settings(azurite.connection_string)).accounts
    person = users.add(rows, own, "a good password", Role.VIEWER, frozenset({own, f"{own}-2"}))
    cookie = {"Cookie": f"nightjar_session={sessions.create(rows, person, datetime.now(UTC))}"}

    def ask(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        reply = api.ask(path, headers, method, data=body)
        return reply.status_code, dict(reply.headers), reply.content

    def count() -> None:
        """As if each count were at the same moment, which every response says."""
        api.backend.count()
        record_run(rows, COUNT, start)

    theirs = name_of(other, times[1])
    names = (mine[0], theirs)
    api.thumbnail(mine[0])  # made now, so that no request gets 503
    count()
    before = Observer(ask, cookie, (own, other), names, (2,)).look()
    happen(other, times[1::2])  # three, of which one is deleted again
    for path, body in (
        ("/api/shares", {"photo": str(theirs)}),
        ("/api/tokens", {"name": other, "scopes": ["read"], "cameras": [other]}),
    ):
        assert api.ask(path, admin, "POST", json=body).status_code == 201
    assert api.ask(f"/api/photos/{theirs}", admin, "DELETE").status_code == 204
    count()
    return before, Observer(ask, cookie, (own, other), names, (2,)).look()


def test_the_observer_covers_all_routes_of_a_reader() -> None:
    """A new route for readers is one more that it has to ask for."""
    backend = play([], datetime.now(UTC))
    paths = [path.split()[0].partition("?")[0] for path in observe(backend, SIGHTS[0], NOW)]
    for route in ROUTES:
        if route.access is Access.READER:
            assert any(Template(route.path).match(path) is not None for path in paths), route.path


NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("cameras", SIGHTS)
def test_the_page_of_a_hidden_camera_is_empty(cameras: frozenset[str]) -> None:
    """Without a cursor, however much there is of it."""
    events = [Event("other", what, 1_000 * n, n) for n in range(200) for what in ("photo", "alert")]
    backend = play(events, NOW)
    ask = asks(backend)
    secret = tokens.create(
        backend.accounts, "reader", tokens.Grant(frozenset({Scope.READ}), cameras), NOW
    )
    for path in ("photos", "events", "alerts"):
        bearer = {"Authorization": f"Bearer {secret}"}
        _, _, body = ask("GET", f"/api/{path}?camera=other&limit=2", bearer, b"")
        assert json.loads(body) == {path: [], "next_cursor": None}
