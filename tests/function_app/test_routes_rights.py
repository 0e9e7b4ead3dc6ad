"""All rights: every route, called with every kind of credentials, through the local host.

What each route requires is written here a second time, by hand: a new route fails until it is.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import azure.functions as func
import pytest

from function_app import build_app
from function_app.auth import links, passwords, sessions, tokens, users
from function_app.auth.caller import Role, Scope
from function_app.auth.provenance import Provenance
from function_app.devices.states import DeviceState
from function_app.routes import ROUTES
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage import account_keys, device_keys
from function_app.storage.command_rows import CommandRecord
from function_app.storage.models import Photo, StoredAlert
from local.host import Host
from local.server import Request
from photo_wire.alert import LOSS, Alert
from photo_wire.command import Command, Kind
from photo_wire.heartbeat import CameraState, Heartbeat
from photo_wire.media import Media
from photo_wire.signature import fingerprint, format_key
from tests.support.api import MOMENT, name_of
from tests.support.devices import add_device
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg

KEY, READ_TOKEN, ADMIN_TOKEN = "the-device-key", "the-read-token-of-all", "the-admin-token-of-all"
PASSWORD, SITE = "a good long password", "http://127.0.0.1:7071"
OURS, THEIRS = name_of("cam-a"), name_of("cam-b")
DEVICE_OF = {"cam-a": "cam-a", "cam-b": "pi-of-b"}
ALL = frozenset(Scope)
WAITING_KEY = b"\1" * 32
Headers = dict[str, str]
ORIGIN = Provenance("owner", "owner")


@dataclass(frozen=True)
class Identity:
    """A kind of caller: the headers they send, and what they may do."""

    headers: Callable[["World"], Headers]
    scopes: frozenset[Scope] = frozenset()
    cameras: frozenset[str] | None = None
    is_person: bool = False
    is_device: bool = False

    @property
    def is_known(self) -> bool:
        return bool(self.scopes)

    def may_see(self, camera: str) -> bool:
        return self.is_known and (self.cameras is None or camera in self.cameras)


@dataclass
class World:
    """A backend with a photo and an alert of each of two cameras, links, a person and a token."""

    backend: Services = field(
        default_factory=lambda: memory_services(
            Settings("", secrets=Secrets(READ_TOKEN, ADMIN_TOKEN, PASSWORD))
        )
    )
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    links: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (OURS, THEIRS):
            body = jpeg()
            photo = Photo(name, Media.JPEG, "ab" * 32, len(body), MOMENT)
            self.backend.blobs.add(photo, body)
            self.backend.index.add(photo, MOMENT)
            self.backend.alerts.add([StoredAlert(Alert(name, LOSS, "no-room"), MOMENT)])
            camera = name.camera
            heartbeat = Heartbeat(version="1", interval=300, cameras={camera: CameraState()})
            state = DeviceState(DEVICE_OF[camera], heartbeat, self.now, frozenset({camera}), None)
            self.backend.devices.insert(device_keys.STATES, state.device, state.to_properties())
        until = self.now + timedelta(hours=1)
        one = links.link_to_photo(OURS, until, ORIGIN)
        first, last = MOMENT - timedelta(minutes=1), MOMENT + timedelta(minutes=1)
        several = links.SharedLink("", links.TimeSpan("cam-a", first, last), until, ORIGIN)
        over = links.link_to_photo(OURS, self.now - timedelta(seconds=1), ORIGIN)
        for what, share in (("photo", one), ("event", several), ("over", over), ("revoked", one)):
            self.keys[what], self.links[what] = links.store(self.backend.accounts, share)
        links.revoke(self.backend.accounts, self.keys["revoked"])
        add_device(self.backend, "cam-a", ["cam-a"])
        wanted = CommandRecord(Command("0" * 32, Kind.PHOTO, until, "cam-a"), "owner", self.now)
        self.keys["command"] = self.backend.commands.ask("cam-a", wanted, self.now).command.id
        for key in (bytes(32), WAITING_KEY):
            self.backend.device_keys.meet("cam-a", format_key(key), 1, self.now)
        self.person("someone", Role.VIEWER, None)  # to be removed
        self.token("token-to-revoke", frozenset({Scope.READ}), None)

    def person(self, name: str, role: Role, cameras: frozenset[str] | None) -> users.User:
        person = users.User(name, role, kept_password(), cameras, "epoch", ORIGIN)
        self.backend.accounts.upsert(account_keys.USERS, name, person.to_properties())
        return person

    def session(
        self, name: str, role: Role, cameras: frozenset[str] | None = None, days: int = 0
    ) -> Headers:
        began = self.now - timedelta(days=days)
        value = sessions.create(self.backend.accounts, self.person(name, role, cameras), began)
        return cookie(str(value))

    def token(self, name: str, scopes: frozenset[Scope], cameras: frozenset[str] | None) -> Headers:
        secret = tokens.create(self.backend.accounts, name, tokens.Grant(scopes, cameras), self.now)
        return bearer(secret)

    def closed_session(self) -> Headers:
        headers = self.session("closer", Role.OWNER)
        sessions.end_all(self.backend.accounts, "closer")
        return headers

    def revoked_token(self) -> Headers:
        headers = self.token("revoked", ALL, None)
        tokens.revoke(self.backend.accounts, "revoked")
        return headers

    def disabled_token(self) -> Headers:
        headers = self.token("disabled", ALL, None)
        tokens.disable(
            self.backend.accounts, tokens.find_by_name(self.backend.accounts, "disabled")[0]
        )
        return headers

    def token_of_somebody_removed(self) -> Headers:
        session = self.session("leaver", Role.OWNER)
        content = {"name": "left-behind", "scopes": [*Scope][1:], "cameras": None}
        made = call(self.backend, "POST", "/api/tokens", session, content)
        gone = call(self.backend, "DELETE", "/api/people/leaver", bearer(ADMIN_TOKEN))
        assert (made.status_code, gone.status_code) == (201, 200)
        return bearer(json.loads(made.get_body())["token"])


@cache
def kept_password() -> str:
    """Return what is stored of PASSWORD."""
    return passwords.hash_password(PASSWORD)


def bearer(secret: str) -> Headers:
    return {"authorization": f"Bearer {secret}"}


def cookie(value: str) -> Headers:
    return {"cookie": f"nightjar_session={value}", "origin": SITE}


A, B, NONE = frozenset({"cam-a"}), frozenset({"cam-b"}), frozenset[str]()
READ = frozenset({Scope.READ})
IDENTITIES = {
    "owner": Identity(lambda w: w.session("owner", Role.OWNER), ALL, is_person=True),
    "co-owner": Identity(lambda w: w.session("anna", Role.OWNER), ALL, is_person=True),
    "viewer of all": Identity(lambda w: w.session("vera", Role.VIEWER), READ, is_person=True),
    "viewer of A": Identity(lambda w: w.session("vera", Role.VIEWER, A), READ, A, True),
    "viewer of B": Identity(lambda w: w.session("vera", Role.VIEWER, B), READ, B, True),
    "viewer of none": Identity(lambda w: w.session("vera", Role.VIEWER, NONE), READ, NONE, True),
    "the read token": Identity(lambda w: bearer(READ_TOKEN), READ),
    "the admin token": Identity(lambda w: bearer(ADMIN_TOKEN), ALL),
    "token to upload for A": Identity(
        lambda w: w.token("t", frozenset({Scope.UPLOAD}), A), frozenset({Scope.UPLOAD}), A
    ),
    "token to read all": Identity(lambda w: w.token("t", READ, None), READ),
    "token to read A": Identity(lambda w: w.token("t", READ, A), READ, A),
    "token to read B": Identity(lambda w: w.token("t", READ, B), READ, B),
    "token to read none": Identity(lambda w: w.token("t", READ, NONE), READ, NONE),
    "token to delete A's": Identity(
        lambda w: w.token("t", frozenset({Scope.DELETE}), A), frozenset({Scope.DELETE}), A
    ),
    "token to delete B's": Identity(
        lambda w: w.token("t", frozenset({Scope.DELETE}), B), frozenset({Scope.DELETE}), B
    ),
    "admin token alone": Identity(
        lambda w: w.token("t", frozenset({Scope.ADMIN}), None), frozenset({Scope.ADMIN})
    ),
    "old admin token of A": Identity(lambda w: w.token("t", ALL, A), ALL, A),
    "device": Identity(lambda w: {"x-functions-key": KEY}, is_device=True),
    "nobody": Identity(lambda w: {}),
    "expired session": Identity(lambda w: w.session("late", Role.OWNER, days=15)),
    "closed session": Identity(World.closed_session),
    "revoked token": Identity(World.revoked_token),
    "token that is being revoked": Identity(World.disabled_token),
    "token of somebody removed": Identity(World.token_of_somebody_removed),
    "invented session": Identity(lambda w: cookie("owner.secret")),
    "invented token": Identity(lambda w: bearer("nj_" + "A" * 43)),
    "device key as a token": Identity(lambda w: bearer(KEY)),
    "wrong device key": Identity(lambda w: {"x-functions-key": "wrong"}),
    "link as a token": Identity(lambda w: bearer(w.links["photo"])),
    "session of another site": Identity(
        lambda w: {**w.session("owner", Role.OWNER), "origin": "https://evil.example"},
        ALL,
        is_person=True,
    ),
}

NEEDS: dict[str, object] = {
    "put_photo": "device",
    "post_alerts": "device",
    "post_known": "device",
    "post_heartbeat": "signed device",
    "post_photo": Scope.UPLOAD,
    **dict.fromkeys(("list_photos", "list_cameras", "list_days", "list_alerts"), Scope.READ),
    **dict.fromkeys(("list_events", "get_stats", "get_status", "get_session"), Scope.READ),
    **dict.fromkeys(("get_photo", "get_content", "get_thumbnail"), Scope.READ),
    **dict.fromkeys(("delete_photo", "delete_photos"), Scope.DELETE),
    **dict.fromkeys(("list_shares", "make_share", "revoke_share"), Scope.ADMIN),
    **dict.fromkeys(("run_cleanup", "run_repair", "list_accesses"), Scope.ADMIN),
    **dict.fromkeys(("list_people", "add_person", "remove_person"), Scope.ADMIN),
    **dict.fromkeys(("list_tokens", "make_token", "revoke_token"), Scope.ADMIN),
    **dict.fromkeys(("list_keys", "decide_key"), Scope.ADMIN),
    **dict.fromkeys(("post_capture", "post_clip", "post_command"), Scope.CONTROL),
    **dict.fromkeys(("list_commands", "get_command", "get_logs"), Scope.CONTROL),
    **dict.fromkeys(("post_look", "get_live", "get_timeline"), Scope.READ),
    **dict.fromkeys(("list_devices", "get_device", "get_device_history"), Scope.READ),
    **dict.fromkeys(("get_device_pins", "get_camera_status"), Scope.READ),
    **dict.fromkeys(("delete_camera", "delete_device"), Scope.ADMIN),
    **dict.fromkeys(("close_session", "close_all_sessions", "change_password"), "person"),
    **dict.fromkeys(("list_shared", "get_shared", "get_shared_content"), "public"),
    **dict.fromkeys(("get_health", "get_openapi", "get_docs", "get_page"), "public"),
    **dict.fromkeys(("open_session", "post_to_device_route"), "public"),
}
OF_A_CAMERA = {
    *("get_photo", "get_content", "get_thumbnail", "delete_photo"),
    *("post_capture", "post_clip", "get_command", "post_look", "get_live", "get_timeline"),
    *("get_device", "get_device_history", "get_device_pins", "get_camera_status"),
}
OF_ALL_CAMERAS = {"post_command", "list_commands", "get_logs"}
BODIES: dict[str, object] = {
    "delete_photos": {"ids": [str(OURS), str(THEIRS)]},
    "make_share": {"photo": str(OURS)},
    "open_session": {"password": PASSWORD},
    "change_password": {"old": PASSWORD, "new": "another good password"},
    "add_person": {"name": "new", "password": PASSWORD, "role": "viewer"},
    "make_token": {"name": "new", "scopes": ["read"]},
    "post_known": {"ids": [str(THEIRS)]},  # whose camera has no device with a key
    "post_alerts": {"alerts": []},
    "post_command": {"kind": "restart"},
    "decide_key": {"fingerprint": fingerprint(WAITING_KEY)},
    "post_heartbeat": {"version": "1", "interval": 300},
}
CALLS = [(route.name, method) for route in ROUTES for method in route.methods]


def path_of(name: str, world: World) -> str:
    path = "/" + next(route.path for route in ROUTES if route.name == name)
    path = path.replace("{id}", str(OURS)).replace("{secret}", world.links["photo"])
    path = path.replace("{key}", world.keys["event"]).replace("{*path}", "")
    path = path.replace("{device}", "cam-a").replace("{command}", world.keys["command"])
    of = {"remove_person": "someone", "delete_camera": "cam-a"}.get(name, "token-to-revoke")
    path = path.replace("{name}", of).replace("{camera}", "cam-a")
    return path + ("?camera=cam-a" if name == "list_events" else "")


class SwitchableHost:
    """The local host, in front of one backend after another."""

    def __init__(self) -> None:
        self.backend: Services | None = None
        self.host = Host(build_app(self._backend).get_functions(), [KEY])

    def _backend(self) -> Services:
        assert self.backend
        return self.backend


@cache
def shared_host() -> SwitchableHost:
    return SwitchableHost()


def call(
    backend: Services, method: str, path: str, headers: Headers, content: object = None
) -> func.HttpResponse:
    shared_host().backend = backend
    body = (
        content
        if isinstance(content, bytes)
        else b""
        if content is None
        else json.dumps(content).encode()
    )
    where, _, query = path.partition("?")
    params = dict(one.split("=") for one in query.split("&") if one)
    return shared_host().host.handle(Request(method, SITE + path, where, params, headers, body))


def expected(name: str, method: str, who: str) -> int | None:
    """Return the status with which a caller is refused; None if they are not."""
    identity, needed = IDENTITIES[who], NEEDS[name]
    if needed == "public":
        return None
    if needed == "device":
        return None if identity.is_device else 401
    if needed == "signed device":
        return 403 if identity.is_device else 401
    if not identity.is_known:
        return 401
    if who == "session of another site" and method not in ("GET", "HEAD"):
        return 403
    if needed == "person":
        return None if identity.is_person else 403
    if needed not in identity.scopes:
        return 403
    if needed is Scope.ADMIN and identity.cameras is not None:
        return 403
    if name in OF_ALL_CAMERAS and identity.cameras is not None:
        return 403
    return 404 if name in OF_A_CAMERA and not identity.may_see("cam-a") else None


@pytest.mark.parametrize("who", IDENTITIES)
def test_every_route_accepts_the_right_callers_and_refuses_all_others(who: str) -> None:
    """Each call has a backend of its own, since many change something."""
    for name, method in CALLS:
        world = World()
        headers = {**IDENTITIES[who].headers(world)}
        content = BODIES.get(name)
        if name in ("post_photo", "put_photo"):
            content, headers["content-type"] = jpeg(seed=2), "image/jpeg"
        reply = call(world.backend, method, path_of(name, world), headers, content)
        expected_status = expected(name, method, who)
        description = f"{who} {method} {name}: {reply.status_code} {reply.get_body()[:200]!r}"
        if expected_status is not None:
            assert reply.status_code == expected_status, description
        elif NEEDS[name] == "public":
            assert reply.status_code in (200, 400, 403, 405), description
        else:
            assert reply.status_code in (200, 201, 202, 204), description
        if expected_status in (401, 403, 404):
            assert_unchanged(world)


def assert_unchanged(world: World) -> None:
    """A refused caller has changed nothing."""
    assert {name for name in (OURS, THEIRS) if world.backend.index.get(name)} == {OURS, THEIRS}
    (command,) = world.backend.commands.newest("cam-a", 10, "")
    assert command.command.id == world.keys["command"]
    assert users.find(world.backend.accounts, "someone")
    assert tokens.find_by_name(world.backend.accounts, "token-to-revoke")
    assert {one.key for one in links.list_links(world.backend.accounts)} >= {
        world.keys["photo"],
        world.keys["event"],
    }


@pytest.mark.parametrize("who", [one for one in IDENTITIES if IDENTITIES[one].scopes])
def test_no_response_names_a_camera_that_the_caller_may_not_see(who: str) -> None:
    """No list, no statistic and no problem."""
    identity, world = IDENTITIES[who], World()
    headers = identity.headers(world)
    for name, method in CALLS:
        if method != "GET" or NEEDS[name] != Scope.READ or "{id}" in name:
            continue
        path = "/" + next(route.path for route in ROUTES if route.name == name)
        for camera in ("cam-a", "cam-b"):
            one = path.replace("{id}", str(name_of(camera)))
            one = one.replace("{camera}", camera).replace("{device}", DEVICE_OF[camera])
            reply = call(world.backend, method, one, headers)
            shown = reply.get_body()
            for other in ("cam-a", "cam-b"):
                if not identity.may_see(other) and other != camera:
                    assert other.encode() not in shown, f"{who} {path}"
                if not identity.may_see(camera) and "{" in path:
                    assert reply.status_code in (403, 404)


def photos_by_link(world: World, what: str) -> Iterator[str]:
    """Yield which photos' bytes a link opens."""
    others = [name_of("cam-a", MOMENT + timedelta(minutes=n), f"{n:08x}") for n in (1, 2)]
    for name in others:
        photo = Photo(name, Media.JPEG, "ab" * 32, len(jpeg()), MOMENT)
        world.backend.blobs.add(photo, jpeg())
        world.backend.index.add(photo, MOMENT)
    for number, name in enumerate([OURS, THEIRS, *others]):
        path = f"/api/shared/{world.links[what]}/{name}/content"
        reply = call(world.backend, "GET", path, {})
        assert reply.status_code in (200, 404)
        if reply.status_code == 200:
            yield ("ours", "theirs", "a minute later", "two minutes later")[number]


@pytest.mark.parametrize(
    ("what", "opened"),
    [("photo", ["ours"]), ("event", ["ours", "a minute later"]), ("over", []), ("revoked", [])],
)
def test_a_link_opens_its_photos_and_no_others(what: str, opened: list[str]) -> None:
    """By their bytes, in the list, and on the page."""
    world = World()
    assert list(photos_by_link(world, what)) == opened
    listed = call(world.backend, "GET", f"/api/shared/{world.links[what]}", {})
    page = call(world.backend, "GET", f"/shared/{world.links[what]}", {})
    assert listed.status_code == page.status_code == (200 if opened else 404)
    for reply in (listed, page):
        assert b"cam-b" not in reply.get_body()
    if opened:
        assert len(json.loads(listed.get_body())["photos"]) == len(opened)


def test_what_each_route_requires_is_written_here() -> None:
    """Add a new route to NEEDS, and remove a deleted one."""
    assert NEEDS.keys() == {route.name for route in ROUTES}
    assert len(IDENTITIES) >= 18
