"""Everybody who may call the backend, and something of everything that it keeps, of two cameras."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import azure.functions as func

from function_app import build_app
from function_app.auth import links, passkeys, passwords, sessions, tokens, totp, users
from function_app.auth.caller import Role, Scope
from function_app.auth.passkeys import Passkey
from function_app.auth.provenance import Provenance
from function_app.devices.states import DeviceState
from function_app.maintenance.trash import move_to_trash
from function_app.notify import channels
from function_app.notify.notification import Address
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage import account_keys, device_keys
from function_app.storage.command_rows import CommandRecord
from function_app.storage.models import Photo, StoredAlert
from function_app.storage.table_store import TableStore
from local.host import Host
from local.server import Request
from photo_wire.alert import LOSS, Alert
from photo_wire.camera_state import CameraState
from photo_wire.command import Command, Kind
from photo_wire.heartbeat import Heartbeat
from photo_wire.media import Media
from photo_wire.signature import format_key
from tests.support.api import MOMENT, name_of
from tests.support.authenticator_app import code_of
from tests.support.devices import add_device
from tests.support.memory_store import memory_services
from tests.support.pictures import jpeg

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
            self.backend.device_keys.record_key("cam-a", format_key(key), 1, self.now)
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
