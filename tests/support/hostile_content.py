"""A backend in which each text that a device or a person can set is markup that would run a script:
through the front door, and in rows as another version or somebody in Storage Explorer wrote them.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from function_app.auth import passkeys, passwords, tokens, users
from function_app.auth.caller import Role, Scope
from function_app.auth.passkeys import Passkey
from function_app.auth.provenance import Provenance
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage import account_keys
from function_app.storage.models import Photo, Sender
from photo_wire.alert import ALERTS_PATH, DISK, LOSS, Alert, alerts_to_json
from photo_wire.camera_state import CameraState, PinState
from photo_wire.command import CommandResult, CommandState
from photo_wire.headers import FUNCTION_KEY
from photo_wire.heartbeat import heartbeat_path
from photo_wire.media import Media
from photo_wire.name import PhotoName, new_name
from tests.support.api import Api, name_of, photo_headers
from tests.support.backend import Backend
from tests.support.devices import heartbeat
from tests.support.pictures import jpeg, jpeg_with_exif
from tests.support.signing_device import SigningDevice

MARKUP = "\"'></script><img id=ran src=x onerror=ran()>"
IN_URLS = "javascript:ran()//"
CAMERA, DEVICE = "gate", "house"
NAME = "vera"  # of a person and of a token, whose pages have it in their addresses
_EXIF_TEXTS = (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298)
_CAN = ("photo", "clip", "live")


class HostileContent:
    """Fills a backend at `fill`. `photo` is the newest, `link` the secret of a shared link,
    and `key` that link's key."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.now = datetime.now(UTC)
        self.photo: PhotoName = name_of(CAMERA, self.now - timedelta(minutes=1))
        self.link = self.key = ""
        self._services = connect(Settings(backend.connection_string))
        self._owner = requests.Session()
        self._owner.headers["Origin"] = backend.base_url

    def fill(self) -> None:
        """Store all of it."""
        self._sign_in()
        self._add_photos()
        self._report()
        self._add_accounts()
        self.backend.count()

    @property
    def values(self) -> dict[str, str]:
        """What the addresses of pages name, for `page_paths`."""
        return {
            "id": str(self.photo),
            "date": f"{self.photo.captured_at:%Y-%m-%d}",
            "camera": CAMERA,
            "device": DEVICE,
            "name": NAME,
            "key": self.key,
        }

    def ask(self, method: str, path: str, body: object) -> Any:
        """Ask as the owner; return the JSON of the response."""
        reply = self._owner.request(method, self.backend.base_url + path, json=body, timeout=90)
        assert reply.ok, f"{method} {path}: {reply.text}"
        return reply.json()

    def read_page(self, path: str, language: str) -> str:
        """Return the page at a path, as the owner's browser in this language gets it."""
        headers = {"Accept": "text/html", "Accept-Language": language}
        return self._owner.get(self.backend.base_url + path, headers=headers, timeout=90).text

    def _sign_in(self) -> None:
        self._owner.headers["User-Agent"] = f"{MARKUP} Firefox/1{MARKUP}"
        body = {"name": "owner", "password": self.backend.password}
        self.ask("POST", "/api/session", body)

    def _add_photos(self) -> None:
        """A photo whose EXIF says it, one whose columns do, and one in the trash."""
        api, texts = Api(self.backend), dict.fromkeys(_EXIF_TEXTS, MARKUP)
        picture = jpeg_with_exif({0xA434: MARKUP, 0x9003: MARKUP}, first=dict(texts))
        trashed = name_of(CAMERA, self.now - timedelta(hours=3))
        for name in (self.photo, trashed):
            assert api.put(picture, photo_headers(name)).status_code == 201
        self.ask("POST", "/api/photos/delete", {"ids": [str(trashed)]})
        body = jpeg(640, 480, 2)
        for hours in (0, 24 * 3):
            name = new_name(CAMERA, self.now - timedelta(hours=hours, minutes=2))
            photo = Photo(name, Media.JPEG, "ab" * 32, len(body), self.now, MARKUP, MARKUP, MARKUP)
            photo = replace(photo, sender=Sender("unknown", MARKUP, "0" * 16))
            self._services.blobs.add(photo, body)
            self._services.index.add(photo, self.now)
        made = self.ask("POST", "/api/shares", {"photo": str(self.photo)})
        self.key, self.link = made["key"], made["url"].rpartition("/")[2]

    def _report(self) -> None:
        """The state of a device, what became of its commands, and alerts."""
        device = SigningDevice(DEVICE)
        pins = (PinState(4, MARKUP, True),)
        state = CameraState(
            source=MARKUP, armed=True, failing=MARKUP, failures=2, pins=pins, can=_CAN
        )
        parts: dict[str, Any] = {"version": MARKUP, "site": MARKUP, "cameras": {CAMERA: state}}
        self._send(device, **parts)
        results = []
        for kind, final in (("logs", "done"), ("doctor", "done"), ("restart", "refused")):
            asked = self.ask("POST", f"/api/devices/{DEVICE}/commands", {"kind": kind})
            output = f"{MARKUP}\n{IN_URLS}" if final == "done" else ""
            results.append(CommandResult(asked["id"], CommandState(final), MARKUP, (), output))
        self._send(device, **parts, commands=tuple(results))
        self._send(SigningDevice("shed"), **parts | {"cameras": {}}, goodbye=MARKUP)
        details: dict[str, str | int] = {"file": MARKUP, "device": MARKUP}
        lost = name_of(CAMERA, self.now - timedelta(hours=5))
        alerts = [Alert(lost, kind, MARKUP, details) for kind in (LOSS, DISK, "later-kind")]
        reply = requests.post(
            self.backend.base_url + ALERTS_PATH,
            data=alerts_to_json(alerts),
            headers={FUNCTION_KEY: self.backend.function_key},
            timeout=90,
        )
        assert reply.ok, reply.text

    def _send(self, device: SigningDevice, **parts: Any) -> None:
        path, body = heartbeat_path(device.name), heartbeat(**parts).to_json()
        reply = requests.post(
            self.backend.base_url + path,
            data=body,
            headers={FUNCTION_KEY: self.backend.function_key, **device.sign("POST", path, body)},
            timeout=90,
        )
        assert reply.ok, reply.text

    def _add_accounts(self) -> None:
        """People, tokens, passkeys, places, channels and entries of the audit log."""
        rows, origin = self._services.accounts, Provenance(MARKUP, MARKUP)
        name = MARKUP.replace("/", "|")  # a key of a row cannot have this character
        person = users.User(name, Role.VIEWER, passwords.hash_password(MARKUP), None, "", origin)
        rows.upsert(account_keys.USERS, name, person.to_properties())
        users.add(rows, NAME, MARKUP, Role.VIEWER, None)
        for one in (MARKUP, NAME):
            tokens.create(rows, one, tokens.Grant(frozenset({Scope.READ})), self.now, origin)
        passkeys.add(rows, Passkey("owner", MARKUP, "of the owner", "key", "host", 0, self.now))
        for kind, target in (("view", MARKUP), (MARKUP, MARKUP)):
            self._services.audit_log.record({"User-Agent": MARKUP}, MARKUP, kind, target)
        channel = {
            "label": MARKUP[:60],
            "kind": "webhook",
            "address": f"https://a.example/?{IN_URLS}",
        }
        self.ask("POST", "/api/notifications/channels", channel)
