"""All rights: every route, called with every kind of credentials, through the local host.

What each route requires is written here a second time, by hand: a new route fails until it is.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import urlencode

import azure.functions as func
import pytest
from webauthn.helpers import bytes_to_base64url

from function_app import build_app
from function_app.auth import challenges, links, passkeys, passwords, sessions, tokens, totp, users
from function_app.auth.caller import Role, Scope
from function_app.auth.passkeys import Passkey
from function_app.auth.provenance import Provenance
from function_app.devices.states import DeviceState
from function_app.maintenance.trash import move_to_trash
from function_app.notify import channels
from function_app.notify.notification import Address
from function_app.notify.rules import Rule
from function_app.origins import hostname_of
from function_app.routes import ROUTES
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage import account_keys, device_keys
from function_app.storage.command_rows import CommandRecord
from function_app.storage.models import Photo, StoredAlert
from function_app.storage.table_store import TableStore
from local.host import Host
from local.server import Request
from photo_wire.alert import LOSS, Alert
from photo_wire.command import Command, Kind
from photo_wire.heartbeat import CameraState, Heartbeat
from photo_wire.media import Media
from photo_wire.signature import fingerprint, format_key
from tests.support.api import MOMENT, name_of
from tests.support.authenticator_app import code_of
from tests.support.contents import contents
from tests.support.devices import add_device
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg
from tests.support.soft_authenticator import SoftAuthenticator

KEY, READ_TOKEN, ADMIN_TOKEN = "the-device-key", "the-read-token-of-all", "the-admin-token-of-all"
PASSWORD, SITE = "a good long password", "http://127.0.0.1:7071"
OURS, THEIRS = name_of("cam-a"), name_of("cam-b")
TRASHED = name_of("cam-a", MOMENT - timedelta(hours=1))
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
        for name in (OURS, THEIRS, TRASHED):
            body = jpeg()
            photo = Photo(name, Media.JPEG, "ab" * 32, len(body), MOMENT)
            self.backend.blobs.add(photo, body)
            self.backend.index.add(photo, MOMENT)
            self.backend.thumbnails.write(photo, body)  # or a process would make it
            if name == TRASHED:
                move_to_trash(photo, self.backend, self.now)
                continue
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
        someone = self.person("someone", Role.VIEWER, None)  # to be removed
        value = str(sessions.create(self.backend.accounts, someone, self.now))
        self.keys["session of someone"] = key_of(value)
        enroll(self.backend.accounts, "someone")
        self.keys["channel"] = self.channel("someone")
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
        self.keys["channel"] = self.channel(name)
        self.keys["session"], self.keys["person"] = key_of(str(value)), name
        passkey = Passkey(name, "theirs", f"of {name}", "key", "host", 0, self.now)
        passkeys.add(self.backend.accounts, passkey)
        self.keys["passkey"] = passkey.id
        return cookie(str(value))

    def channel(self, owner: str) -> str:
        """Add a channel whose address is not allowed, so that its test sends nothing."""
        address = Address("webhook", "https://192.168.0.1/secret-path", "whsec_secret")
        made = channels.new_channel(owner, f"{owner}'s", address, self.now)
        channels.create(self.backend, made, self.now)
        return made.id

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


def enroll(accounts: TableStore, name: str) -> str:
    """Have a person sign in with codes. Return one that is not used up."""
    secret, now = totp.begin(accounts, name), datetime.now(UTC)
    assert totp.confirm(accounts, name, code_of(secret, now), now)
    return code_of(secret, now, 1)


def key_of(session: str) -> str:
    """Return the key of the session whose cookie has this value."""
    return passwords.hash_secret(session.rpartition(".")[2])


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
    **dict.fromkeys(("delete_photo", "delete_photos", "restore_photos"), Scope.DELETE),
    **dict.fromkeys(("protect_photos", "correct_stubs", "list_trash"), Scope.DELETE),
    **dict.fromkeys(("get_trashed_content", "get_trashed_thumbnail"), Scope.DELETE),
    **dict.fromkeys(("list_shares", "make_share", "revoke_share"), Scope.ADMIN),
    **dict.fromkeys(("run_cleanup", "run_repair", "list_accesses"), Scope.ADMIN),
    **dict.fromkeys(("list_people", "add_person", "remove_person"), Scope.ADMIN),
    **dict.fromkeys(("change_person", "set_password_of_person"), Scope.ADMIN),
    **dict.fromkeys(("list_tokens", "make_token", "revoke_token"), Scope.ADMIN),
    **dict.fromkeys(("list_keys", "decide_key"), Scope.ADMIN),
    **dict.fromkeys(("post_capture", "post_clip", "post_command"), Scope.CONTROL),
    **dict.fromkeys(("list_commands", "get_command", "get_logs"), Scope.CONTROL),
    **dict.fromkeys(("post_look", "get_live", "get_timeline"), Scope.READ),
    "get_lanes": Scope.READ,
    **dict.fromkeys(("list_devices", "get_device", "get_device_history"), Scope.READ),
    **dict.fromkeys(("get_device_pins", "get_camera_status"), Scope.READ),
    **dict.fromkeys(("delete_camera", "delete_device"), Scope.ADMIN),
    **dict.fromkeys(("list_sessions_of_person", "end_session_of_person"), Scope.ADMIN),
    **dict.fromkeys(("close_session", "close_all_sessions", "change_password"), "person"),
    **dict.fromkeys(("list_sessions", "end_session"), "person"),
    **dict.fromkeys(("get_totp", "begin_totp", "confirm_totp", "remove_totp"), "person"),
    "remove_totp_of_person": Scope.ADMIN,
    **dict.fromkeys(("list_passkeys", "begin_passkey", "add_passkey", "remove_passkey"), "person"),
    **dict.fromkeys(("begin_passkey_sign_in", "open_session_by_passkey"), "public"),
    **dict.fromkeys(("list_channels", "make_channel", "change_channel"), "person"),
    **dict.fromkeys(("remove_channel", "send_test", "snooze", "get_push_key"), "person"),
    "list_deliveries": "person",
    **dict.fromkeys(("list_shared", "get_shared", "get_shared_content"), "public"),
    **dict.fromkeys(("get_health", "get_openapi", "get_docs", "get_page"), "public"),
    **dict.fromkeys(("open_session", "post_to_device_route", "get_preflight"), "public"),
    **dict.fromkeys(("get_sign_in", "post_sign_in", "post_sign_out"), "public"),
    **dict.fromkeys(("get_photos", "get_display_page", "post_display"), "page"),
    "get_account_page": "page",
    **dict.fromkeys(("get_devices_page", "get_notifications_page", "get_live_page"), "page"),
    "post_alerts_seen": "page",
    **dict.fromkeys(("get_photo_page",), "page"),
    **dict.fromkeys(("get_days", "get_day", "get_trash_page", "download_chosen"), "page"),
    **dict.fromkeys(("get_device_page", "post_device_command", "post_device_key"), "page"),
    **dict.fromkeys(("post_snooze", "post_channel", "post_rule"), "page"),
    **dict.fromkeys(("post_channel_action", "post_live_photo"), "page"),
    **dict.fromkeys(("get_settings_page", "get_cameras_page", "get_retention_page"), "page"),
    **dict.fromkeys(("get_people_page", "post_person", "get_person_page"), "page"),
    **dict.fromkeys(("post_person_rights", "post_person_password"), "page"),
    **dict.fromkeys(("get_person_removal", "post_person_removal", "get_links_page"), "page"),
    **dict.fromkeys(("get_person_sign_ins", "post_person_session_end"), "page"),
    "post_person_app_removal": "page",
    **dict.fromkeys(("get_link_revocation", "post_link_revocation"), "page"),
    **dict.fromkeys(("get_tokens_page", "post_token", "get_audit_log_page"), "page"),
    **dict.fromkeys(("get_token_removal", "post_token_removal"), "page"),
    **dict.fromkeys(("get_camera_removal", "post_camera_removal"), "page"),
    **dict.fromkeys(("get_statistics", "get_statistics_hours"), "page"),
    "get_statistics_devices": "page",
    **dict.fromkeys(("delete_chosen", "restore_chosen", "protect_chosen", "share_chosen"), "page"),
    "correct_chosen": "page",
    "get_alerts_page": "page",
}
OF_A_CAMERA = {
    *("get_photo", "get_content", "get_thumbnail", "delete_photo"),
    *("get_trashed_content", "get_trashed_thumbnail"),
    *("post_capture", "post_clip", "get_command", "post_look", "get_live", "get_timeline"),
    *("get_device", "get_device_history", "get_device_pins", "get_camera_status", "get_live_page"),
    *("get_photo_page", "get_device_page", "post_live_photo"),
}
# Pages that are there only for who has a permission.
PAGES_OF = {
    **dict.fromkeys(("get_trash_page", "delete_chosen", "restore_chosen"), Scope.DELETE),
    **dict.fromkeys(("protect_chosen", "correct_chosen"), Scope.DELETE),
    "post_device_command": Scope.CONTROL,
    "post_device_key": Scope.ADMIN,
    "post_live_photo": Scope.CONTROL,
}
OF_OWNERS = {
    *("get_people_page", "post_person", "get_person_page", "post_person_rights"),
    *("post_person_password", "get_person_removal", "post_person_removal"),
    *("get_person_sign_ins", "post_person_session_end", "post_person_app_removal"),
    *("get_links_page", "get_link_revocation", "post_link_revocation"),
    *("get_tokens_page", "post_token", "get_token_removal", "post_token_removal"),
    *("get_audit_log_page", "get_camera_removal", "post_camera_removal", "share_chosen"),
}
OF_PROGRAMS = {"get_logs"}  # a GET that asks a device: no link does so with a session
OF_ALL_CAMERAS = {"post_command", "list_commands", "get_logs"}
BODIES: dict[str, object] = {
    "delete_photos": {"ids": [str(OURS), str(THEIRS)]},
    "restore_photos": {"ids": [str(TRASHED), str(OURS)]},
    "protect_photos": {"ids": [str(OURS), str(THEIRS)], "protected": True},
    "correct_stubs": {"ids": [str(OURS), str(THEIRS)]},
    "make_share": {"photo": str(OURS)},
    "open_session": {"password": PASSWORD},
    **dict.fromkeys(
        ("delete_chosen", "protect_chosen", "download_chosen", "share_chosen", "correct_chosen"),
        urlencode({"ids": str(OURS)}).encode(),
    ),
    "restore_chosen": urlencode({"ids": str(TRASHED)}).encode(),
    "post_sign_in": urlencode({"name": "owner", "password": PASSWORD}).encode(),
    "post_alerts_seen": urlencode({"until": "2026-11-20T12:01:34Z"}).encode(),
    "change_password": {"old": PASSWORD, "new": "another good password"},
    "add_person": {"name": "new", "password": PASSWORD, "role": "viewer"},
    "make_token": {"name": "new", "scopes": ["read"]},
    "change_person": {"role": "viewer", "cameras": ["cam-a"]},
    "set_password_of_person": {"password": PASSWORD},
    "post_known": {"ids": [str(THEIRS)]},  # whose camera has no device with a key
    "post_alerts": {"alerts": []},
    "post_command": {"kind": "restart"},
    "post_device_command": urlencode({"ask": "restart"}).encode(),
    "post_device_key": urlencode({"decision": f"approve {fingerprint(WAITING_KEY)}"}).encode(),
    "decide_key": {"fingerprint": fingerprint(WAITING_KEY)},
    "post_heartbeat": {"version": "1", "interval": 300},
    "post_snooze": urlencode({"camera": "", "minutes": "60"}).encode(),
    "post_channel": urlencode({"label": "mine", "address": "ntfys://topic"}).encode(),
    "post_rule": urlencode({"label": "another name", "all-cameras": "1", "interval": "5"}).encode()
    + b"&zone=UTC",
    "post_channel_action": b"do=off",
    "make_channel": {"label": "mine", "kind": "webhook", "address": "https://example.org/"},
    "change_channel": {"label": "another name"},
    "post_person": urlencode({"name": "new", "password": PASSWORD, "role": "viewer"}).encode()
    + b"&cameras=all",
    "post_person_rights": b"role=viewer&cameras=all",
    "post_person_password": urlencode({"password": PASSWORD}).encode(),
    "post_token": urlencode({"name": "new", "scope": "read", "cameras": "all"}).encode(),
}
CALLS = [(route.name, method) for route in ROUTES for method in route.methods]


def path_of(name: str, world: World) -> str:
    path = "/" + next(route.path for route in ROUTES if route.name == name)
    if name in ("get_trashed_content", "get_trashed_thumbnail"):
        path = path.replace("{id}", str(TRASHED))
    path = path.replace("{id}", str(OURS)).replace("{secret}", world.links["photo"])
    path = path.replace("{channel}", world.keys["channel"]).replace("{date}", "2026-11-20")
    path = path.replace("{key}", world.keys["event"]).replace("{*path}", "")
    path = path.replace("{device}", "cam-a").replace("{command}", world.keys["command"])
    path = path.replace("{passkey}", world.keys.get("passkey", "0" * 64))
    session = "session of someone" if "{name}" in path else "session"
    path = path.replace("{session}", world.keys.get(session, "0" * 64))
    of_token = ("revoke_token", "get_token_removal", "post_token_removal")
    of = "token-to-revoke" if name in of_token else "someone"
    of = "cam-a" if name == "delete_camera" else of
    path = path.replace("{name}", of).replace("{camera}", "cam-a")
    return path + ("?camera=cam-a" if name == "list_events" else "")


def content_of(name: str, world: World) -> object:
    """Return the body of a call. That with a code is of the caller's own app."""
    accounts, person = world.backend.accounts, world.keys.get("person", "nobody")
    if name == "post_person_session_end":
        return urlencode({"session": world.keys["session of someone"]}).encode()
    if name == "confirm_totp":
        return {"code": code_of(totp.begin(accounts, person), datetime.now(UTC))}
    if name == "remove_totp":
        totp.remove(accounts, person)
        return {"password": PASSWORD, "code": enroll(accounts, person)}
    if name == "add_passkey":
        challenge = challenges.create(accounts, world.keys.get("session", ""), SITE, world.now)
        user = {"id": bytes_to_base64url(passkeys.user_handle(person))}
        options = {"challenge": challenge, "user": user, "rp": {"id": hostname_of(SITE)}}
        return {"label": "mine", "credential": SoftAuthenticator().create(options, SITE)}
    return BODIES.get(name)


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
    if needed == "page" and not identity.is_person:
        return 303
    if not identity.is_known:
        return 401
    if who == "session of another site" and method not in ("GET", "HEAD"):
        return 403
    if name in PAGES_OF and PAGES_OF[name] not in identity.scopes:
        return 404
    if name in OF_OWNERS and Scope.ADMIN not in identity.scopes:
        return 404
    if needed == "person":
        return None if identity.is_person else 403
    if needed != "page" and needed not in identity.scopes:
        return 403
    if needed is Scope.ADMIN and identity.cameras is not None:
        return 403
    if name in OF_ALL_CAMERAS and identity.cameras is not None:
        return 403
    if name in OF_PROGRAMS and identity.is_person:
        return 403
    return 404 if name in OF_A_CAMERA and not identity.may_see("cam-a") else None


@pytest.mark.parametrize("who", IDENTITIES)
def test_every_route_accepts_the_right_callers_and_refuses_all_others(who: str) -> None:
    """A backend serves calls until one is accepted, which may have changed something."""
    world = None
    for name, method in CALLS:
        if world is None:
            world = World()
            credentials = IDENTITIES[who].headers(world)
        headers = {**credentials}
        content = content_of(name, world)
        if name in ("post_photo", "put_photo"):
            content, headers["content-type"] = jpeg(seed=2), "image/jpeg"
        reply = call(world.backend, method, path_of(name, world), headers, content)
        expected_status = expected(name, method, who)
        description = f"{who} {method} {name}: {reply.status_code} {reply.get_body()[:200]!r}"
        if expected_status is not None:
            assert reply.status_code == expected_status, description
            if expected_status == 303:
                assert str(reply.headers["Location"]).startswith("/sign-in"), description
        elif NEEDS[name] == "public":
            assert reply.status_code in (200, 303, 400, 403, 405), description
        else:
            assert reply.status_code in (200, 201, 202, 204, 303), description
        if expected_status in (303, 401, 403, 404):
            assert_unchanged(world)
        else:
            world = None


def assert_unchanged(world: World) -> None:
    """A refused caller has changed nothing."""
    assert {name for name in (OURS, THEIRS) if world.backend.index.get(name)} == {OURS, THEIRS}
    trashed = world.backend.index.get_trashed(TRASHED)
    assert trashed
    assert world.backend.blobs.find_or_tombstone(TRASHED, Media.JPEG) == trashed
    (command,) = world.backend.commands.newest("cam-a", 10, "")
    assert command.command.id == world.keys["command"]
    assert users.find(world.backend.accounts, "someone")
    assert totp.find(world.backend.accounts, "someone")
    assert sessions.list_sessions(world.backend.accounts, "someone", world.now)
    (channel,) = channels.list_channels(world.backend.notifications, "someone")
    assert (channel.label, channel.rule) == ("someone's", Rule())
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


# What a GET may write: when a session was used last, how often a link was opened, who looked at
# what, and at the first time the key of this backend's notifications. A process remembers some.
WRITTEN_BY_GET = re.compile(
    r"audit_log|photo_views|redacted_photos|accounts\.kept\[\('(sessions|shares)"
    r"|.*\('KEYS', 'vapid'\)"
)


def test_a_get_changes_nothing() -> None:
    """Whatever its query says: a link in a message, or a picture on another page, does no harm."""
    world = World()
    headers = IDENTITIES["owner"].headers(world)
    queries = ["", "?for_good=true&ids=" + str(OURS), "?go=newest&seek=older&part=&tiles="]
    for name, method in CALLS:
        for query in queries if method in ("GET", "HEAD") else []:
            before = contents(world.backend)
            path = path_of(name, world)
            call(world.backend, method, path.partition("?")[0] + query, headers)
            after = contents(world.backend)
            changed = {place for place in before | after if before.get(place) != after.get(place)}
            assert {one for one in changed if not WRITTEN_BY_GET.match(one)} == set(), name


def test_what_each_route_requires_is_written_here() -> None:
    """Add a new route to NEEDS, and remove a deleted one."""
    assert NEEDS.keys() == {route.name for route in ROUTES}
    assert len(IDENTITIES) >= 18
