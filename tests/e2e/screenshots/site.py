"""The pictured site: a backend in memory over what story.py tells, with people, tokens, links,
channels and a trash."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from function_app.maintenance.counting import update_figures
from function_app.notification_queue.messages import (
    AlertMessage,
    Message,
    PhotoMessage,
    format_message,
)
from function_app.notify import channels
from function_app.notify.handling import handle
from function_app.notify.notification import (
    Address,
    Notification,
    Outcome,
    Result,
    Send,
    Trust,
)
from function_app.notify.rules import Rule
from function_app.notify.sending import Tools
from function_app.services import Services
from function_app.settings import Secrets, Settings
from function_app.storage.models import StoredAlert, alert_key
from photo_wire.name import PhotoName, new_name
from tests.e2e.screenshots.story import Story, tell
from tests.support.computed_photos import served
from tests.support.memory_store import memory_services

PASSWORD = "a good long password"
BROWSER_ENDPOINT = "https://fcm.googleapis.com/fcm/send/a-secret"  # of the owner's phone
BROWSERS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0",
)


@dataclass
class Site:
    """A backend at `address`, and what is in it."""

    services: Services
    address: str
    session: requests.Session = field(default_factory=requests.Session)
    password: str = PASSWORD

    def begin(self) -> Story:
        """Return a story of nothing yet."""
        return Story(self.services, datetime.now(UTC).replace(microsecond=0))

    def sign_in(self, name: str = "owner", browser: str = "") -> None:
        """Sign in as this person, from here on."""
        self.session = requests.Session()
        self.session.headers.update({"Origin": self.address, "User-Agent": browser or BROWSERS[1]})
        self.ask("POST", "/api/session", {"name": name, "password": PASSWORD})

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask as whoever is signed in; return the JSON of the response."""
        reply = self.session.request(method, self.address + path, json=body, timeout=90)
        assert reply.ok, f"{method} {path}: {reply.text}"
        return reply.json() if reply.content else None


@contextmanager
def empty_site(**members: Any) -> Iterator[Site]:
    """Serve a backend with nothing in it, which has an owner."""
    services = memory_services(Settings("", secrets=Secrets(gallery_password=PASSWORD)), **members)
    with served(lambda: services) as address:
        yield Site(services, address)


@dataclass
class FullSite:
    """The site, what happened there, and the addresses of what people made there."""

    site: Site
    story: Story
    link: str = ""
    link_key: str = ""
    gone: dict[str, PhotoName] = field(default_factory=dict)  # photos by what became of them

    @property
    def address(self) -> str:
        return self.site.address


@contextmanager
def full_site() -> Iterator[FullSite]:
    """Serve it."""
    with empty_site() as site:
        full = FullSite(site, tell(site.services, datetime.now(UTC).replace(microsecond=0)))
        _add_people(full)
        _share(full)
        _delete(full)
        _notify(full)
        yield full


def _add_people(full: FullSite) -> None:
    """A viewer and another owner, who are signed in, and two tokens."""
    site = full.site
    site.sign_in()
    for name, role, cameras in (("vera", "viewer", ["gate", "drive"]), ("martin", "owner", None)):
        person = {"name": name, "password": PASSWORD, "role": role, "cameras": cameras}
        site.ask("POST", "/api/people", person)
        site.sign_in(name, BROWSERS[0])
        site.ask("GET", "/api/photos?limit=1")
        site.sign_in()
    for name, scopes, cameras in (
        ("backup", ["read"], None),
        ("doorbell", ["upload"], ["entry"]),
    ):
        site.ask("POST", "/api/tokens", {"name": name, "scopes": scopes, "cameras": cameras})


def _share(full: FullSite) -> None:
    """A link to an event, which was opened, and one to a photo, which was not."""
    site, story = full.site, full.story
    ids = [str(name) for name in story.burst]
    made = site.ask("POST", "/api/shares", {"photos": ids, "hours": 168})
    full.link, full.link_key = made["url"], made["key"]
    for _ in range(3):
        assert requests.get(full.link, timeout=90).ok
    site.ask("POST", "/api/shares", {"photo": str(story.photos["drive"][0])})


def _delete(full: FullSite) -> None:
    """Three photos in the trash, and one deleted for good."""
    site, story = full.site, full.story
    some = [story.photos["entry"][0], story.photos["entry"][1], story.photos["drive"][1]]
    site.ask("POST", "/api/photos/delete", {"ids": [str(one) for one in some]})
    forgotten = story.add("gate", story.day - timedelta(days=1))
    site.ask("POST", "/api/photos/delete?for_good=true", {"ids": [str(forgotten)]})
    update_figures(site.services, story.now + timedelta(minutes=7))
    full.gone = {
        "trash": some[0],
        "deleted": forgotten,
        "lost": story.lost,
        "unknown": new_name("gate", story.day, "0" * 8),
    }


def _notify(full: FullSite) -> None:
    """Two channels of the owner, of which one fails, and one of a viewer; and what was sent."""
    services, now = full.site.services, full.story.now
    made = now - timedelta(days=12)
    browser = {"endpoint": BROWSER_ENDPOINT, "keys": {}}
    for owner, label, address in (
        ("owner", "My phone", Address("webpush", json.dumps(browser))),
        ("owner", "ntfy", Address("apprise", "ntfys://a-secret-topic")),
        ("vera", "Vera's mail", Address("apprise", "mailtos://vera:secret@mail.example")),
    ):
        channel = channels.new_channel(owner, label, address, made, Rule(zone="Europe/Berlin"))
        channels.create(services, channel, made)
    messages: list[Message] = [
        AlertMessage(one.alert.name, one.alert.kind, alert_key(one)) for one in _alerts(services)
    ]
    messages += [PhotoMessage(name, now) for name in full.story.photos["gate"][-3:]]
    tools = Tools(_open_sender, lambda: now)
    for message in messages:
        handle(services, format_message(message), now, tools)


def _alerts(services: Services) -> list[StoredAlert]:
    return [one for one in services.alerts.newest(20, None) if not one.is_joined]


@contextmanager
def _open_sender(person: str, trust: Trust) -> Iterator[Send]:
    yield _send


def _send(address: Address, notification: Notification) -> Result:
    if "ntfy" in address.text and notification.kind != "photo":
        return Result(Outcome.RETRY, "it did not answer within 10 s")
    return Result(Outcome.SENT)
