"""Where each person signed in: the network of their address and the family of their browser. A
sign-in from a network or a browser that is not among those of the last 90 days is from a new
place. A person has one row, which is as long as MAX_PLACES places."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from function_app.auth.client_address import client_address, logged_network
from function_app.storage.account_keys import PLACES
from function_app.storage.table_store import TableStore
from photo_wire.moment import format_time, parse_time

REMEMBERED_FOR = timedelta(days=90)
MAX_PLACES = 50  # of a person; a new one replaces the one that was not seen for the longest time
OTHER_PROGRAM = "another program"  # the family of what is no known browser. Persisted.
_ATTEMPTS = 5  # each means that another sign-in changed the row
# In this order: most browsers name those after them, too.
_FAMILIES: Mapping[str, str] = {
    r"Edg(e|A|iOS)?/": "Edge",
    r"OPR/|Opera": "Opera",
    r"SamsungBrowser/": "Samsung Internet",
    r"Firefox/|FxiOS/": "Firefox",
    r"Chrome/|CriOS/": "Chrome",
    r"Safari/": "Safari",
}
_SYSTEMS: Mapping[str, str] = {
    r"Android": "Android",  # which names Linux, too
    r"iPhone|iPod": "iOS",
    r"iPad": "iPadOS",
    r"Windows": "Windows",
    r"CrOS": "ChromeOS",
    r"Macintosh|Mac OS X": "macOS",  # an iPad, too, unless it asks for the mobile site
    r"Linux": "Linux",
}


class Client(NamedTuple):
    """What somebody signed in with: the network of its address (such as 192.0.2.0/24; "" if it is
    not known), and the families of its browser and its operating system."""

    network: str
    browser: str
    system: str


class Place(NamedTuple):
    """A network (such as 192.0.2.0/24; "" if it is not known) and a browser, and when somebody last
    signed in from there."""

    network: str
    browser: str
    seen_at: datetime


def browser_family(user_agent: str) -> str:
    """Return the family of the browser that sent this User-Agent header."""
    for pattern, family in _FAMILIES.items():
        if re.search(pattern, user_agent):
            return family
    return OTHER_PROGRAM


def system_family(user_agent: str) -> str:
    """Return the family of the operating system that this User-Agent header names; "" if none."""
    for pattern, family in _SYSTEMS.items():
        if re.search(pattern, user_agent):
            return family
    return ""


def client_of(headers: Mapping[str, str], trusted_proxies: int) -> Client:
    """Return the client that sent a request with these headers."""
    user_agent = headers.get("User-Agent") or ""
    network = logged_network(client_address(headers, trusted_proxies))
    return Client(network, browser_family(user_agent), system_family(user_agent))


def is_new(table: TableStore, person: str, network: str, browser: str, now: datetime) -> bool:
    """Return whether a sign-in is from a new place. The first one is not. One request. Raises
    StorageUnavailableError."""
    row = table.get(PLACES, person)
    known = _recent(row.properties, now) if row else []
    networks, browsers = {one.network for one in known}, {one.browser for one in known}
    return bool(known) and (network not in networks or browser not in browsers)


def note(table: TableStore, person: str, network: str, browser: str, now: datetime) -> None:
    """Remember that a person signed in from here. Two requests. Raises StorageUnavailableError."""
    for _ in range(_ATTEMPTS):
        row = table.get(PLACES, person)
        known = _recent(row.properties, now) if row else []
        others = [one for one in known if (one.network, one.browser) != (network, browser)]
        places = sorted([*others, Place(network, browser, now)], key=lambda one: one.seen_at)
        properties = {
            "places": json.dumps(
                [
                    [one.network, one.browser, format_time(one.seen_at)]
                    for one in places[-MAX_PLACES:]
                ]
            )
        }
        if row is None and table.insert(PLACES, person, properties):
            return
        if row is not None and table.replace(PLACES, row, properties):
            return


def forget(table: TableStore, person: str) -> None:
    """Forget where a person signed in. Raises StorageUnavailableError."""
    table.remove(PLACES, person)


def _recent(properties: Mapping[str, str], now: datetime) -> list[Place]:
    """Return the places of the last 90 days. A row that somebody changed by hand has none."""
    with suppress(KeyError, ValueError, TypeError):
        places = [
            Place(network, browser, parse_time(seen_at))
            for network, browser, seen_at in json.loads(properties["places"])
        ]
        return [one for one in places if now - one.seen_at < REMEMBERED_FOR]
    return []
