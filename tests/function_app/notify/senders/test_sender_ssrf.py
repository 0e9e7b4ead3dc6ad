"""Addresses that lead where they should not: each reaches nothing.

Each is tried as a person would, through the check of addresses, and without that check. A canary on
loopback counts connections. For other places the reply says that the guard refused them: nothing is
sent into a network.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from function_app.notify.notification import Address, Outcome
from function_app.notify.senders import hosts
from function_app.notify.senders.addresses import (
    AddressRules,
    address_problem,
    new_webhook_secret,
)
from function_app.notify.senders.process import SendProcess
from function_app.notify.senders.sender import Sender, _job
from function_app.private_networks import LOOPBACK_NETWORKS, is_loopback
from function_app.settings import Network
from tests.support.fake_resolver import command
from tests.support.fault_server import FaultServer
from tests.support.faults import redirect
from tests.support.memory_store import MemoryTable
from tests.support.push_service import Browser
from tests.support.receivers import Inbox, notification

PUBLIC = "93.184.216.34"  # never connected to: fake_resolver.py refuses it
# Names, and what they resolve to, one list for each time.
NAMES: dict[str, list[list[str]]] = {
    "localhost": [["127.0.0.1"]] * 99,
    "localhost.": [["127.0.0.1", "::1"]] * 99,
    "LOCALHOST.": [["127.0.0.1"]] * 9,
    "private.example": [["10.1.2.3"]] * 99,
    "loopback.example": [["127.0.0.1"]] * 99,
    "loopback6.example": [["::1"]] * 99,
    "metadata.example": [["169.254.169.254"]] * 99,
    "platform.example": [["168.63.129.16"]] * 99,
    "alias.example": [["172.16.0.1"]] * 99,  # a CNAME to a private name looks like this
    "both.example": [[PUBLIC, "127.0.0.1"]] * 99,
    "turns.example": [[PUBLIC], ["127.0.0.1"], ["::1"], ["10.0.0.1"]] * 999,
    "mapped.example": [["::ffff:127.0.0.1"]] * 99,
    "nat64.example": [["64:ff9b::7f00:1"]] * 99,
    "trailing.example.": [["192.168.1.1"]] * 99,
    "xn--bcher-kva.example": [["192.168.1.2"]] * 99,  # bücher.example
}
HOSTS = (
    *("127.0.0.1", "127.8.9.1", "[::1]", "[::]", "0.0.0.0"),  # noqa: S104
    *("10.0.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "192.0.0.8", "198.18.0.1"),
    *("169.254.169.254", "168.63.129.16", "240.0.0.1", "255.255.255.255", "224.0.0.1"),
    *("[fd00::1]", "[fe80::1]", "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]"),
    *("[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]", "[::ffff:a9fe:a9fe]"),
    *("[64:ff9b::7f00:1]", "[64:ff9b:1::1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]"),
    *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "017700000001"),
    *("１２７.0.0.1", "①②⑦.⓪.⓪.①", "ⓛocalhost"),  # noqa: RUF001
    *(name for name in NAMES if not name.startswith(("xn--", "LOCAL"))),
    "bücher.example",
)
SECRET = new_webhook_secret()


class Canary:
    """Counts connections to a port of 127.0.0.1 and ::1."""

    def __init__(self) -> None:
        self.connections = 0
        self._listeners = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self._listeners[0].getsockname()[1]
        with suppress(OSError):  # a machine without IPv6
            self._listeners.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listener in self._listeners:
            threading.Thread(target=self._count, args=(listener,), daemon=True).start()

    def _count(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connected, _ = listener.accept()
                self.connections += 1
                connected.close()

    def reached(self) -> int:
        """Return how many connections there were since the last call. One of its own comes last:
        when that is counted, all before it are."""
        with closing(socket.create_connection(("127.0.0.1", self.port))) as own:
            own.recv(1)
        count, self.connections = self.connections - 1, 0
        return count

    def close(self) -> None:
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    one = Canary()
    yield one
    one.close()


@pytest.fixture(scope="module")
def on_azure() -> Iterator[Sender]:
    """A sender on Azure with the default settings, and names of the test's."""
    one = Sender(Network(is_on_azure=True), MemoryTable(), command(NAMES), "azure")
    yield one
    one.close()


@pytest.fixture(scope="module")
def at_home() -> Iterator[Sender]:
    """The same elsewhere."""
    one = Sender(Network(), MemoryTable(), command(NAMES), "home")
    yield one
    one.close()


@pytest.fixture(scope="module")
def for_loopback() -> Iterator[Sender]:
    """A sender that may reach this machine, as with `make run`."""
    network = Network(channel_networks=LOOPBACK_NETWORKS)
    one = Sender(network, MemoryTable(), command(NAMES), "loopback")
    yield one
    one.close()


@pytest.fixture(scope="module")
def unchecked() -> Iterator[SendProcess]:
    """The process alone, without the check of addresses."""
    setup = {"networks": [], "vapid_key": "AQ", "contact": ""}
    process = SendProcess(setup, command(NAMES))
    yield process
    process.close()


def addresses_of(host: str, port: int) -> list[Address]:
    """Return the addresses that lead to a host, one of each kind."""
    subscription = json.loads(Browser("", "").subscription)
    subscription["endpoint"] = f"https://{host}:{port}/push"
    return [
        Address("webhook", f"https://{host}:{port}/hook", SECRET),
        Address("webpush", json.dumps(subscription)),
        *(Address("apprise", f"{scheme}://{host}:{port}/x") for scheme in ("jsons", "ntfys")),
        Address("apprise", f"mailtos://{host}:{port}/?from=a@x.example&to=b@x.example"),
    ]


def test_there_are_forty_forms_and_more() -> None:
    assert len(set(HOSTS)) >= 40


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_not_public_is_not_reached(
    host: str, on_azure: Sender, at_home: Sender, unchecked: SendProcess, canary: Canary
) -> None:
    for address in addresses_of(host, canary.port):
        for one in (on_azure, at_home):
            assert one(address, notification()).outcome in (Outcome.REJECTED, Outcome.RETRY)
        reply = unchecked.do(_job(address, notification()), 30)
        assert reply["outcome"] in ("rejected", "retry")
    assert canary.reached() == 0


@pytest.mark.parametrize("host", HOSTS)
def test_the_guard_is_what_refuses_it(host: str, unchecked: SendProcess) -> None:
    """Not a connection that failed: that would be tried again. Some hosts are no names at all."""
    address = Address("webhook", f"https://{host}/", SECRET)
    replies = [unchecked.do(_job(address, notification()), 30) for _ in range(2)]
    assert replies[1]["outcome"] == "rejected"
    if host.isascii():
        assert replies[1]["blocked"]


ODD_HOSTS = (
    *("public.example.", "public.example..", "PUBLIC.example", "xn--bcher-kva.example", "xn--"),
    *(
        "bücher.example.",
        "-public.example",
        "public-.example",
        "pub_lic.example",
        "a" * 64,
        "a..b",
        "127.0.0.1.",
    ),
    *("[fe80::1%25eth0]", "[::1%25lo]", "[::1%lo]", "[v1.public.example]", "[127.0.0.1]", "1.2.3"),
    *("public%2eexample", "%31%32%37.0.0.1", "public.example%00", "💩.example", "公.example"),
    *("public。example", "public\u2024example", "public\uff0eexample", "ⓟublic.example"),
    *("public.0x", "0x", "1e3", "0", "00", "256.256.256.256", "127.0.0.1.example", "127。0。0。1"),
)


@pytest.mark.parametrize("host", [*HOSTS, *ODD_HOSTS])
def test_what_the_check_accepts_the_process_does_not_call_invalid(
    host: str, unchecked: SendProcess
) -> None:
    """One check when a channel is made and when something is sent. A name may lead to a private
    address all the same, or nowhere."""
    for scheme in ("https", "http"):
        address = Address("webhook", f"{scheme}://{host}:9/hook", SECRET)
        reply = unchecked.do(_job(address, notification()), 30)
        if address_problem(address, AddressRules()) is None:
            assert reply["outcome"] == "retry" or reply["blocked"], reply


def leads_here(host: str) -> bool:
    """Return whether a host is this machine, as it is written or in the names of the test."""
    addresses = [address for turn in NAMES.get(host, []) for address in turn]
    is_written = hosts.problem(host.strip("[]"), ()) == hosts.LEADS_HERE
    return is_written or any(map(is_loopback, addresses))


@pytest.mark.parametrize("host", [one for one in HOSTS if not leads_here(one)])
def test_the_word_loopback_opens_this_machine_alone(
    host: str, for_loopback: Sender, canary: Canary
) -> None:
    hook, *others = addresses_of(host, canary.port)
    assert for_loopback(hook, notification()).outcome == Outcome.REJECTED
    for address in others:
        assert for_loopback(address, notification()).outcome != Outcome.SENT
    assert canary.reached() == 0


def test_without_tls_this_machine_is_reached_by_its_own_names_alone(
    for_loopback: Sender, canary: Canary
) -> None:
    """Another name may lead to it now, and elsewhere at the next message."""
    for host in ("127.0.0.1", "localhost", "LOCALHOST."):
        address = Address("webhook", f"http://{host}:{canary.port}/hook", SECRET)
        assert for_loopback(address, notification()).outcome == Outcome.RETRY
        assert canary.reached() == 1
    for host in ("loopback.example", "turns.example", "both.example", "2130706433", "0x7f.1"):
        address = Address("webhook", f"http://{host}:{canary.port}/hook", SECRET)
        for _ in range(4):
            assert for_loopback(address, notification()).outcome == Outcome.REJECTED
        assert canary.reached() == 0


@pytest.mark.parametrize(
    "text",
    [
        "https://public.example@127.0.0.1:{port}/",
        "https://127.0.0.1:{port}@public.example/",
        "https://public.example:pw@[::1]:{port}/",
        "https://127.0.0.1:{port}#@public.example/",
        "https://127.0.0.1:{port}\\@public.example/",
        "https:127.0.0.1:{port}/",
        "http://127.0.0.1:{port}/",
        "HTTP://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "unix:///run/docker.sock",
        "https://127.0.0.1:{port}\r\nHost: public.example/",
        "https://[::ffff:7f00:1%25eth0]:{port}/",
    ],
)
def test_tricks_with_urls_reach_nothing(
    text: str, on_azure: Sender, at_home: Sender, unchecked: SendProcess, canary: Canary
) -> None:
    url = text.format(port=canary.port)
    address = Address("webhook", url, SECRET)
    for one in (on_azure, at_home):
        assert one(address, notification()).outcome == Outcome.REJECTED
    assert unchecked.do(_job(address, notification()), 30)["outcome"] != "sent"
    assert canary.reached() == 0


@pytest.mark.parametrize(
    "text",
    [
        "jsons://public.example@127.0.0.1:{port}/x",
        "jsons://127.0.0.1:{port}@public.example/x",
        "jsons://me:pw@[::ffff:127.0.0.1]:{port}/x",
        "ntfys://x@127.0.0.1:{port}/topic?mode=private",
        "ntfys://topic?mode=cloud&host=127.0.0.1:{port}",
        "mailtos://me:pw@public.example?smtp=127.0.0.1&port={port}",
        "mailtos://me:pw@public.example:{port}?smtp=localhost&mode=insecure",
        "mailtos://me:pw@public.example:{port}?smtp=2130706433",
        "matrixs://me:pw@public.example:{port}/?discovery=yes&base_url=https://127.0.0.1:{port}",
        "jsons://public.example/?redirect=yes&verify=no&cto=9&rto=9&host=127.0.0.1:{port}",
        "jsons://127.0.0.1%00.public.example:{port}/x",
        "jsons://public.example%0d%0a@127.0.0.1:{port}/x",
        "jsons://public.example#@127.0.0.1:{port}/x",
        "jsons://public.example\\@127.0.0.1:{port}/x",
    ],
)
def test_tricks_with_addresses_of_services_reach_nothing(
    text: str, on_azure: Sender, at_home: Sender, unchecked: SendProcess, canary: Canary
) -> None:
    address = Address("apprise", text.format(port=canary.port))
    for one in (on_azure, at_home):
        assert one(address, notification()).outcome in (Outcome.REJECTED, Outcome.RETRY)
    assert unchecked.do(_job(address, notification()), 30)["outcome"] != "sent"
    assert canary.reached() == 0


@pytest.mark.parametrize(
    "text",
    [
        "json://127.0.0.1:{port}/x?+Evil=a%0d%0aInjected:%201",
        "json://127.0.0.1:{port}/x?+Evil%0d%0aInjected=1",
        "json://127.0.0.1:{port}/x%0d%0aInjected:%201/",
        "ntfy://127.0.0.1:{port}/topic?tags=a%0d%0aInjected:1&click=b%0d%0aInjected:1",
        "json://me%0d%0aInjected:1:pw@127.0.0.1:{port}/x",
    ],
)
def test_an_address_adds_no_line_to_a_request(text: str, sender: Sender) -> None:
    inbox = Inbox()
    with FaultServer(inbox) as server:
        sender(Address("apprise", text.format(port=server.port)), notification(title="a\r\nb: c"))
    for request, _ in inbox.messages:
        assert "injected" not in {name.lower() for name in request.headers}
        assert "b" not in request.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("scheme", ["webhook", "json", "ntfy", "form", "xml"])
def test_a_redirect_reaches_nothing(
    scheme: str, status: int, sender: Sender, canary: Canary
) -> None:
    """Even where the machine itself may be reached."""
    with FaultServer(redirect(f"http://127.0.0.1:{canary.port}/", status)) as server:
        place = f"127.0.0.1:{server.port}/x?redirect=yes"
        kind, text = ("webhook", "http") if scheme == "webhook" else ("apprise", scheme)
        result = sender(Address(kind, f"{text}://{place}", SECRET), notification())
    assert f"it answered {status}, a redirect, which is not followed" in result.why
    assert canary.reached() == 0


@pytest.mark.parametrize(
    "text",
    [
        "syslog://",
        "rsyslog://127.0.0.1:{port}",
        "dbus://",
        "qt://",
        "kde://",
        "glib://",
        "gnome://",
        "macosx://",
        "windows://",
        "growl://127.0.0.1:{port}",
        "mqtt://127.0.0.1:{port}/topic",
        "xmpp://me:pw@127.0.0.1:{port}",
        "irc://127.0.0.1:{port}/channel",
        "smpp://me:pw@127.0.0.1:{port}/15551234567",
        "vapid://me@x.example/?keyfile=/etc/passwd",
        "fcm://project/device/?keyfile=/etc/passwd",
        "file:///etc/passwd",
        "exec:///bin/true",
        "schan://;touch /tmp/x",
        "unix:///run/docker.sock",
    ],
)
def test_services_of_the_machine_itself_are_refused(
    text: str, on_azure: Sender, sender: Sender, unchecked: SendProcess, canary: Canary
) -> None:
    """By the check, also where this machine may be reached. The process reaches nothing either."""
    address = Address("apprise", text.format(port=canary.port))
    for one in (on_azure, sender):
        assert one(address, notification()).outcome == Outcome.REJECTED
    assert unchecked.do(_job(address, notification()), 30)["outcome"] != "sent"
    assert canary.reached() == 0


@pytest.mark.parametrize(
    "query",
    [
        "attach={file}",
        "template={file}",
        "attach=file://{file}",
        "+attach={file}",
        "pgpkey={file}",
        "filename={file}&attach={file}",
    ],
)
@pytest.mark.parametrize("scheme", ["ntfy", "json", "form", "xml"])
def test_a_file_of_the_machine_is_not_sent(
    tmp_path: Path, sender: Sender, query: str, scheme: str
) -> None:
    file = tmp_path / "settings.json"
    file.write_text("AccountKey=secret")
    inbox = Inbox()
    with FaultServer(inbox) as server:
        place = f"127.0.0.1:{server.port}/x?{query.format(file=file)}"
        sender(Address("apprise", f"{scheme}://{place}"), notification())
    assert b"AccountKey" not in b"".join(inbox.bodies)
    assert [request.path for request, _ in inbox.messages if "AccountKey" in request.path] == []
